/** Producers and consumers of one connection, by the ids that the client gave them. */
import type { ActorRef } from '../../actors/broker.ts';
import type { TopicCommand } from '../../actors/topic/commands.ts';
import type { Block } from '../../base/block-memory.ts';
import type { Refusal } from '../../base/errors.ts';
import type { Long } from '../../base/long.ts';
import type { TopicName } from '../../base/topic-name.ts';
import type { GroupPace } from './resource-groups.ts';
import { type Leave, nothing } from './tenancy.ts';
import { NO_SCHEMA } from './translate.ts';

/**
 * `opening` until the topic has answered, `waiting` for an exclusive place, `open`, and `closing`
 * once the client has asked for its end.
 */
export type ProducerState = 'opening' | 'waiting' | 'open' | 'closing';

/** A SEND that was refused here; its SEND_ERROR waits for the receipts of what came before it. */
export interface HeldError {
  /** How many entries must have been answered first. */
  readonly after: number;
  readonly sequenceId: Long;
  readonly refusal: Refusal;
}

/** The blocks of entries that travel together. */
export interface GroupMemory {
  /** They are these of all that the producer was ever told. */
  readonly from: number;
  readonly to: number;
  /** None when somebody may go on looking at them after the answer. */
  blocks: readonly Block[];
}

export class Producer {
  readonly id: Long;
  /** Names it in commands to the topic. */
  readonly key: number;
  readonly topic: TopicName;
  /** Whether the topic stores what it is sent. */
  readonly isPersistent: boolean;
  readonly ref: ActorRef<TopicCommand>;
  /** The request that opened it. */
  readonly requestId: Long;
  state: ProducerState = 'opening';
  /** Gives back its place among its tenant's. */
  leave: Leave = nothing;
  name = '';
  /** Of the schema that it was opened with; empty for none. */
  schemaVersion: Buffer = NO_SCHEMA;
  /** Messages and bytes sent since it was opened, and how many it may have, by its topic's rate. */
  readonly sent = { messages: 0, bytes: 0 };
  window = { messages: Number.POSITIVE_INFINITY, bytes: Number.POSITIVE_INFINITY };
  /** What it shares with all producers of its namespace's resource group, if it is in one. */
  group: GroupPace | undefined;
  /** Entries on their way through a non-persistent topic. */
  passing = 0;
  /** Entries told to the topic, and how many of them it has answered. */
  told = 0;
  answered = 0;
  /** Bytes of the entries without an answer. */
  pendingBytes = 0;
  /** Where the entries without an answer lie, in the order of their SENDs. */
  readonly memory: GroupMemory[] = [];
  /** In the order of their SENDs. */
  readonly held: HeldError[] = [];

  constructor(
    id: Long,
    key: number,
    topic: TopicName,
    ref: ActorRef<TopicCommand>,
    requestId: Long,
  ) {
    this.id = id;
    this.key = key;
    this.topic = topic;
    this.isPersistent = topic.domain === 'persistent';
    this.ref = ref;
    this.requestId = requestId;
  }

  /** Whether it has sent all that its topic's publish rate allows for now. */
  get isThrottled(): boolean {
    const { sent, window } = this;
    return sent.messages >= window.messages || sent.bytes >= window.bytes;
  }

  get pendingEntries(): number {
    return this.told - this.answered;
  }
}

/** `subscribing` until the subscription has answered. */
export type ConsumerState = 'subscribing' | 'open' | 'closing';

export class Consumer {
  readonly id: Long;
  /** Names it in commands to the subscription. */
  readonly key: number;
  readonly topic: TopicName;
  readonly topicRef: ActorRef<TopicCommand>;
  readonly subscription: string;
  state: ConsumerState = 'subscribing';
  /** Gives back its place among its tenant's. */
  leave: Leave = nothing;
  /** The subscription's actor, once it has answered. */
  actor: ActorRef | undefined;
  /** Permits that came before the subscription had answered. */
  earlyPermits = 0;
  /** The client has gone, or has given up, before the subscription answered. */
  abandoned = false;
  /** The broker has let go of it while the client was about to leave by itself. */
  isGone = false;
  /** What the subscription was last told about the connection's unsent bytes. */
  toldCongested = false;
  /** Reads what is compacted in the place of the originals. */
  readCompacted = false;
  /** Which change of the active consumer it has heard of last (failover). */
  activeChange = 0;

  constructor(
    id: Long,
    key: number,
    topic: TopicName,
    topicRef: ActorRef<TopicCommand>,
    subscription: string,
  ) {
    this.id = id;
    this.key = key;
    this.topic = topic;
    this.topicRef = topicRef;
    this.subscription = subscription;
  }
}

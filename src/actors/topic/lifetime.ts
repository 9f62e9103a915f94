/** A topic comes, ends and goes: create, terminate, unload, delete. */
import type { Position } from '../../base/position.ts';
import type { CursorExposed, SubscriptionExposed } from '../exposed.ts';
import { cursorActor, partitionedActor, subscriptionActor } from '../names.ts';
import { type CompactedLedger, compactedView, positionBefore, positionOf } from '../progress.ts';
import { Decision, type Facts } from '../runtime/behaviour.ts';
import type {
  CreateTopic,
  DeleteTopic,
  GetLastMessageId,
  ReplyTo,
  TerminateTopic,
  UnloadTopic,
} from './commands.ts';
import { announce } from './listed.ts';
import type { TopicOptions } from './options.ts';
import { closeProducers } from './producers.ts';
import { FENCED, TERMINATED } from './refusals.ts';
import type { TopicState } from './state.ts';
import { heldBackFrom, lastReadable } from './transactions.ts';
import { leaveNothing, vanish } from './vanish.ts';

export function create(
  state: TopicState,
  command: CreateTopic,
  facts: Facts,
  options: TopicOptions,
): Decision {
  const decision = new Decision();
  const { recipient, requestId } = command.reply;
  if (state.exists || facts.exposed(partitionedActor(state.name)) !== undefined) {
    return decision.refuse(command.reply, 'already-exists', 'This topic already exists');
  }
  const { isPersistent } = state;
  const data = {
    topicId: facts.nextId('topic'),
    ...(isPersistent ? { ledgerId: facts.nextId('ledger') } : {}),
    atMs: facts.nowMs,
    incarnation: facts.incarnation,
    properties: command.properties ?? {},
  };
  decision.put({ type: 'created', data }, isPersistent);
  decision.again = { type: 'check-threshold' };
  announce(state, decision, options, true);
  decision.reply(recipient, { type: 'done', requestId });
  return decision;
}

/** No more messages; producers are closed, consumers read what is there. Answers the last id. */
export function terminate(state: TopicState, { reply }: TerminateTopic, facts: Facts): Decision {
  const decision = new Decision();
  if (!state.exists) return decision.refuse(reply, 'topic-not-found', notFound(state));
  if (!state.progress.terminated) {
    decision.record({ type: 'terminated', data: {} });
    closeProducers(state, decision, facts, TERMINATED);
    const { topicId } = state.progress;
    const readable = heldBackFrom(state);
    decision.whenDurable = { type: 'stored', topicId, end: state.next, readable };
  }
  const value = positionBefore({ ...state.progress, end: state.next }, state.next);
  decision.answer(reply, value);
  return decision;
}

/** Of a non-persistent topic nothing is left when it leaves memory. */
export function unload(state: TopicState, { reply }: UnloadTopic, facts: Facts): Decision {
  const decision = new Decision();
  if (!state.exists) return decision.refuse(reply, 'topic-not-found', notFound(state));
  closeProducers(state, decision, facts, FENCED);
  if (!state.isPersistent) {
    leaveNothing(state, decision);
    return decision.answer(reply);
  }
  decision.change({ type: 'unloaded', data: {} });
  for (const name of state.subscriptions.keys()) {
    decision.tell(subscriptionActor(state.progress.topicId, name), { type: 'close-consumers' });
  }
  return decision.answer(reply);
}

/** Without `force`, refused while clients are connected (REST 412). */
export function remove(
  state: TopicState,
  command: DeleteTopic,
  facts: Facts,
  options: TopicOptions,
): Decision {
  const decision = new Decision();
  const { reply, force } = command;
  if (!state.exists) return decision.refuse(reply, 'topic-not-found', notFound(state));
  const { topicId } = state.progress;
  const names = [...state.subscriptions.keys()];
  const producers = state.live.producers.size;
  const consumers = names.reduce((count, name) => {
    const view = facts.exposed(subscriptionActor(topicId, name)) as SubscriptionExposed;
    return count + view.consumers.size;
  }, 0);
  if (!force && producers + consumers > 0) {
    const message = stillUsed(state, producers, consumers);
    return decision.refuse(reply, 'precondition-failed', message);
  }
  closeProducers(state, decision, facts, FENCED);
  vanish(state, decision, facts, options);
  return decision.answer(reply);
}

function stillUsed({ isPersistent }: TopicState, producers: number, consumers: number): string {
  const all = producers + consumers;
  if (!isPersistent) return `Topic has ${all} connected producers/consumers`;
  const clients = all === 1 ? '1 client' : `${all} clients`;
  return (
    `Topic has ${clients} connected Including ${consumers} consumers, ` +
    `${producers} producers, and 0 replicators.`
  );
}

/** Reads the last entry's bytes first: whoever answers the client needs its batch size. */
export function getLastMessageId(
  state: TopicState,
  command: GetLastMessageId,
  facts: Facts,
): Decision {
  const decision = new Decision();
  const { reply } = command;
  if (!state.exists) return decision.refuse(reply, 'topic-not-found', notFound(state));
  if (!state.isPersistent) {
    return decision.refuse(reply, 'unknown', 'A non-persistent topic keeps no last message');
  }
  const { first, topicId, compacted } = state.progress;
  const offset = lastReadable(state);
  const isCompacted = compacted !== undefined && offset < Math.max(first, compacted.horizon);
  if (command.readCompacted === true && isCompacted) {
    return answerLastCompacted(state, command, compacted, facts);
  }
  if (offset < 0) {
    decision.again = { type: 'last-entry-read', reply, command, offset: -1, entry: undefined };
    return decision;
  }
  decision.read({
    topicId,
    offset,
    limits: { maxEntries: 1, maxBytes: 1 },
    reply,
    result: ([run]) => {
      // It was trimmed meanwhile, and others came behind it: one of them is the last by now.
      if (run !== undefined && run.firstOffset !== offset) return command;
      const entry = run?.entries[0];
      return { type: 'last-entry-read', reply, command, offset, entry };
    },
  });
  return decision;
}

/** From the topic to itself: the last entry is here. */
export interface LastEntryRead {
  readonly type: 'last-entry-read';
  readonly reply: ReplyTo;
  readonly command: GetLastMessageId;
  readonly offset: number;
  readonly entry: Buffer | undefined;
}

export function answerLastMessageId(
  state: TopicState,
  { command, offset, entry }: LastEntryRead,
  facts: Facts,
): Decision {
  const decision = new Decision();
  const { recipient, requestId } = command.reply;
  const last = entry === undefined ? NONE : positionOf(state.progress, offset);
  const markDelete = markDeleteOf(state, command, facts);
  decision.send(recipient, { type: 'last-message-id', requestId, last, entry, markDelete });
  return decision;
}

/** Nothing was published since the last compaction: its last entry is the last one. */
function answerLastCompacted(
  state: TopicState,
  command: GetLastMessageId,
  { last: kept }: CompactedLedger,
  facts: Facts,
): Decision {
  const decision = new Decision();
  const { recipient, requestId } = command.reply;
  decision.send(recipient, {
    type: 'last-message-id',
    requestId,
    last: kept === null ? NONE : positionOf(compactedView(state.progress), kept.offset),
    entry: undefined,
    batchIndex: kept?.batchIndex ?? 0,
    markDelete: markDeleteOf(state, command, facts),
  });
  return decision;
}

const NONE = { ledgerId: -1, entryId: -1 };

function markDeleteOf(
  { progress }: TopicState,
  { subscription }: GetLastMessageId,
  facts: Facts,
): Position {
  if (subscription === undefined) return NONE;
  const actor = cursorActor(progress.topicId, subscription);
  const cursor = facts.exposed(actor) as CursorExposed | undefined;
  return cursor === undefined ? NONE : positionBefore(progress, cursor.acked);
}

function notFound(state: TopicState): string {
  return `Topic ${state.name} not found`;
}

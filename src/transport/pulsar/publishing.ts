/**
 * SENDs of a connection and their answers. Consecutive SENDs of one producer travel to its topic as
 * one command; receipts and errors go back in the order of the SENDs, which clients insist on.
 */
import type { Published, PublishRefused, PublishWindow } from '../../actors/ports.ts';
import type { Publish } from '../../actors/topic/commands.ts';
import type { TxnId } from '../../actors/txn-id.ts';
import type { Block } from '../../base/block-memory.ts';
import { type Refusal, refuse } from '../../base/errors.ts';
import { FRAME_PADDING_BYTES } from '../../base/limits.ts';
import { compareLongs, type Long } from '../../base/long.ts';
import { entryStep, UNSTORED } from '../../base/position.ts';
import { addChecksum, verifyEntry } from '../../wire/checksum.ts';
import type { Frame } from '../../wire/frame.ts';
import { decodeSend, ReceiptWriter, type Send } from '../../wire/hot.ts';
import { type EntryMetadata, readEntryMetadata } from '../../wire/metadata.ts';
import type { HeldEntry } from './entry-memory.ts';
import type { Producer } from './handles.ts';
import type { Session } from './session.ts';
import type { SharedPace } from './shared-pace.ts';
import { isInTransaction, txnOf } from './transactions.ts';
import { serverErrorOf, violation } from './translate.ts';

/** What a MESSAGE's command may take beyond its SEND's, so that no delivery outgrows a frame. */
const MESSAGE_HEADER_BYTES = 256;

/**
 * Entries on their way through non-persistent topics before these have their turn. Pulsar has so
 * many publishes of a connection under way, which is why it drops none unless it is told to.
 */
const MAX_PASSING = 1_000;

export class Publishing {
  readonly #session: Session;
  readonly #maxEntryBytes: number;
  #group: Group | undefined;
  #pending = 0;
  /** Of these, on their way through non-persistent topics; without the group. */
  #passing = 0;
  /** Producers that have sent all that their topics' publish rates allow for now. */
  readonly #throttled = new Set<Producer>();
  /** Rates shared with other connections that this one has exceeded, too. */
  readonly #awaited = new Set<SharedPace>();

  constructor(session: Session) {
    this.#session = session;
    const { maxMessageBytes } = session.context.options;
    this.#maxEntryBytes = maxMessageBytes + FRAME_PADDING_BYTES - MESSAGE_HEADER_BYTES;
  }

  /** Entries without an answer. */
  get pending(): number {
    return this.#pending;
  }

  /** Whether enough is on its way to non-persistent topics, or has been sent for a publish rate. */
  get mustWait(): boolean {
    return this.#passing >= MAX_PASSING || this.#throttled.size > 0 || this.#isHeld;
  }

  get #isHeld(): boolean {
    const { link } = this.#session;
    for (const pace of this.#awaited) {
      if (pace.holds(link)) return true;
      this.#awaited.delete(pace);
    }
    return false;
  }

  /** Resource groups are not what they were: its producers keep to the rates that are now. */
  regroup(): void {
    const { context, link, producers } = this.#session;
    for (const producer of producers.values()) {
      producer.group = context.groups.of(producer.topic.namespace);
    }
    this.leavePaces();
    link.regulate();
  }

  /** It waits for no shared rate any more. */
  leavePaces(): void {
    for (const pace of this.#awaited) pace.leave(this.#session.link);
    this.#awaited.clear();
  }

  /** A SEND. Throws when its producer does not exist or its metadata is malformed. */
  take(frame: Frame): void {
    const { buffer, commandStart, commandEnd, payloadStart, end } = frame;
    const { memory } = this.#session.context;
    const send = decodeSend(buffer, commandStart, commandEnd);
    const txn = isInTransaction(send) ? txnOf(send) : undefined;
    const group = this.#groupOf(send.producer_id, txn);
    if (group === undefined) return;
    const checked = verifyEntry(buffer, payloadStart, end);
    if (checked === 'mismatch') {
      this.#refuse(group.producer, send, CHECKSUM_FAILED);
      return;
    }
    // What is stored is read by this later, so what cannot be read must not be stored.
    const metadata = readEntryMetadata(buffer, payloadStart, end);
    const refusal = this.#objection(send, group, end - payloadStart);
    if (refusal !== undefined) this.#refuse(group.producer, send, refusal);
    else if (!group.producer.isPersistent && this.#isTooMany(group)) {
      this.#dropping(group).count(send, metadata.numMessages);
      this.#countSent(group.producer, metadata.numMessages, 0);
    } else {
      const { entry, block } = this.#entryOf(frame, checked === 'ok');
      if (block !== undefined && !group.holds(block)) group.blocks.push(block);
      else if (block !== undefined) memory.release(block);
      group.add(send, entry, metadata);
      this.#countSent(group.producer, metadata.numMessages, entry.length);
      const isFull = this.#passing + group.entries.length >= MAX_PASSING;
      if (isFull && !group.producer.isPersistent) this.settle();
    }
  }

  /** Reading stops behind the message with which a limit is reached. */
  #countSent(producer: Producer, numMessages: number, bytes: number): void {
    const { sent } = producer;
    const messages = numMessages > 0 ? numMessages : 1;
    sent.messages += messages;
    sent.bytes += bytes;
    if (producer.isThrottled) {
      this.settle();
      this.#throttled.add(producer);
    }
    const { context, link } = this.#session;
    if (!context.pace.take(messages, bytes, link)) this.#awaited.add(context.pace);
    const { group } = producer;
    if (group?.take(messages, bytes, link) === false) this.#awaited.add(group.pace);
  }

  /** The topic lets a producer send more, or less. */
  windowMoved({ producerId, messages, bytes }: PublishWindow): void {
    const producer = this.#session.producers.get(producerId);
    if (producer === undefined) return;
    producer.window = { messages, bytes };
    if (!producer.isThrottled) this.#throttled.delete(producer);
  }

  #isTooMany(group: Group): boolean {
    const { maxConcurrentNonPersistent: limit } = this.#session.context.options;
    return this.#passing + group.entries.length > limit;
  }

  /** The group of SENDs that get their receipts in turn, and whose messages nobody gets. */
  #dropping(group: Group): Group {
    if (group.isDropped) return group;
    this.settle();
    this.#group = new Group(group.producer, undefined, true);
    return this.#group;
  }

  /** In memory that stays until the entry is answered. */
  #entryOf({ buffer, payloadStart, end, isJoined }: Frame, hasChecksum: boolean): HeldEntry {
    const { memory } = this.#session.context;
    if (!hasChecksum) return { entry: addChecksum(buffer, payloadStart, end), block: undefined };
    if (isJoined) return memory.hold(buffer.subarray(payloadStart, end));
    return memory.copy(buffer, payloadStart, end);
  }

  /** Hands the gathered SENDs to their topic. */
  settle(): void {
    const group = this.#group;
    if (group === undefined) return;
    this.#group = undefined;
    const entries = group.size;
    if (entries === 0) return;
    const { producer } = group;
    const from = producer.told;
    producer.told += entries;
    if (group.blocks.length > 0) {
      producer.memory.push({ from, to: producer.told, blocks: group.blocks });
    }
    producer.pendingBytes += group.bytes;
    this.#pending += entries;
    if (!producer.isPersistent) this.#passed(producer, -group.entries.length);
    this.#session.context.budget.take(this.#session.party, group.bytes);
    this.#session.tell(producer.ref, group.command());
  }

  /** The same where they wait for nobody: permits that come now are for what comes behind them. */
  settlePassing(): void {
    if (this.#group?.producer.isPersistent === false) this.settle();
  }

  /** Receipts, and the errors that waited between them. */
  published(effect: Published): void {
    const producer = this.#session.producers.get(effect.producerId);
    if (producer === undefined) return;
    const { sequenceIds, highestSequenceIds, ledgerId, firstEntryId } = effect;
    const step = entryStep(ledgerId);
    for (let index = 0; index < sequenceIds.length; index++) {
      receipts.add(
        producer.id,
        sequenceIds[index]!,
        highestSequenceIds[index],
        ledgerId,
        firstEntryId + index * step,
      );
      if (producer.held.length > 0) this.#releaseHeld(producer, producer.answered + index + 1);
    }
    this.#appendReceipts();
    if (ledgerId === UNSTORED.ledgerId) this.#passed(producer, sequenceIds.length);
    this.#answered(producer, sequenceIds.length, effect.bytes);
    this.#reuseMemory(producer);
  }

  /** SEND_ERRORs of the topic. */
  refused(effect: PublishRefused): void {
    const producer = this.#session.producers.get(effect.producerId);
    if (producer === undefined) return;
    // What was refused because the journal failed may still be on its way to the disk.
    for (const group of producer.memory) {
      if (group.from < producer.answered + effect.sequenceIds.length) group.blocks = [];
    }
    this.#passed(producer, Math.min(producer.passing, effect.sequenceIds.length));
    for (const [index, sequenceId] of effect.sequenceIds.entries()) {
      this.#sendError(producer, sequenceId, effect.refusal);
      this.#releaseHeld(producer, producer.answered + index + 1);
    }
    this.#answered(producer, effect.sequenceIds.length, effect.bytes);
    this.#reuseMemory(producer);
  }

  /** The producer is gone and its SENDs will not be answered. */
  forget(producer: Producer): void {
    this.#pending -= producer.held.length;
    producer.held.length = 0;
    this.#throttled.delete(producer);
    this.#passed(producer, producer.passing);
    producer.memory.length = 0;
    this.#answered(producer, producer.pendingEntries, producer.pendingBytes);
  }

  /**
   * The group that a SEND of this producer joins; undefined when it is to be ignored. Throws when
   * there is no such producer: Pulsar hangs up then.
   */
  #groupOf(producerId: Long, txn: TxnId | undefined): Group | undefined {
    if (this.#group?.producer.id === producerId && this.#group.txn === txn) return this.#group;
    this.settle();
    const producer = this.#session.producers.get(producerId);
    if (producer?.state !== 'open') {
      if (this.#session.closedProducers.has(producerId)) return undefined;
      throw violation(`SEND of producer ${producerId}, which is not open`);
    }
    // Permits that came before it count for it.
    if (!producer.isPersistent) this.#session.feedback.settle();
    this.#group = new Group(producer, txn);
    return this.#group;
  }

  #objection(send: Send, { txn, producer }: Group, entryBytes: number): Refusal | undefined {
    if (txn !== undefined && !this.#takesTransactions(txn, producer)) return NO_TRANSACTIONS;
    if (send.marker) return NO_MARKERS;
    if (send.message_id !== undefined) return NO_SHADOWS;
    return entryBytes > this.#maxEntryBytes ? TOO_LARGE : undefined;
  }

  #takesTransactions(txn: TxnId, { isPersistent }: Producer): boolean {
    return isPersistent && this.#session.context.broker.transactions.knows(txn);
  }

  /** Says SEND_ERROR once everything before it is answered. */
  #refuse(producer: Producer, send: Send, refusal: Refusal): void {
    this.settle();
    const sequenceId = highestOf(send);
    if (producer.pendingEntries === 0) {
      this.#sendError(producer, sequenceId, refusal);
      return;
    }
    this.#pending++;
    producer.held.push({ after: producer.told, sequenceId, refusal });
  }

  #releaseHeld(producer: Producer, answered: number): void {
    while (producer.held.length > 0 && producer.held[0]!.after <= answered) {
      const { sequenceId, refusal } = producer.held.shift()!;
      this.#pending--;
      this.#appendReceipts();
      this.#sendError(producer, sequenceId, refusal);
    }
  }

  #appendReceipts(): void {
    const frames = receipts.take();
    if (frames !== undefined) this.#session.outbox.append(frames);
  }

  #sendError(producer: Producer, sequenceId: Long, { code, message }: Refusal): void {
    this.#session.outbox.command('SEND_ERROR', {
      producer_id: producer.id,
      sequence_id: sequenceId,
      error: serverErrorOf(code),
      message,
    });
  }

  /** Gives back the memory of groups that are answered to the last entry. */
  #reuseMemory({ memory, answered }: Producer): void {
    let done = 0;
    for (const { to, blocks } of memory) {
      if (to > answered) break;
      for (const block of blocks) this.#session.context.memory.release(block);
      done++;
    }
    if (done > 0) memory.splice(0, done);
  }

  /** So many entries are no longer on their way, or, below 0, more of them are. */
  #passed(producer: Producer, entries: number): void {
    producer.passing -= entries;
    this.#passing -= entries;
  }

  /** With the last entry goes the last byte, whatever was counted. */
  #answered(producer: Producer, entries: number, bytes: number): void {
    const counted = Math.min(entries, producer.pendingEntries);
    producer.answered += counted;
    this.#pending -= counted;
    const isLast = producer.pendingEntries === 0;
    const freed = isLast ? producer.pendingBytes : Math.min(bytes, producer.pendingBytes);
    producer.pendingBytes -= freed;
    if (freed > 0) this.#session.context.budget.give(this.#session.party, freed);
  }
}

/** Consecutive SENDs of one producer, in columns. */
class Group {
  readonly producer: Producer;
  readonly entries: Buffer[] = [];
  /** What the entries lie in, held once for all that lie there side by side. */
  readonly blocks: Block[] = [];
  readonly #sequenceIds: Long[] = [];
  readonly #highestSequenceIds: (Long | undefined)[] = [];
  readonly #messageCounts: number[] = [];
  #chunked = false;
  #dueAtMs: number[] | undefined;
  /** Too many at once: nothing is kept of them but what receipts say. */
  readonly isDropped: boolean;
  /** The transaction that all of them belong to. */
  readonly txn: TxnId | undefined;
  bytes = 0;

  constructor(producer: Producer, txn: TxnId | undefined, isDropped = false) {
    this.producer = producer;
    this.txn = txn;
    this.isDropped = isDropped;
  }

  get size(): number {
    return this.#sequenceIds.length;
  }

  holds(block: Block): boolean {
    return this.blocks.at(-1) === block;
  }

  add(send: Send, entry: Buffer, { numMessages, deliverAtTimeMs }: EntryMetadata): void {
    this.count(send, numMessages);
    if (deliverAtTimeMs !== undefined) {
      // Those before it have no time of their own.
      this.#dueAtMs ??= this.entries.map(() => 0);
    }
    this.#dueAtMs?.push(deliverAtTimeMs ?? 0);
    this.entries.push(entry);
    this.bytes += entry.length;
    if (send.is_chunk) this.#chunked = true;
  }

  /** The metadata's count is the one that clients go by; it may be anything. */
  count(send: Send, numMessages: number): void {
    this.#sequenceIds.push(send.sequence_id);
    this.#highestSequenceIds.push(send.highest_sequence_id);
    this.#messageCounts.push(numMessages > 0 ? numMessages : 1);
  }

  command(): Publish {
    return {
      type: 'publish',
      key: this.producer.key,
      sequenceIds: this.#sequenceIds,
      highestSequenceIds: this.#highestSequenceIds,
      messageCounts: this.#messageCounts,
      entries: this.entries,
      bytes: this.bytes,
      chunked: this.#chunked,
      ...(this.txn === undefined ? {} : { txn: this.txn }),
      ...(this.#dueAtMs === undefined ? {} : { dueAtMs: this.#dueAtMs }),
      isDropped: this.isDropped,
    };
  }
}

/** Shared by all connections: each use ends with `take`. */
const receipts = new ReceiptWriter();

const CHECKSUM_FAILED = refuse('checksum', 'Checksum failed on the broker');
const NO_TRANSACTIONS = refuse('not-allowed', 'Transaction buffer disable!');
const NO_MARKERS = refuse('not-allowed', 'Only a replicator may publish markers');
const NO_SHADOWS = refuse(
  'not-allowed',
  'Only shadow topic supports sending messages with messageId',
);
const TOO_LARGE = refuse('not-allowed', 'Exceed maximum message size');

function highestOf(send: Send): Long {
  const highest = send.highest_sequence_id;
  if (highest === undefined) return send.sequence_id;
  return compareLongs(highest, send.sequence_id) > 0 ? highest : send.sequence_id;
}

/**
 * What a coordinator decides. How a transaction ends is durable here before anybody hears of it;
 * then its participants are told, until each has confirmed. Being told twice changes nothing for
 * them, so that a restart at any point ends what has begun to end, and once.
 */
import { assert } from '../../base/assert.ts';
import type { TopicExposed } from '../exposed.ts';
import { cursorActor, topicActor } from '../names.ts';
import { Decision, type Facts } from '../runtime/behaviour.ts';
import { txnId } from '../txn-id.ts';
import {
  type BeginTransaction,
  type ConfirmEnd,
  type CoordinatorCommand,
  type EndInParticipant,
  type EndTransaction,
  type JoinTransaction,
  type Participant,
  participantKey,
  type Settled,
} from './commands.ts';
import { beginLate, isPromised, release, reserve, setAdrift } from './reservation.ts';
import { type CoordinatorState, lowWaterMark, type Transaction } from './state.ts';

export interface CoordinatorOptions {
  /** Transactions that are open or ending (maxActiveTransactionsPerCoordinator). */
  readonly maxTransactions: number;
  readonly maxParticipants: number;
}

/** Participants that have not confirmed by then are told once more. */
const RETELL_MS = 10_000;

export function decideCoordinator(
  state: CoordinatorState,
  command: CoordinatorCommand,
  facts: Facts,
  options: CoordinatorOptions,
): Decision {
  const before = beforehand(state, command, facts);
  if (before !== undefined) {
    before.again = command;
    return before;
  }
  switch (command.type) {
    case 'begin':
      return begin(state, command, facts, options);
    case 'join':
      return join(state, command, options);
    case 'end':
      return end(state, command, facts);
    case 'confirm':
      return confirm(state, command, facts);
    case 'release':
      return release(state, command);
    case 'settled':
      return settled(state, command, facts);
    case 'due':
      return due(state, facts);
  }
}

/** What must be known of numbers before a client's command is looked at. */
function beforehand(
  state: CoordinatorState,
  command: CoordinatorCommand,
  { nowMs }: Facts,
): Decision | undefined {
  switch (command.type) {
    case 'begin':
      return setAdrift(state, nowMs);
    case 'join':
    case 'end':
      return setAdrift(state, nowMs) ?? beginLate(state, command.sequence, nowMs, command.by);
    default:
      return undefined;
  }
}

function begin(
  state: CoordinatorState,
  command: BeginTransaction,
  { nowMs }: Facts,
  { maxTransactions }: CoordinatorOptions,
): Decision {
  const decision = new Decision();
  const { next, transactions } = state;
  const { reply, timeoutMs, owner } = command;
  if (transactions.size >= maxTransactions) {
    return decision.refuse(reply, 'transaction-limit', `${maxTransactions} transactions are open`);
  }
  const begun = { sequence: next, atMs: nowMs, timeoutMs };
  decision.record({ type: 'begun', data: owner === undefined ? begun : { ...begun, owner } });
  if (isPromised(state, timeoutMs)) decision.sendAnswer(reply, next);
  else decision.answer(reply, next);
  reserve(state, decision, timeoutMs);
  return decision;
}

function join(
  state: CoordinatorState,
  { reply, sequence, participants, by }: JoinTransaction,
  { maxParticipants }: CoordinatorOptions,
): Decision {
  const decision = new Decision();
  const transaction = state.transactions.get(sequence);
  if (transaction === undefined) return refuseUnknown(state, decision, reply, sequence);
  if (!isOwner(transaction, by)) return refuseStranger(state, decision, reply, sequence, by);
  if (transaction.status !== 'open') return refuseStatus(state, decision, reply, transaction);
  const known = transaction.participants;
  const added = participants.filter((each) => !known.has(participantKey(each)));
  if (known.size + added.length > maxParticipants) {
    const message = `A transaction has at most ${maxParticipants} partitions and subscriptions`;
    return decision.refuse(reply, 'not-allowed', message);
  }
  if (added.length > 0) {
    decision.record({ type: 'joined', data: { sequence, participants: added } });
  }
  return decision.answer(reply);
}

function end(
  state: CoordinatorState,
  { reply, sequence, commit, by }: EndTransaction,
  facts: Facts,
): Decision {
  const decision = new Decision();
  const transaction = state.transactions.get(sequence);
  if (transaction === undefined) return refuseUnknown(state, decision, reply, sequence);
  if (!isOwner(transaction, by)) return refuseStranger(state, decision, reply, sequence, by);
  const { status } = transaction;
  if (status === (commit ? 'aborting' : 'committing')) {
    return refuseStatus(state, decision, reply, transaction);
  }
  decision.change({ type: 'awaited', data: { sequence, asker: reply } });
  if (status === 'open' && commit) {
    decision.record({ type: 'ending', data: { sequence, commit } });
    tellParticipants(state, decision, transaction, commit, facts);
    if (decision.tells.length === 0) finish(decision, transaction, [reply], facts);
  } else if (status === 'open') abort(state, decision, transaction, false);
  return decision;
}

/**
 * Participants hear of it once it is durable: what they give back leaves for consumers at once, and
 * must not come to be acknowledged by a commit after all.
 */
function abort(
  { live, reserved }: CoordinatorState,
  decision: Decision,
  { sequence }: Transaction,
  isTimeout: boolean,
): void {
  // Those of one decision have one number.
  const abort = live.aborts + 1;
  decision.record({ type: 'ending', data: { sequence, commit: false } });
  decision.change({ type: 'abort-waits', data: { sequence, abort, isTimeout } });
  decision.whenDurable = { type: 'settled', aborts: abort, reserved } satisfies Settled;
}

/** Aborts behind these are of later batches, which are on their way to the disk. */
function settled(state: CoordinatorState, { aborts, reserved }: Settled, facts: Facts): Decision {
  const decision = new Decision();
  if (state.live.isReserving && reserved !== undefined) {
    decision.change({ type: 'promised', data: reserved });
  }
  for (const transaction of state.transactions.values()) {
    const { waits } = transaction.live;
    if (waits !== undefined && waits <= aborts) tellOrFinish(state, decision, transaction, facts);
  }
  return decision;
}

/** Where nobody is left to be told it is over. */
function tellOrFinish(
  state: CoordinatorState,
  decision: Decision,
  transaction: Transaction,
  facts: Facts,
): void {
  const told = decision.tells.length;
  tellParticipants(state, decision, transaction, transaction.status === 'committing', facts);
  if (decision.tells.length === told) finish(decision, transaction, transaction.live.askers, facts);
}

/** Those that are gone have nothing of it left, so they need not confirm. */
function tellParticipants(
  state: CoordinatorState,
  decision: Decision,
  { sequence, participants, live }: Transaction,
  commit: boolean,
  facts: Facts,
): void {
  const gone: string[] = [];
  const mail: EndInParticipant = {
    type: 'end-transaction',
    txn: txnId(state.id, sequence),
    commit,
    lowWaterMark: lowWaterMark(state),
  };
  for (const [key, participant] of participants) {
    if (live.confirmed.has(key)) continue;
    const actor = actorOf(participant, facts);
    if (actor === undefined) gone.push(key);
    else decision.tell(actor, mail);
  }
  decision.change({ type: 'participants-told', data: { sequence, atMs: facts.nowMs } });
  if (gone.length > 0) {
    decision.change({ type: 'confirmed', data: { sequence, participants: gone } });
  }
}

function actorOf({ topic, subscription }: Participant, facts: Facts): string | undefined {
  const exposed = facts.exposed(topicActor(topic)) as TopicExposed | undefined;
  if (exposed === undefined || subscription === undefined) return exposed && topicActor(topic);
  const actor = cursorActor(exposed.progress.topicId, subscription);
  return facts.exposed(actor) === undefined ? undefined : actor;
}

function confirm(
  state: CoordinatorState,
  { sequence, participant }: ConfirmEnd,
  facts: Facts,
): Decision {
  const decision = new Decision();
  const transaction = state.transactions.get(sequence);
  // Told twice, it confirms twice.
  if (transaction === undefined) return decision;
  assert(transaction.status !== 'open', 'a participant has ended what is open');
  const key = participantKey(participant);
  decision.change({ type: 'confirmed', data: { sequence, participants: [key] } });
  const { participants, live } = transaction;
  const missing = [...participants.keys()].filter(
    (each) => each !== key && !live.confirmed.has(each),
  );
  if (missing.length === 0) finish(decision, transaction, live.askers, facts);
  return decision;
}

function finish(
  decision: Decision,
  { sequence }: Transaction,
  askers: readonly EndTransaction['reply'][],
  { nowMs }: Facts,
): void {
  decision.record({ type: 'ended', data: { sequence, atMs: nowMs } });
  for (const asker of askers) decision.answer(asker);
}

/**
 * When the next transaction times out, or participants are to be told again. A process to come
 * knows nothing of who was told, or waited to be: it has to tell them at once.
 */
export function coordinatorDueAtMs(
  state: CoordinatorState,
  { nowMs }: Facts,
  away: boolean,
): number | undefined {
  const { transactions, adrift, live } = state;
  if (away && [...transactions.values()].some(({ status }) => status !== 'open')) return nowMs;
  if (live.dueAtMs === undefined) {
    let earliest = adrift?.untilMs ?? Number.POSITIVE_INFINITY;
    for (const each of transactions.values()) earliest = Math.min(earliest, dueAtMs(each));
    live.dueAtMs = earliest;
  }
  return Number.isFinite(live.dueAtMs) ? live.dueAtMs : undefined;
}

function dueAtMs({ status, openedAtMs, timeoutMs, live }: Transaction): number {
  if (status === 'open') return openedAtMs + timeoutMs;
  if (live.waits !== undefined) return Number.POSITIVE_INFINITY;
  return live.toldAtMs === undefined ? 0 : live.toldAtMs + RETELL_MS;
}

function due(state: CoordinatorState, facts: Facts): Decision {
  const decision = new Decision();
  const { untilMs = Number.POSITIVE_INFINITY } = state.adrift ?? {};
  if (untilMs <= facts.nowMs) {
    decision.record({ type: 'adrift-ended', data: { untilMs } });
  }
  for (const transaction of state.transactions.values()) {
    if (dueAtMs(transaction) > facts.nowMs) continue;
    if (transaction.status === 'open') abort(state, decision, transaction, true);
    else tellOrFinish(state, decision, transaction, facts);
  }
  return decision;
}

/** In Pulsar's words, to the blank. */
function refuseUnknown(
  { id }: CoordinatorState,
  decision: Decision,
  reply: EndTransaction['reply'],
  sequence: number,
): Decision {
  const message = `The transaction with this txdID \`${txnId(id, sequence)}\`not found `;
  return decision.refuse(reply, 'transaction-not-found', message);
}

function refuseStatus(
  { id }: CoordinatorState,
  decision: Decision,
  reply: EndTransaction['reply'],
  { sequence, status }: Transaction,
): Decision {
  const message =
    `Expect Txn \`${txnId(id, sequence)}\` to be in OPEN status but it is in ` +
    `${status.toUpperCase()} status`;
  return decision.refuse(reply, 'transaction-status', message);
}

/** A transaction without an owner is whose who knows it; who need not be the owner says nobody. */
function isOwner({ owner }: Transaction, by: string | undefined): boolean {
  return owner === undefined || by === undefined || owner === by;
}

function refuseStranger(
  { id }: CoordinatorState,
  decision: Decision,
  reply: EndTransaction['reply'],
  sequence: number,
  by: string | undefined,
): Decision {
  const message =
    `Client (${by}) is neither the owner of the transaction ${txnId(id, sequence)} nor a super ` +
    'user';
  return decision.refuse(reply, 'transaction-not-found', message);
}

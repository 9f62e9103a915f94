/** What a cursor answers to each command. */

import type { TopicExposed } from '../exposed.ts';
import { subscriptionActor, topicActor } from '../names.ts';
import { type ActorEvent, Decision, type Facts } from '../runtime/behaviour.ts';
import { ack } from './ack.ts';
import { analyze, analyzeRead, peek, peekRead } from './backlog.ts';
import type { CursorCommand, OpenCursor, ResetCursor, SkipEntries } from './commands.ts';
import { compactedLook, compactedRead } from './compacted.ts';
import { dueFound, findDue } from './due.ts';
import { stepsOf } from './evolve.ts';
import { evict, expire, expiryFound, survey, surveyFound } from './expiry.ts';
import { offsetAfter } from './expose.ts';
import { endRead, entriesRead, read, replay, replayRead } from './reading.ts';
import { type CursorState, isOpen } from './state.ts';
import { ackInTransaction, endTransaction } from './transactions.ts';

export function decideCursor(state: CursorState, command: CursorCommand, facts: Facts): Decision {
  if (command.type === 'open') return open(command);
  if (!state.exists) return gone(command);
  const topic = facts.exposed(topicActor(state.topic)) as TopicExposed | undefined;
  if (topic === undefined || topic.progress.topicId !== state.topicId) {
    return command.type === 'drop' ? drop(state) : gone(command);
  }
  switch (command.type) {
    case 'read':
      return read(state, command, topic, facts);
    case 'replay':
      return replay(command, topic);
    case 'entries-read':
      return entriesRead(state, command);
    case 'replay-read':
      return replayRead(state, command);
    case 'find-due':
      return findDue(command, topic);
    case 'due-found':
      return dueFound(state, command);
    case 'compacted-read':
      return compactedRead(state, command, topic);
    case 'compacted-look':
      return compactedLook(command, topic);
    case 'entries-available':
      return entriesAvailable(state, topic, facts);
    case 'ack':
      return ack(state, command, topic, facts);
    case 'ack-in-transaction':
      return ackInTransaction(state, command, topic);
    case 'end-transaction':
      return endTransaction(state, command, topic, facts);
    case 'reset':
      return reset(state, command);
    case 'skip':
      return skip(state, command, topic, facts);
    case 'peek':
      return peek(state, command, topic);
    case 'peek-read':
      return peekRead(command, topic);
    case 'analyze':
      return analyze(state, command, topic);
    case 'analyze-read':
      return analyzeRead(state, command, topic);
    case 'expire':
    case 'oldest-found':
      return expire(state, command, topic, facts);
    case 'expiry-found':
      return expiryFound(state, command, topic, facts);
    case 'survey':
      return survey(state, command, topic);
    case 'survey-found':
      return surveyFound(state, command, topic, facts);
    case 'evict':
      return evict(state, command, topic, facts);
    case 'count-redeliveries': {
      const offsets = command.offsets.filter((offset) => isOpen(state, offset));
      const decision = new Decision();
      if (offsets.length > 0) put(state, decision, { type: 'redelivered', data: { offsets } });
      return decision;
    }
    case 'clear-redeliveries':
      return clearRedeliveries(state);
    case 'report':
      return report(state, topic);
    case 'drop':
      return drop(state);
  }
}

function clearRedeliveries(state: CursorState): Decision {
  const decision = new Decision();
  if (state.redeliveries.size > 0) {
    put(state, decision, { type: 'redeliveries-cleared', data: {} });
  }
  if (state.live.waiting !== undefined) {
    decision.change({ type: 'read-ended', data: {} });
    decision.tell(topicActor(state.topic), { type: 'stop-awaiting', name: state.name });
  }
  return decision;
}

/** A non-durable cursor's events end with the process. */
export function put(
  state: { readonly durable: boolean },
  decision: Decision,
  event: ActorEvent,
): void {
  decision.put(event, state.durable);
}

/** Deleted between the look at it and the command: whoever waits for an answer gets one. */
function gone(command: CursorCommand): Decision {
  const decision = new Decision();
  if (!('reply' in command) || command.reply === undefined || command.type === 'ack') {
    return decision;
  }
  return decision.refuse(command.reply, 'subscription-not-found', 'Subscription not found');
}

function open(command: OpenCursor): Decision {
  const decision = new Decision();
  const { type: _, ackSet, ...data } = command;
  put(command, decision, {
    type: 'opened',
    data: ackSet === undefined ? data : { ...data, ackSet },
  });
  return decision;
}

function entriesAvailable(state: CursorState, topic: TopicExposed, facts: Facts): Decision {
  const { waiting } = state.live;
  if (waiting === undefined) return new Decision();
  const decision = read(state, waiting, topic, facts);
  endRead(decision);
  return decision;
}

/** Seek: what was acknowledged is forgotten. Consumers have been closed by the subscription. */
function reset(state: CursorState, command: ResetCursor): Decision {
  const decision = new Decision();
  const { to, ackSet, reply } = command;
  const data = ackSet === undefined ? { to } : { to, ackSet };
  put(state, decision, { type: 'reset', data });
  decision.change({ type: 'read-ended', data: {} });
  decision.tell(topicActor(state.topic), { type: 'cursor-moved', name: state.name, acked: to });
  if (reply !== undefined) decision.answer(reply);
  return decision;
}

function skip(
  state: CursorState,
  command: SkipEntries,
  topic: TopicExposed,
  facts: Facts,
): Decision {
  const decision = new Decision();
  const { end } = topic.progress;
  const to = command.count === 'all' ? end : offsetAfter(state, command.count, end);
  moveTo(state, decision, to, facts);
  decision.answer(command.reply);
  return decision;
}

/** Everything below an offset is done with. */
export function moveTo(state: CursorState, decision: Decision, to: number, facts: Facts): void {
  if (to <= state.acked) return;
  const data = { steps: stepsOf([state.acked, to]), atMs: facts.nowMs };
  put(state, decision, { type: 'acked', data });
  decision.tell(subscriptionActor(state.topicId, state.name), { type: 'skipped', below: to });
  decision.again = { type: 'report' };
}

/**
 * Tells those who wait for it that the cursor has moved: the topic, once a whole ledger is done
 * with, and the subscription, once everything of a terminated topic is.
 */
function report(state: CursorState, topic: TopicExposed): Decision {
  const decision = new Decision();
  const { ledgers, terminated } = topic.progress;
  const second = ledgers[1];
  if (second !== undefined && state.acked >= second.firstOffset) {
    decision.change({ type: 'reported', data: { acked: state.acked } });
    const { name, acked } = state;
    decision.tell(topicActor(state.topic), { type: 'cursor-moved', name, acked });
  }
  if (terminated && state.acked >= topic.next) {
    decision.tell(subscriptionActor(state.topicId, state.name), { type: 'caught-up' });
  }
  return decision;
}

function drop(state: CursorState): Decision {
  const decision = new Decision();
  put(state, decision, { type: 'deleted', data: {} });
  return decision;
}

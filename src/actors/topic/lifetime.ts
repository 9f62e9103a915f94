/** A topic comes, ends and goes: create, terminate, unload, delete. */
import type { CursorExposed } from '../exposed.ts';
import { cursorActor, partitionedActor, subscriptionActor } from '../names.ts';
import { positionBefore, positionOf } from '../progress.ts';
import { Decision, type Facts } from '../runtime/behaviour.ts';
import type { SubscriptionView } from '../views.ts';
import type {
  CreateTopic,
  DeleteTopic,
  GetLastMessageId,
  TerminateTopic,
  UnloadTopic,
} from './commands.ts';
import { forgetBelongings } from './farewell.ts';
import { watchInactivity } from './inactivity.ts';
import { announce } from './listed.ts';
import type { TopicOptions } from './options.ts';
import { attachedProducers, type TopicState } from './state.ts';

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
  decision.record({
    type: 'created',
    data: {
      topicId: facts.nextId('topic'),
      ledgerId: facts.nextId('ledger'),
      atMs: facts.nowMs,
      incarnation: facts.incarnation,
      properties: command.properties ?? {},
    },
  });
  watchInactivity(decision, facts, options);
  announce(state, decision, options, true);
  decision.reply(recipient, { type: 'done', requestId });
  return decision;
}

/** No more messages; producers are closed, consumers read what is there. Answers the last id. */
export function terminate(state: TopicState, { reply }: TerminateTopic): Decision {
  const decision = new Decision();
  if (!state.exists) return decision.refuse(reply, 'topic-not-found', notFound(state));
  if (!state.progress.terminated) {
    decision.record({ type: 'terminated', data: {} });
    closeProducers(state, decision);
    const { topicId } = state.progress;
    decision.whenDurable = { type: 'stored', topicId, end: state.next };
  }
  const value = positionBefore({ ...state.progress, end: state.next }, state.next);
  decision.answer(reply, value);
  return decision;
}

export function unload(state: TopicState, { reply }: UnloadTopic): Decision {
  const decision = new Decision();
  if (!state.exists) return decision.refuse(reply, 'topic-not-found', notFound(state));
  closeProducers(state, decision);
  decision.change({ type: 'unloaded', data: {} });
  for (const name of state.subscriptions.keys()) {
    decision.tell(subscriptionActor(state.progress.topicId, name), { type: 'close-consumers' });
  }
  decision.answer(reply);
  return decision;
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
    const view = facts.exposed(subscriptionActor(topicId, name)) as SubscriptionView;
    return count + view.consumers.length;
  }, 0);
  if (!force && producers + consumers > 0) {
    const clients = producers + consumers === 1 ? '1 client' : `${producers + consumers} clients`;
    const message =
      `Topic has ${clients} connected Including ${consumers} consumers, ` +
      `${producers} producers, and 0 replicators.`;
    return decision.refuse(reply, 'precondition-failed', message);
  }
  closeProducers(state, decision);
  for (const name of names) {
    decision.tell(subscriptionActor(topicId, name), { type: 'drop' });
    decision.tell(cursorActor(topicId, name), { type: 'drop' });
  }
  decision.record({ type: 'deleted', data: {}, trim: { topicId, before: state.next } });
  forgetBelongings(state, decision, facts);
  announce(state, decision, options, false);
  decision.answer(reply);
  return decision;
}

/** Reads the last entry's bytes first: whoever answers the client needs its batch size. */
export function getLastMessageId(state: TopicState, command: GetLastMessageId): Decision {
  const decision = new Decision();
  const { reply } = command;
  if (!state.exists) return decision.refuse(reply, 'topic-not-found', notFound(state));
  const { first, end, topicId } = state.progress;
  if (end <= first) {
    decision.again = { type: 'last-entry-read', command, offset: -1, entry: undefined };
    return decision;
  }
  decision.read({
    topicId,
    offset: end - 1,
    limits: { maxEntries: 1, maxBytes: 1 },
    reply,
    result: (runs) => ({
      type: 'last-entry-read',
      command,
      offset: end - 1,
      entry: runs[0]?.entries[0],
    }),
  });
  return decision;
}

/** From the topic to itself: the last entry is here. */
export interface LastEntryRead {
  readonly type: 'last-entry-read';
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
  const none = { ledgerId: -1, entryId: -1 };
  const { progress } = state;
  let markDelete = none;
  if (command.subscription !== undefined) {
    const actor = cursorActor(progress.topicId, command.subscription);
    const cursor = facts.exposed(actor) as CursorExposed | undefined;
    if (cursor !== undefined) markDelete = positionBefore(progress, cursor.acked);
  }
  const last = entry === undefined ? none : positionOf(progress, offset);
  decision.send(recipient, { type: 'last-message-id', requestId, last, entry, markDelete });
  return decision;
}

function closeProducers(state: TopicState, decision: Decision): void {
  for (const { key, recipient, producerId } of attachedProducers(state)) {
    decision.change({ type: 'producer-removed', data: { key } });
    decision.reply(recipient, { type: 'producer-closed', producerId });
  }
}

function notFound(state: TopicState): string {
  return `Topic ${state.name} not found`;
}

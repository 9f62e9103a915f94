/** What a topic answers to each command. */
import { cursorActor } from '../names.ts';
import type { PoliciesChanged } from '../policies/resolve.ts';
import { Decision, type Facts } from '../runtime/behaviour.ts';
import { surveyed } from './aging.ts';
import type { AwaitEntries, Stored, TopicCommand } from './commands.ts';
import { checkThreshold, compact, endCompaction, storeCompacted } from './compaction.ts';
import { type Due, due } from './duties.ts';
import {
  changeProperties,
  type EntryFound,
  type EntryRead,
  entryFound,
  entryRead,
  findEntry,
  findIndex,
  type IndexFound,
  indexFound,
  offload,
  readEntry,
  trimLedgers,
} from './inspection.ts';
import {
  answerLastMessageId,
  create,
  getLastMessageId,
  type LastEntryRead,
  remove,
  terminate,
  unload,
} from './lifetime.ts';
import type { TopicOptions } from './options.ts';
import {
  countUnstored,
  dispatched,
  type PaceProducer,
  paceProducer,
  type ResumeProducers,
  resumeProducers,
} from './pacing.ts';
import { applyPolicies, policiesChanged } from './policies.ts';
import { addProducer, removeProducer } from './producers.ts';
import { publish } from './publish.ts';
import { trim } from './retention.ts';
import type { TopicState } from './state.ts';
import {
  createSubscription,
  cursorMoved,
  deleteSubscription,
  subscribe,
  subscriptionGone,
  trimNow,
} from './subscriptions.ts';
import { endTransaction, transactionGone } from './transactions.ts';

/** Commands of clients and of other actors, and what the topic tells itself. */
export type TopicMail =
  | TopicCommand
  | LastEntryRead
  | EntryRead
  | EntryFound
  | IndexFound
  | Due
  | PoliciesChanged
  | { readonly type: 'apply-policies' }
  | PaceProducer
  | ResumeProducers
  | { readonly type: 'transaction-gone' }
  | { readonly type: 'trim' };

export function decideTopic(
  state: TopicState,
  command: TopicMail,
  facts: Facts,
  options: TopicOptions,
): Decision {
  switch (command.type) {
    case 'publish': {
      const decision = publish(state, command, facts, options);
      countUnstored(decision, command, facts);
      const isPaced = state.live.publishPace !== undefined;
      if (isPaced) decision.again = { type: 'pace-producer', key: command.key };
      return decision;
    }
    case 'dispatched':
      return dispatched(state, command, facts, options);
    case 'pace-producer':
      return paceProducer(state, command, facts);
    case 'resume-producers':
      return resumeProducers(state, facts);
    case 'end-transaction':
      return endTransaction(state, command);
    case 'transaction-gone':
      return transactionGone(state);
    case 'stored':
      return stored(state, command, facts, options);
    case 'await-entries':
      return awaitEntries(state, command);
    case 'cursor-moved':
      return cursorMoved(state, command);
    case 'add-producer':
      return addProducer(state, command, facts, options);
    case 'remove-producer':
      return removeProducer(state, command, facts, options);
    case 'subscribe':
      return subscribe(state, command, facts, options);
    case 'get-last-message-id':
      return getLastMessageId(state, command, facts);
    case 'last-entry-read':
      return answerLastMessageId(state, command, facts);
    case 'trim':
      return trimNow(state, facts, options);
    default:
      return administer(state, command, facts, options);
  }
}

function administer(
  state: TopicState,
  command: Exclude<TopicMail, LastEntryRead | { readonly type: 'trim' | 'transaction-gone' }>,
  facts: Facts,
  options: TopicOptions,
): Decision {
  switch (command.type) {
    case 'create':
      return create(state, command, facts, options);
    case 'delete':
      return remove(state, command, facts, options);
    case 'terminate':
      return terminate(state, command, facts);
    case 'unload':
      return unload(state, command, facts);
    case 'create-subscription':
      return createSubscription(state, command, facts, options);
    case 'delete-subscription':
      return deleteSubscription(state, command);
    case 'policies-changed':
      return policiesChanged();
    case 'apply-policies':
      return applyPolicies(state, facts, options);
    case 'due':
      return due(state, command, facts, options);
    case 'surveyed':
      return surveyed(state, command, facts, options);
    case 'stop-awaiting': {
      const decision = new Decision();
      decision.change({ type: 'reader-left', data: { name: command.name } });
      return decision;
    }
    case 'subscription-gone':
      return subscriptionGone(state, command);
    case 'change-properties':
      return changeProperties(state, command);
    case 'read-entry':
      return readEntry(state, command);
    case 'entry-read':
      return entryRead(state, command);
    case 'find-entry':
      return findEntry(state, command);
    case 'entry-found':
      return entryFound(state, command);
    case 'find-index':
      return findIndex(state, command);
    case 'index-found':
      return indexFound(state, command);
    case 'trim-ledgers':
      return trimLedgers(state, command, facts, options);
    case 'offload':
      return offload(state, command);
    default:
      return decideCompaction(state, command, facts, options);
  }
}

function decideCompaction(
  state: TopicState,
  command: TopicMail,
  facts: Facts,
  options: TopicOptions,
): Decision {
  switch (command.type) {
    case 'compact':
      return compact(state, command, facts, options);
    case 'check-threshold':
      return checkThreshold(state, facts, options);
    case 'store-compacted':
      return storeCompacted(state, command);
    case 'end-compaction':
      return endCompaction(state, command, facts);
    default:
      return new Decision();
  }
}

/** Entries have become durable: they may be read now. */
function stored(
  state: TopicState,
  { topicId, end, readable, written }: Stored,
  facts: Facts,
  options: TopicOptions,
): Decision {
  const decision = new Decision();
  // Not of a topic that was deleted and made anew meanwhile.
  if (!state.exists || state.progress.topicId !== topicId) return decision;
  decision.change({ type: 'stored-until', data: { end, readable, written, atMs: facts.nowMs } });
  const { readers } = state.live;
  const isHeldBack = readable < end && readable <= state.progress.readable;
  if (readers.size > 0 && !isHeldBack) {
    decision.change({ type: 'readers-called', data: {} });
    for (const name of readers) {
      decision.tell(cursorActor(state.progress.topicId, name), { type: 'entries-available' });
    }
  }
  trim(state, decision, facts, options);
  return decision;
}

function awaitEntries(state: TopicState, { name, from }: AwaitEntries): Decision {
  const decision = new Decision();
  if (!state.subscriptions.has(name)) return decision;
  const { readable, topicId } = state.progress;
  // Some may have become durable while the cursor's word was on its way.
  if (from < readable) decision.tell(cursorActor(topicId, name), { type: 'entries-available' });
  else decision.change({ type: 'reader-waits', data: { name } });
  return decision;
}

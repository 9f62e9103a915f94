/** What a subscription answers to each command. */

import { subscriptionActor } from '../names.ts';
import type { PoliciesChanged } from '../policies/resolve.ts';
import { Decision, type Facts } from '../runtime/behaviour.ts';
import type { ReplyTo } from '../topic/commands.ts';
import { acknowledge, redeliver } from './acks.ts';
import type {
  Ack,
  AcksHeld,
  AcksReturned,
  BacklogRequest,
  CameDue,
  ChangeSettings,
  CloseConsumers,
  Congestion,
  EntriesForDispatch,
  EntriesForReplay,
  Flow,
  PassingEntries,
  Redeliver,
  RemoveConsumer,
  Seek,
  SkipMessages,
  Skipped,
  Subscribe,
  Unsubscribe,
} from './commands.ts';
import {
  attach,
  closeConsumers,
  detach,
  done,
  refuse,
  switchActive,
  unsubscribe,
  vanish,
} from './consumers.ts';
import { cameDue, wakeForDue } from './delays.ts';
import { dispatchAgain, dispatchToMany, readForMany } from './multi.ts';
import type { SubscriptionOptions } from './options.ts';
import { resumeDispatch, tellPaces } from './pacing.ts';
import { pass } from './passing.ts';
import { applyPolicies, policiesChanged } from './policies.ts';
import { expireReader, type SeekFound, seek, seekFound, skip, skipped } from './seek.ts';
import { changeSettings } from './settings.ts';
import { dispatchToActive, readForActive } from './single.ts';
import { tellSource } from './source.ts';
import { isMulti, type SubscriptionState } from './state.ts';
import { acksHeld, acksReturned } from './transactions.ts';

/** The topic creates the subscription. */
interface OpenSubscription {
  readonly type: 'open';
  readonly topic: string;
  readonly topicId: number;
  readonly name: string;
  readonly durable: boolean;
  readonly isPersistent: boolean;
  readonly replicated: boolean;
  readonly properties: Readonly<Record<string, string>>;
}

/** REST's deletion, passed on by the topic; without a reply the topic's own. */
interface DeleteCommand {
  readonly type: 'delete';
  readonly reply?: ReplyTo;
  readonly force: boolean;
}

export type SubscriptionMail =
  | OpenSubscription
  | DeleteCommand
  | Subscribe
  | RemoveConsumer
  | Flow
  | Congestion
  | Ack
  | AcksHeld
  | AcksReturned
  | Redeliver
  | Unsubscribe
  | Seek
  | BacklogRequest
  | ChangeSettings
  | SkipMessages
  | Skipped
  | CloseConsumers
  | EntriesForDispatch
  | EntriesForReplay
  | PassingEntries
  | CameDue
  | SeekFound
  | { readonly type: 'dispatch' }
  | { readonly type: 'resume-dispatch' }
  | PoliciesChanged
  | { readonly type: 'apply-policies' }
  | { readonly type: 'wake-for-due' }
  | { readonly type: 'switch-active' }
  | { readonly type: 'caught-up' }
  | { readonly type: 'expire-reader' }
  | { readonly type: 'release'; readonly mark: number }
  | { readonly type: 'drop' };

export function decideSubscription(
  state: SubscriptionState,
  command: SubscriptionMail,
  facts: Facts,
  options: SubscriptionOptions,
): Decision {
  switch (command.type) {
    case 'dispatch':
      if (!state.isPersistent) return new Decision();
      return isMulti(state)
        ? readForMany(state, facts, options)
        : readForActive(state, facts, options);
    case 'resume-dispatch':
      return resumeDispatch();
    case 'entries':
      if (command.generation !== state.live.generation) return new Decision();
      return paced(
        state,
        isMulti(state)
          ? dispatchToMany(state, command, facts, options)
          : dispatchToActive(state, command, facts),
        facts,
        options,
      );
    case 'replay-entries':
      if (command.generation !== state.live.generation) return new Decision();
      return paced(state, dispatchAgain(state, command, facts, options), facts, options);
    case 'passing':
      return pass(state, command, facts, options);
    case 'came-due':
      return cameDue(state, command, facts);
    case 'wake-for-due':
      return wakeForDue(state, facts);
    case 'ack':
      return acknowledge(state, command, facts, options);
    case 'acks-held':
      return acksHeld(state, command, facts);
    case 'acks-returned':
      return acksReturned(state, command);
    case 'flow':
      return flow(state, command, facts);
    case 'congestion':
      return congestion(state, command);
    case 'redeliver':
      return redeliver(state, command, facts);
    case 'subscribe':
      return attach(state, command, actorOf(state), facts, options);
    case 'remove-consumer':
      return detach(state, command, facts, options);
    default:
      return administer(state, command, facts, options);
  }
}

/** What was sent counts for the rates that others watch over, too. */
function paced(
  state: SubscriptionState,
  decision: Decision,
  facts: Facts,
  options: SubscriptionOptions,
): Decision {
  tellPaces(state, decision, facts, options);
  return decision;
}

type Administration = Exclude<
  SubscriptionMail,
  | EntriesForDispatch
  | EntriesForReplay
  | PassingEntries
  | CameDue
  | Ack
  | AcksHeld
  | AcksReturned
  | Flow
  | Congestion
  | Redeliver
  | Subscribe
  | RemoveConsumer
  | { readonly type: 'dispatch' }
  | { readonly type: 'resume-dispatch' }
  | { readonly type: 'wake-for-due' }
>;

function administer(
  state: SubscriptionState,
  command: Administration,
  facts: Facts,
  options: SubscriptionOptions,
): Decision {
  switch (command.type) {
    case 'open':
      return open(command);
    case 'unsubscribe':
      return unsubscribe(state, command, facts, options);
    case 'seek':
      return seek(state, command, facts, options);
    case 'seek-found':
      return seekFound(state, command, facts, options);
    case 'expire-reader':
      return expireReader(state);
    case 'skip':
      return skip(state, command);
    case 'skipped':
      return skipped(state, command, facts);
    case 'peek':
    case 'analyze':
    case 'expire':
      return passToCursor(state, command);
    case 'change-settings':
      return changeSettings(state, command);
    case 'policies-changed':
      return policiesChanged();
    case 'apply-policies':
      return applyPolicies(state, facts, options);
    case 'switch-active':
      return switchActive(state);
    case 'caught-up':
      return caughtUp(state);
    case 'release':
      return release(command.mark);
    case 'delete':
      return remove(state, command, facts, options);
    case 'close-consumers':
    case 'drop': {
      const decision = new Decision();
      closeConsumers(state, decision, [...state.live.consumers.keys()], facts, options);
      if (command.type === 'drop' && state.exists) {
        decision.again = undefined;
        decision.put({ type: 'deleted', data: {} }, state.durable);
      }
      return decision;
    }
  }
}

function passToCursor(state: SubscriptionState, command: BacklogRequest): Decision {
  const decision = new Decision();
  if (!state.exists) return refuse(decision, command.reply, GONE);
  const isWatched = state.live.consumers.size > 0;
  tellSource(state, decision, isWatched ? command : unwatched(command));
  return decision;
}

function unwatched(command: BacklogRequest): BacklogRequest {
  if (command.type !== 'expire' || command.limit.kind !== 'time') return command;
  const { kind, timeMs } = command.limit;
  return { ...command, limit: { kind, timeMs } };
}

/** Between two looks at it the subscription may have been deleted. */
const GONE = ['subscription-not-found', 'Subscription not found'] as const;

function open(command: OpenSubscription): Decision {
  const decision = new Decision();
  const { type: _, ...data } = command;
  decision.put({ type: 'opened', data }, command.durable);
  return decision;
}

function flow(state: SubscriptionState, command: Flow, facts: Facts): Decision {
  const decision = new Decision();
  if (!state.live.consumers.has(command.key)) return decision;
  const { key, permits } = command;
  decision.change({ type: 'permits-added', data: { key, permits, atMs: facts.nowMs } });
  decision.again = { type: 'dispatch' };
  return decision;
}

function congestion(state: SubscriptionState, { key, congested }: Congestion): Decision {
  const decision = new Decision();
  if (!state.live.consumers.has(key)) return decision;
  decision.change({ type: 'congestion-changed', data: { key, congested } });
  if (!congested) decision.again = { type: 'dispatch' };
  return decision;
}

/** What deliveries up to this one waited for is durable. */
function release(mark: number): Decision {
  const decision = new Decision();
  decision.change({ type: 'released', data: { mark } });
  return decision;
}

/** Everything of a terminated topic is acknowledged: those who understand it are told, once. */
function caughtUp(state: SubscriptionState): Decision {
  const decision = new Decision();
  let told = false;
  for (const consumer of state.live.consumers.values()) {
    if (consumer.endSent || !consumer.knowsEndOfTopic) continue;
    const { recipient, consumerId } = consumer;
    decision.reply(recipient, { type: 'end-of-topic', consumerId });
    told = true;
  }
  if (told) decision.change({ type: 'end-announced', data: {} });
  return decision;
}

function remove(
  state: SubscriptionState,
  command: DeleteCommand,
  facts: Facts,
  options: SubscriptionOptions,
): Decision {
  const decision = new Decision();
  const keys = [...state.live.consumers.keys()];
  if (keys.length > 0 && !command.force) {
    const message = 'Subscription has active connected consumers';
    if (command.reply === undefined) return decision;
    return refuse(decision, command.reply, ['precondition-failed', message]);
  }
  closeConsumers(state, decision, keys, facts, options);
  decision.again = undefined;
  if (state.durable || keys.length === 0) vanish(state, decision);
  if (command.reply !== undefined) done(decision, command.reply);
  return decision;
}

function actorOf(state: SubscriptionState): string {
  return subscriptionActor(state.topicId, state.name);
}

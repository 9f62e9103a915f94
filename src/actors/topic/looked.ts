/** What a topic remembers of the last looks at its duties, as long as it is in memory. */
import type { TopicEvent } from './events.ts';
import type { TopicState } from './state.ts';
import { surveyedNames } from './survey.ts';

type Data<Type extends TopicEvent['type']> = Extract<TopicEvent, { type: Type }>['data'];

export function looked(state: TopicState, event: TopicEvent): void {
  const { live } = state;
  switch (event.type) {
    case 'survey-begun':
      surveyBegun(state, event.data);
      break;
    case 'surveyed':
      surveyed(state, event.data);
      break;
    case 'backlog-evicted':
      live.evictions[event.data.quota]++;
      break;
    case 'trim-checked':
      live.trimCheckedAtMs = event.data.atMs;
      break;
    case 'quota-checked':
      live.quotaCheckedAtMs = event.data.atMs;
      break;
    case 'idle-subscriptions-checked':
      live.idleCheckedAtMs = event.data.atMs;
      break;
    case 'use-checked':
      live.useChecked = event.data;
      break;
    case 'offload-failed':
      live.offloadFailed = true;
  }
}

function surveyBegun(
  { live, progress, subscriptions }: TopicState,
  { atMs, isEviction }: Data<'survey-begun'>,
): void {
  live.aging.checkedAtMs = atMs;
  const asked = new Set(surveyedNames({ subscriptions }));
  if (asked.size === 0) {
    live.aging.round = undefined;
    return;
  }
  live.aging.round = {
    atMs,
    end: progress.end,
    asked,
    isEviction,
    oldestMs: Number.POSITIVE_INFINITY,
    backlogMs: Number.POSITIVE_INFINITY,
    subscription: undefined,
  };
}

function surveyed(state: TopicState, { name, oldestMs }: Data<'surveyed'>): void {
  const { aging } = state.live;
  const { round } = aging;
  if (round === undefined) return;
  round.asked.delete(name);
  round.oldestMs = Math.min(round.oldestMs, oldestMs);
  const isBacklog = state.subscriptions.get(name)?.durable === true;
  if (isBacklog && oldestMs < round.backlogMs) {
    round.backlogMs = oldestMs;
    round.subscription = name;
  }
  if (round.asked.size > 0) return;
  aging.round = undefined;
  aging.subscription = round.subscription;
  // What has come meanwhile is no older than the survey.
  const comeMs = state.next > round.end ? round.atMs : Number.POSITIVE_INFINITY;
  aging.oldestMs = Math.min(round.oldestMs, comeMs);
  aging.backlogMs = Math.min(round.backlogMs, comeMs);
}

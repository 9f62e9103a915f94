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
    subscription: undefined,
  };
}

function surveyed({ live, next }: TopicState, { name, oldestMs }: Data<'surveyed'>): void {
  const { aging } = live;
  const { round } = aging;
  if (round === undefined) return;
  round.asked.delete(name);
  if (oldestMs < round.oldestMs) {
    round.oldestMs = oldestMs;
    round.subscription = name;
  }
  if (round.asked.size > 0) return;
  aging.round = undefined;
  aging.subscription = round.subscription;
  // What has come meanwhile is no older than the survey.
  aging.oldestMs = next > round.end ? Math.min(round.oldestMs, round.atMs) : round.oldestMs;
}

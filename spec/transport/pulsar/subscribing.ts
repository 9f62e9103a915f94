/** What specs of consumers say to the broker and look up of it. */
import type { Effect } from '../../../src/actors/ports.ts';
import type { Subscribe } from '../../../src/actors/subscription/commands.ts';
import { SUBSCRIPTION, say, type Told } from './fake-broker.ts';
import type { Stage } from './stage.ts';

export const SUBSCRIBE = {
  topic: 't',
  subscription: 's',
  subType: 0,
  consumer_id: 1,
  request_id: 1,
} as const;

export function subscribes(stage: Stage): Subscribe[] {
  return stage.broker.commands<Subscribe>('subscribe');
}

/** What the subscription's actor was told. */
export function toldToSubscription(stage: Stage): Told['command'][] {
  return stage.broker.told
    .filter(({ actor }) => actor === SUBSCRIPTION)
    .map(({ command }) => command);
}

/** To the consumer that came first. */
export function sayToConsumer(stage: Stage, ...effects: Effect[]): void {
  say(subscribes(stage)[0]!.reply.recipient, ...effects);
}

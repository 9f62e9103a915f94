/** Moving the cursor of a subscription: skip, clear, reset. */

import type { SeekTarget } from '../../actors/subscription/commands.ts';
import { BrokerError } from '../../base/errors.ts';
import type { TopicName } from '../../base/topic-name.ts';
import { placeInBatch } from './batch-place.ts';
import { intField, objectBody, positionOf } from './body.ts';
import {
  type AdminContext,
  type Call,
  intParam,
  NO_CONTENT,
  type Routes,
  wholeParam,
} from './call.ts';
import { notFoundText, onEachPartition, requireActor, SUBSCRIPTION_PATH } from './subscriptions.ts';
import { partitionsOf, topicOf } from './topic-of.ts';

export function cursorRoutes(routes: Routes, context: AdminContext): void {
  routes.on('POST', `${SUBSCRIPTION_PATH}/skip/:count`, async (call) => {
    const count = intParam(call, 'count');
    const name = topicOf(call);
    refusePartitioned(context, name, 'Skip messages on a partitioned topic is not allowed');
    const actor = requireActor(context, name, call.param('subscription'));
    if (count > 0) await skip(context, actor, count);
    return NO_CONTENT;
  });

  routes.on('POST', `${SUBSCRIPTION_PATH}/skip_all`, async (call) => {
    const [name, subscription] = [topicOf(call), call.param('subscription')];
    await onEachPartition(context, name, notFoundText(name, subscription), async (topic) =>
      skip(context, requireActor(context, topic, subscription), 'all'),
    );
    return NO_CONTENT;
  });

  routes.on('POST', `${SUBSCRIPTION_PATH}/resetcursor/:timestamp`, async (call) => {
    const name = topicOf(call);
    const target: SeekTarget = { kind: 'time', publishTimeMs: wholeParam(call, 'timestamp') };
    await onEachPartition(context, name, undefined, (topic) =>
      reset(context, call, topic, target, false),
    );
    return NO_CONTENT;
  });

  routes.on('POST', `${SUBSCRIPTION_PATH}/resetcursor`, async (call) => {
    const body = objectBody(call);
    if (body === undefined) {
      throw new BrokerError('invalid-argument', 'The body must name a message id');
    }
    const name = topicOf(call);
    refusePartitioned(
      context,
      name,
      'Reset-cursor at position is not allowed for partitioned-topic',
    );
    const position = positionOf(body);
    const excluded = body['excluded'] === true;
    const index = intField(body, 'batchIndex', -1);
    const { target, excluded: isBehind } =
      index < 0
        ? { target: { kind: 'position' as const, position }, excluded }
        : await placeInBatch(context, name, position, index, excluded);
    await reset(context, call, name, target, isBehind);
    return NO_CONTENT;
  });
}

function refusePartitioned(context: AdminContext, name: TopicName, reason: string): void {
  if (partitionsOf(context, name) !== undefined) throw new BrokerError('not-allowed', reason);
}

function skip({ broker }: AdminContext, actor: string, count: number | 'all'): Promise<unknown> {
  return broker.ask(actor, (reply) => ({ type: 'skip', reply, count }));
}

async function reset(
  context: AdminContext,
  call: Call,
  name: TopicName,
  target: SeekTarget,
  excluded: boolean,
): Promise<void> {
  const actor = requireActor(context, name, call.param('subscription'));
  await context.broker.ask(actor, (reply) => ({
    type: 'seek',
    key: undefined,
    reply,
    target,
    excluded,
  }));
}

/** What views object to is told once what they have shown is durable. */
import { describe, expect, it } from 'vitest';
import { BrokerError } from '../../../src/base/errors.ts';
import type { CommandName } from '../../../src/wire/codec.ts';
import { ServerError } from '../../../src/wire/messages.ts';
import { agreeable } from './fake-broker.ts';
import { useStage } from './stage.ts';

const SCHEMA = { name: 'n', type: 2, schema_data: Buffer.from('{}') } as const;
const PRODUCER = { topic: 't', producer_id: 1, request_id: 5 } as const;
const SUBSCRIBE = {
  ...{ topic: 't', subscription: 's', subType: 0 },
  ...{ consumer_id: 1, request_id: 5 },
} as const;

/** A client of a broker whose disk does its work when it is told to. */
async function open(stage: ReturnType<ReturnType<typeof useStage>>) {
  await stage.listen();
  stage.broker.react = agreeable;
  const client = await stage.connect();
  const disk = { done: () => {}, failed: (_error: Error) => {} };
  stage.broker.disk = new Promise((resolve, reject) => {
    disk.done = resolve;
    disk.failed = reject;
  });
  return { client, disk };
}

const isMissing = new BrokerError('topic-not-found', 'Topic not found');

describe('an objection', () => {
  const stage = useStage();

  const requests: readonly [
    string,
    () => void,
    CommandName,
    Record<string, unknown>,
    CommandName,
  ][] = [
    [
      'PRODUCER',
      () => {
        stage().broker.failure = isMissing;
      },
      'PRODUCER',
      PRODUCER,
      'ERROR',
    ],
    [
      'SUBSCRIBE',
      () => {
        stage().broker.failure = isMissing;
      },
      'SUBSCRIBE',
      SUBSCRIBE,
      'ERROR',
    ],
    [
      'LOOKUP',
      () => {
        stage().broker.failure = isMissing;
      },
      'LOOKUP',
      { topic: 't', request_id: 5 },
      'LOOKUP_RESPONSE',
    ],
    [
      'a PRODUCER without a schema',
      () => {
        stage().broker.schemas.refusal = isMissing;
      },
      'PRODUCER',
      PRODUCER,
      'ERROR',
    ],
    [
      'a SUBSCRIBE with one',
      () => {
        stage().broker.schemas.answer = async () => {
          throw isMissing;
        };
      },
      'SUBSCRIBE',
      { ...SUBSCRIBE, schema: SCHEMA },
      'ERROR',
    ],
  ];

  it.each(requests)('to %s waits for the disk', async (_what, object, name, body, answer) => {
    const { client, disk } = await open(stage());
    object();
    client.say(name, body as never);
    client.say('PING', {});
    // The first answer is to what came second.
    await client.expect('PONG');
    disk.done();
    expect(await client.expect(answer)).toMatchObject({
      request_id: 5,
      error: ServerError.TopicNotFound,
    });
  });

  it.each(requests)(
    'to %s is not told when it is lost',
    async (_what, object, name, body, answer) => {
      const { client, disk } = await open(stage());
      object();
      client.say(name, body as never);
      client.say('PING', {});
      await client.expect('PONG');
      disk.failed(new BrokerError('service-not-ready', 'The broker starts over'));
      expect(await client.expect(answer)).toMatchObject({
        request_id: 5,
        error: ServerError.ServiceNotReady,
      });
      // Its id is free again.
      stage().broker.failure = undefined;
      stage().broker.schemas.refusal = undefined;
      stage().broker.schemas.answer = async () => 7;
      stage().broker.disk = Promise.resolve();
      client.say(name, body as never);
      const again = { PRODUCER: 'PRODUCER_SUCCESS', SUBSCRIBE: 'SUCCESS' } as Record<
        string,
        CommandName
      >;
      await client.expect(again[name] ?? 'LOOKUP_RESPONSE');
    },
  );
});

import { describe, expect, it } from 'vitest';
import type { Recipient } from '../../../src/actors/ports.ts';
import type { Subscribe } from '../../../src/actors/subscription/commands.ts';
import type { AddProducer } from '../../../src/actors/topic/commands.ts';
import { openProducer, SUBSCRIPTION, say, subscribeDone } from './fake-broker.ts';
import { type Stage, until, useStage } from './stage.ts';

const TIMEOUT_MS = 5_000;

/** As a topic with one place, for a producer and a consumer each: who holds it is named. */
function onePlace(stage: Stage): void {
  const { broker } = stage;
  const holders = new Map<string, { key: number; recipient: Recipient }>();
  broker.react = ({ command }) => {
    const place = command.type.endsWith('producer') ? 'producer' : 'consumer';
    const holder = holders.get(place);
    if (command.type.startsWith('remove-')) {
      if (holder?.key === command.key) holders.delete(place);
    } else if (command.type === 'add-producer' || command.type === 'subscribe') {
      const { reply, key } = command as unknown as AddProducer | Subscribe;
      if (holder === undefined) {
        holders.set(place, { key, recipient: reply.recipient });
        if (place === 'producer') openProducer(command as unknown as AddProducer);
        else subscribeDone(command as unknown as Subscribe);
        return;
      }
      const refusal = { code: `${place}-busy`, message: 'taken' } as const;
      const { requestId } = reply;
      say(reply.recipient, { type: 'refused', requestId, refusal, holder: holder.recipient });
    }
  };
}

const PRODUCER = { topic: 't', producer_id: 1, request_id: 1, producer_name: 'n' };
const CONSUMER = { topic: 't', subscription: 's', subType: 0, consumer_id: 1, request_id: 1 };
const cases = [
  ['producer', 'PRODUCER', PRODUCER, 'PRODUCER_SUCCESS', 16],
  ['consumer', 'SUBSCRIBE', CONSUMER, 'SUCCESS', 5],
] as const;

async function holderAndNewcomer(
  stage: Stage,
  ask: 'PRODUCER' | 'SUBSCRIBE',
  body: object,
  success: 'PRODUCER_SUCCESS' | 'SUCCESS',
) {
  await stage.listen({ livenessCheckTimeoutMs: TIMEOUT_MS });
  onePlace(stage);
  const holder = await stage.connect();
  holder.say(ask, body as never);
  await holder.expect(success);
  const newcomer = await stage.connect();
  newcomer.say(ask, body as never);
  return { holder, newcomer };
}

describe.each(cases)('a place that another %s holds', (kind, ask, body, success, busy) => {
  const stage = useStage();

  const meet = () => holderAndNewcomer(stage(), ask, body, success);

  it('stays taken when the holder answers a ping', async () => {
    const { holder, newcomer } = await meet();
    await holder.expect('PING');
    expect(await newcomer.settled()).toEqual([]);
    holder.say('PONG', {});
    expect(await newcomer.expect('ERROR')).toEqual({
      request_id: 1,
      error: busy,
      message: 'taken',
    });
    stage().clock.advance(TIMEOUT_MS);
    expect(await holder.settled()).toEqual([]);
  });

  it('goes to the newcomer when the holder is silent, whose connection is closed', async () => {
    const { holder, newcomer } = await meet();
    await holder.expect('PING');
    stage().clock.advance(TIMEOUT_MS - 1);
    expect(await newcomer.settled()).toEqual([]);
    stage().clock.advance(1);
    await newcomer.expect(success);
    await holder.closed;
    const types = stage().broker.told.map(({ command }) => command.type);
    const opening = kind === 'producer' ? 'add-producer' : 'subscribe';
    expect(types).toEqual([opening, opening, `remove-${kind}`, opening]);
  });

  it('goes to the newcomer when the holder hangs up meanwhile', async () => {
    const { holder, newcomer } = await meet();
    await holder.expect('PING');
    holder.close();
    await newcomer.expect(success);
  });

  it('is asked for once more only, whatever became of it', async () => {
    const { holder, newcomer } = await meet();
    await holder.expect('PING');
    const third = await stage().connect();
    third.say(ask, body as never);
    await third.settled();
    holder.close();
    const answers = await Promise.all([newcomer.next(), third.next()]);
    expect(answers.map(({ name }) => name).sort()).toEqual(['ERROR', success].sort());
  });

  it('is left alone when the newcomer has gone before the holder is found dead', async () => {
    const { holder, newcomer } = await meet();
    await holder.expect('PING');
    newcomer.close();
    await until(() => stage().listener.connections() === 1);
    holder.close();
    await until(() => stage().listener.connections() === 0);
    const opening = kind === 'producer' ? 'add-producer' : 'subscribe';
    expect(stage().broker.commands(opening)).toHaveLength(2);
  });
});

describe('a place that the same connection holds', () => {
  const stage = useStage();

  it('is refused at once', async () => {
    await stage().listen();
    onePlace(stage());
    const client = await stage().connect();
    client.say('SUBSCRIBE', CONSUMER as never);
    await client.expect('SUCCESS');
    client.say('SUBSCRIBE', { ...CONSUMER, consumer_id: 2, request_id: 2 } as never);
    expect(await client.expect('ERROR')).toMatchObject({ request_id: 2, error: 5 });
    expect(stage().broker.told.filter(({ actor }) => actor === SUBSCRIPTION)).toEqual([]);
  });
});

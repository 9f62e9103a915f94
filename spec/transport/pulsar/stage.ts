/** A listener on a free port over a fake broker, with clients that are hung up on afterwards. */
import { afterEach, beforeEach } from 'vitest';
import { silentLog } from '../../../src/base/log.ts';
import type { Authentication } from '../../../src/transport/auth/authentication.ts';
import type { Authorization } from '../../../src/transport/auth/authorization.ts';
import { silentRates } from '../../../src/transport/metrics/rates.ts';
import { listenPulsar, type PulsarListener } from '../../../src/transport/pulsar/listener.ts';
import type { PulsarListenerOptions } from '../../../src/transport/pulsar/options.ts';
import type { CommandBodies } from '../../../src/wire/codec.ts';
import { agreeable, FakeBroker } from './fake-broker.ts';
import { ManualClock } from './manual-clock.ts';
import { RawClient } from './raw-client.ts';

export class Stage {
  readonly broker = new FakeBroker();
  readonly clock = new ManualClock();
  readonly rates = { ...silentRates };
  authentication: Authentication | undefined;
  authorization: Authorization | undefined;
  readonly #clients: RawClient[] = [];
  #listener: PulsarListener | undefined;

  get listener(): PulsarListener {
    if (this.#listener === undefined) throw new Error('nothing listens yet');
    return this.#listener;
  }

  get port(): number {
    return this.listener.addresses.pulsar?.port ?? 0;
  }

  async listen(options: Partial<PulsarListenerOptions> = {}): Promise<PulsarListener> {
    this.#listener = await listenPulsar({
      broker: this.broker.asBroker,
      clock: this.clock,
      log: silentLog,
      authentication: this.authentication,
      authorization: this.authorization,
      rates: this.rates,
      options: { host: '127.0.0.1', port: 0, ...options },
    });
    return this.#listener;
  }

  async open(): Promise<RawClient> {
    const client = await RawClient.open(this.port);
    this.#clients.push(client);
    return client;
  }

  async connect(body?: Partial<CommandBodies['CONNECT']>): Promise<RawClient> {
    const client = await RawClient.connected(this.port, body);
    this.#clients.push(client);
    return client;
  }

  async close(): Promise<void> {
    for (const client of this.#clients) client.close();
    await this.#listener?.close();
  }
}

/** A new stage for each case, whose broker agrees to everything. */
export function useStage(): () => Stage {
  let stage: Stage;
  beforeEach(() => {
    stage = new Stage();
    stage.broker.react = agreeable;
  });
  afterEach(() => stage.close());
  return () => stage;
}

/** Returns once `holds` does; the case's own time limit is the only one. */
export async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setImmediate(resolve));
}

/** Whatever the broker is willing to read it has read after some round trips of another client. */
export async function othersAreServed(stage: Stage): Promise<void> {
  const other = await stage.connect();
  for (let round = 0; round < 20; round++) await other.settled();
  other.close();
}

/** A client with one producer (id 1) on topic `t`. */
export async function producing(stage: Stage): Promise<RawClient> {
  const client = await stage.connect();
  client.say('PRODUCER', { topic: 't', producer_id: 1, request_id: 1 });
  await client.expect('PRODUCER_SUCCESS');
  return client;
}

/** A client with one consumer (id 1) of subscription `s` on topic `t`. */
export async function consuming(
  stage: Stage,
  body: Partial<CommandBodies['SUBSCRIBE']> = {},
): Promise<RawClient> {
  const client = await stage.connect();
  client.say('SUBSCRIBE', {
    topic: 't',
    subscription: 's',
    subType: 0,
    consumer_id: 1,
    request_id: 1,
    ...body,
  });
  await client.expect('SUCCESS');
  return client;
}

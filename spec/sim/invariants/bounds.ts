/** Nothing grows without bound: buffers, timers, caches. */
import type { Observation } from '../observe/observation.ts';
import type { World } from '../world.ts';
import type { Fail, Invariant } from './invariant.ts';

/** Timers of a broker without clients, and of each connection and each client's topic. */
const TIMERS = 12;
const TIMERS_EACH = 3;

export class Bounds implements Invariant {
  readonly name = 'buffers, timers and caches stay within their bounds';
  readonly seesPassing = true;
  checks = 0;

  see(_: Observation): void {}

  look(world: World, fail: Fail): void {
    const { broker, network, config, plan } = world;
    if (broker.state !== 'up') return;
    this.checks += 1;
    for (const link of network.links) {
      const { unsentBytes } = link;
      if (unsentBytes > MAX_UNSENT_BYTES) fail(`${unsentBytes} bytes wait for c${link.id}`);
    }
    const { pendingBytes } = broker.core.runtime.stats();
    const most = config.velamqJournalBatchMaxBytes * (config.velamqJournalBatchesInFlight + 2);
    if (pendingBytes > most + MAX_ENTRY_BYTES) fail(`${pendingBytes} bytes wait for the disk`);
    const parts = plan.clients.length + network.links.size;
    const { timers } = broker.owner;
    if (timers > TIMERS + TIMERS_EACH * parts) fail(`${timers} timers`);
    const runtime = broker.core.runtime;
    if (runtime.state !== 'open') return;
    const { cachedBytes } = runtime.storage.stats();
    const cache = plan.storage.cacheBytes ?? 0;
    if (cachedBytes > cache + MAX_ENTRY_BYTES) fail(`${cachedBytes} bytes in a cache of ${cache}`);
  }

  end(world: World, fail: Fail): void {
    const { connections, context } = world.broker.acceptor;
    const { usedBytes } = context.budget;
    let heldBytes = 0;
    for (const { session } of connections) {
      for (const { pendingBytes } of session.producers.values()) heldBytes += pendingBytes;
    }
    if (usedBytes !== 0) {
      fail(`${usedBytes} bytes count as not answered, ${heldBytes} of them of open producers`);
    }
    const { pendingBytes } = world.broker.core.runtime.stats();
    if (pendingBytes !== 0) fail(`${pendingBytes} bytes count as not on the disk`);
  }
}

const MAX_ENTRY_BYTES = 5 * 1024 * 1024;
/** What the listener allows a connection before it closes it, and one frame. */
const MAX_UNSENT_BYTES = 64 * 1024 * 1024 + MAX_ENTRY_BYTES;

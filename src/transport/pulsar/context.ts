/** What every connection of a listener shares. */
import type { Broker } from '../../actors/broker.ts';
import type { Clock } from '../../base/clock.ts';
import type { Log } from '../../base/log.ts';
import type { ServiceUrls } from '../../base/options/listeners.ts';
import type { Shares } from '../../base/shares.ts';
import type { Turns } from '../../base/turns.ts';
import type { Authentication } from '../auth/authentication.ts';
import type { Authorization } from '../auth/authorization.ts';
import type { IngressBudget } from '../ingress-budget.ts';
import type { RateSource } from '../metrics/rates.ts';
import type { BufferPool } from './buffer-pool.ts';
import type { ConnectionCounter } from './connection-counter.ts';
import type { EntryMemory } from './entry-memory.ts';
import type { PulsarListenerOptions } from './options.ts';
import type { GroupPaces } from './resource-groups.ts';
import type { SharedPace } from './shared-pace.ts';
import type { Tenancy } from './tenancy.ts';

/** Lookups of all connections. */
export interface LookupCount {
  /** Those that the broker is working on. */
  pending: number;
  /** Beyond so many, refused. */
  most: number;
}

export interface PulsarContext {
  readonly broker: Broker;
  readonly options: PulsarListenerOptions;
  readonly clock: Clock;
  readonly log: Log;
  /** Undefined where clients need not say who they are. */
  readonly authentication?: Authentication | undefined;
  /** Undefined where clients may do everything. */
  readonly authorization?: Authorization | undefined;
  readonly rates: RateSource;
  readonly budget: IngressBudget;
  /** Of connections that have more to say than others should wait for. */
  readonly turns: Turns;
  readonly shares: Shares;
  /** The broker's own publish rate, where it has one. */
  readonly pace: SharedPace;
  /** Those of resource groups. */
  readonly groups: GroupPaces;
  readonly pool: BufferPool;
  readonly memory: EntryMemory;
  readonly lookups: LookupCount;
  readonly tenancy: Tenancy;
  readonly counter: ConnectionCounter;
  /** What LOOKUP answers. */
  readonly urls: ServiceUrls;
}

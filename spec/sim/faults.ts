/** What goes wrong, when and for how long; each fault ends with the plan at the latest. */
import type { Draws } from '../generators/draws.ts';
import { Chance } from './world/chance.ts';
import { damage } from './world/damage.ts';
import type { World } from './world.ts';

export interface Fault {
  readonly kind: FaultKind;
  readonly atMs: number;
  /** How long it lasts, in milliseconds, where it lasts. */
  readonly forMs: number;
  /** Settles what the kind leaves open: which link, which byte. */
  readonly draw: number;
}

/** What a fault does to the world; the result ends it. */
type Effect = (world: World, chance: Chance) => (() => void) | undefined;

const effects = {
  /** Power loss, or `kill -9`; comes back later. */
  kill: (world) => {
    world.killBroker();
    return () => world.startBroker();
  },
  restart: (world) => {
    world.stopBroker();
    return () => world.startBroker();
  },
  'reset link': (world, chance) => {
    const links = [...world.network.links];
    if (links.length > 0) chance.of(links).reset();
    return undefined;
  },
  /** Nothing gets through any more, and neither side is told. */
  'cut link': (world, chance) => {
    const links = [...world.network.links];
    if (links.length > 0) chance.of(links).cut();
    return undefined;
  },
  'slow network': (world, chance) => {
    const { mood } = world.network;
    mood.delayMs = chance.skewed(1, 300);
    return () => {
      mood.delayMs = 0.3;
    };
  },
  'small pieces': (world) => {
    const { mood } = world.network;
    mood.cuts = 1;
    return () => {
      mood.cuts = 0.2;
    };
  },
  'slow disk': (world, chance) => {
    const { mood } = world.disk;
    mood.syncMs = chance.skewed(5, 800);
    mood.readMs = chance.skewed(1, 200);
    return () => {
      mood.syncMs = 1;
      mood.readMs = 0.5;
    };
  },
  'failing sync': (world) => {
    world.disk.mood.failsSyncs = true;
    return () => {
      world.disk.mood.failsSyncs = false;
    };
  },
  'full disk': (world) => {
    world.disk.mood.isFull = true;
    return () => {
      world.disk.mood.isFull = false;
    };
  },
  'failing reads': (world) => {
    world.disk.mood.failsReads = true;
    return () => {
      world.disk.mood.failsReads = false;
    };
  },
  'flipped bit': (world, chance) => damage(world.disk, 'flipped bit', chance),
  'misdirected write': (world, chance) => damage(world.disk, 'misdirected write', chance),
  'lost write': (world, chance) => damage(world.disk, 'lost write', chance),
  /** Somebody restores an old copy of the state folder; where that is refused, the newest again. */
  'old state folder': (world) => {
    // One that was refused is still there, and the newest is to come back, not that.
    if (!world.broker.hasOpened) return undefined;
    world.killBroker();
    const putBack = world.disk.restoreOld(STATE_FILE);
    world.startBroker();
    const tried = world.broker;
    return () => {
      if (!tried.hasOpened && !world.broker.hasOpened) {
        world.killBroker();
        putBack?.();
      }
      world.startBroker();
    };
  },
} satisfies Record<string, Effect>;

const STATE_FILE = '/data/state/data.mdb';

export type FaultKind = keyof typeof effects;

/** At most so many faults, mostly fewer. */
export function planFaults(chance: Draws, ms: number, most: number): Fault[] {
  const count = chance.happens(0.15) ? 0 : Math.floor(chance.skewed(1, most));
  const kinds = Object.keys(effects) as FaultKind[];
  // A world has a few kinds of faults, so that some worlds have many of one kind.
  const chosen = kinds.filter(() => chance.happens(0.4));
  if (chosen.length === 0) return [];
  return Array.from({ length: count }, () => ({
    kind: chance.of(chosen),
    atMs: Math.floor(chance.next() * ms),
    forMs: Math.floor(chance.skewed(1, 4_000)),
    draw: chance.between(0, 2 ** 31),
  })).sort((a, b) => a.atMs - b.atMs);
}

/** Lets a fault happen; the result ends it, if there is something to end. */
export function strike(world: World, { kind, draw }: Fault): (() => void) | undefined {
  return (effects[kind] as Effect)(world, new Chance(draw, kind));
}

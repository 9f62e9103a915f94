/** What can happen in the random stories of dispatch. */
import fc from 'fast-check';

export type Action =
  | { readonly do: 'publish'; readonly entries: readonly (readonly [number, number])[] }
  | { readonly do: 'join'; readonly name: number; readonly priority: number }
  | { readonly do: 'leave' | 'congest' | 'redeliver-all'; readonly who: number }
  | { readonly do: 'flow'; readonly who: number; readonly permits: number }
  | { readonly do: 'ack' | 'nack'; readonly who: number; readonly which: readonly number[] }
  | { readonly do: 'ack-up-to' | 'ack-part'; readonly who: number; readonly which: number }
  | { readonly do: 'seek' | 'skip'; readonly which: number }
  | { readonly do: 'poison'; readonly what: 'topic' | 'subscription' | 'cursor' }
  | { readonly do: 'step' }
  | { readonly do: 'sync' }
  | { readonly do: 'read' }
  | { readonly do: 'settle' }
  | { readonly do: 'crash' | 'restart' | 'disk-fails' }
  | { readonly do: 'wait'; readonly ms: number };

/** What one client does on its own. */
export type ClientAction = Extract<Action, { readonly who: number }>;

const who = fc.nat(4);

const which = fc.nat(9);

const publish = fc.record({
  do: fc.constant('publish' as const),
  /** Key and messages of each entry. */
  entries: fc.array(fc.tuple(fc.nat(5), fc.integer({ min: 1, max: 3 })), {
    minLength: 1,
    maxLength: 5,
  }),
});

/** Consumers are named by 0 to this number. */
export const LAST_NAME = 6;

const join = fc.record({
  do: fc.constant('join' as const),
  name: fc.nat(LAST_NAME),
  priority: fc.nat(1),
});

const flow = fc.record({
  do: fc.constant('flow' as const),
  who,
  permits: fc.integer({ min: 1, max: 6 }),
});

const ackOrNack = fc.record({
  do: fc.constantFrom('ack' as const, 'nack' as const),
  who,
  which: fc.array(which, { minLength: 1, maxLength: 4 }),
});

const ackSome = fc.record({
  do: fc.constantFrom('ack-up-to' as const, 'ack-part' as const),
  who,
  which,
});

const poison = fc.record({
  do: fc.constant('poison' as const),
  what: fc.constantFrom('topic' as const, 'subscription' as const, 'cursor' as const),
});

const pace = fc.record({
  do: fc.constantFrom('step' as const, 'sync' as const, 'read' as const, 'settle' as const),
});

const wait = fc.record({ do: fc.constant('wait' as const), ms: fc.constantFrom(1_000, 90_000) });

const isolated = {
  leave: fc.record({ do: fc.constantFrom('leave' as const, 'congest' as const), who }),
  redeliverAll: fc.record({ do: fc.constant('redeliver-all' as const), who }),
  move: fc.record({ do: fc.constantFrom('seek' as const, 'skip' as const), which }),
  end: fc.record({ do: fc.constantFrom('crash' as const, 'restart' as const) }),
  diskFails: fc.record({ do: fc.constant('disk-fails' as const) }),
};

const usual: fc.MaybeWeightedArbitrary<Action>[] = [
  { weight: 5, arbitrary: publish },
  { weight: 3, arbitrary: join },
  { weight: 2, arbitrary: isolated.leave },
  { weight: 5, arbitrary: flow },
  { weight: 6, arbitrary: ackOrNack },
  { weight: 4, arbitrary: ackSome },
  { weight: 1, arbitrary: isolated.redeliverAll },
  { weight: 10, arbitrary: pace },
  { weight: 1, arbitrary: wait },
];

function stories(...more: readonly fc.MaybeWeightedArbitrary<Action>[]): fc.Arbitrary<Action[]> {
  const action = fc.oneof(...usual, ...more);
  return fc.array(action, { minLength: 10, maxLength: 60, size: 'max' });
}

/** Clients come and go, the broker ends and crashes. */
export const quiet = stories({ weight: 1, arbitrary: isolated.end });

/** Somebody moves the cursor, actors contradict themselves and the disk fails as well. */
export const troubled = stories(
  { weight: 1, arbitrary: isolated.end },
  { weight: 1, arbitrary: isolated.move },
  { weight: 1, arbitrary: poison },
  { weight: 1, arbitrary: isolated.diskFails },
);

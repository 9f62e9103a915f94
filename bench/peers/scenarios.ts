/** What is measured: the commands of Pulsar's `perf`, and the budget of each against Pulsar. */

export interface Budget {
  /** At least so many times Pulsar's messages a second. */
  readonly rate?: number;
  /** At most so many times Pulsar's broker CPU a message. */
  readonly cpu?: number;
  /** At most so many times Pulsar's latency. */
  readonly median?: number;
  readonly p99?: number;
}

export interface Scenario {
  readonly name: string;
  readonly title: string;
  readonly produce: readonly string[];
  /** Also consumes; its messages are what counts. */
  readonly consume?: readonly string[];
  /** The topic is filled before, and the broker started again; then its backlog is consumed. */
  readonly isBacklog?: boolean;
  /**
   * Then so many messages are taken from the topic and as many sent to another one in each
   * transaction, by one thread; `produce` fills the topic before. Transactions are what counts.
   */
  readonly perTransaction?: number;
  /** Latency is what counts; the rate is given. */
  readonly isPaced?: boolean;
  readonly budget: Budget;
}

const FLAT_OUT = ['-r', '1000000', '-o', '10000'];

export const SCENARIOS: readonly Scenario[] = [
  {
    name: 'batched-1k',
    title: 'produce 1 KB, batched',
    produce: [...FLAT_OUT, '-s', '1024'],
    budget: { rate: 1.4, cpu: 0.4 },
  },
  {
    name: 'batched-100',
    title: 'produce 100 B, batched',
    produce: [...FLAT_OUT, '-s', '100'],
    budget: { rate: 1, cpu: 0.6 },
  },
  {
    name: 'single-1k',
    title: 'produce 1 KB, not batched',
    produce: [...FLAT_OUT, '-s', '1024', '-db'],
    budget: { rate: 2, cpu: 0.35 },
  },
  {
    name: 'consume-1k',
    title: 'produce and consume 1 KB, batched',
    produce: [...FLAT_OUT, '-s', '1024'],
    consume: ['-ss', 'bench'],
    budget: { rate: 1.2, cpu: 0.7 },
  },
  {
    name: 'backlog-1k',
    title: 'consume a backlog of 1 KB, batched, after a restart',
    // More than is consumed in half a minute.
    produce: [...FLAT_OUT, '-s', '1024', '-m', '12000000'],
    consume: ['-ss', 'bench'],
    isBacklog: true,
    budget: {},
  },
  {
    name: 'latency-1k',
    title: 'produce 1 KB at 10 000/s',
    produce: ['-r', '10000', '-o', '10000', '-s', '1024'],
    isPaced: true,
    budget: { cpu: 0.7, median: 0.5, p99: 0.25 },
  },
  ...[1, 10, 50].map(transacting),
];

function transacting(perTransaction: number): Scenario {
  // More than both brokers get through.
  const messages = 300_000 + 40_000 * perTransaction;
  return {
    name: `transactions-${perTransaction}`,
    title: `transactions of ${perTransaction} x 100 B`,
    produce: [...FLAT_OUT, '-s', '100', '-m', String(messages)],
    perTransaction,
    budget: { rate: 1.5 },
  };
}

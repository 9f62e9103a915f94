/** Transactions for specs: begun, joined and ended as clients do, on a stage with coordinators. */
import type { AckAnswered } from '../../src/actors/ports.ts';
import type { AckedEntry } from '../../src/actors/subscription/commands.ts';
import type { TxnId } from '../../src/actors/txn-id.ts';
import type { Position } from '../../src/base/position.ts';
import { parseTopicName } from '../../src/base/topic-name.ts';
import type { TestConsumer } from './consumer.ts';
import { Stage, type StageOptions } from './harness.ts';

export const MINUTE_MS = 60_000;

export async function openStage(options: StageOptions = {}): Promise<Stage> {
  const stage = await Stage.open(options);
  await stage.until(stage.broker.transactions.furnish());
  return stage;
}

export function full(topic: string): string {
  return parseTopicName(topic).full;
}

/** A transaction that may publish to topics and acknowledge on subscriptions, `topic/name`. */
export async function begin(
  stage: Stage,
  topics: readonly string[] = [],
  subscriptions: readonly string[] = [],
  timeoutMs = MINUTE_MS,
): Promise<TxnId> {
  const { transactions } = stage.broker;
  const txn = await stage.until(transactions.begin(0, timeoutMs));
  const participants = [
    ...topics.map((topic) => ({ topic: full(topic) })),
    ...subscriptions.map((each) => {
      const [topic = '', subscription = ''] = each.split('/');
      return { topic: full(topic), subscription };
    }),
  ];
  if (participants.length > 0) await stage.until(transactions.join(txn, participants));
  return txn;
}

export function end(stage: Stage, txn: TxnId, commit: boolean): Promise<void> {
  return stage.until(stage.broker.transactions.end(txn, commit));
}

/** The refusal of an acknowledgement in a transaction; undefined: it is held. */
export async function ackIn(
  stage: Stage,
  consumer: TestConsumer,
  txn: TxnId,
  entries: readonly (AckedEntry | Position)[],
  cumulative = false,
) {
  const requestId = stage.nextId();
  consumer.ackIn(txn, entries, { requestId, cumulative });
  await stage.settle();
  const answer = consumer.connection.answers.get(requestId) as AckAnswered | undefined;
  if (answer === undefined) throw new Error('never answered');
  return answer.refusal;
}

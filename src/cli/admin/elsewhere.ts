/** Verbs about data of a topic that is to lie elsewhere: offloaded, or seen through a shadow. */
import { parseTopicName } from '../../base/topic-name.ts';
import { topicPath } from './names.ts';
import type { Session } from './session.ts';
import { UsageError } from './words.ts';

interface Ledgers {
  readonly ledgers: readonly { readonly ledgerId: number; readonly size: number }[];
}

/** All but the newest ledgers that fit below the threshold, as pulsar-admin counts them. */
export async function offload(session: Session): Promise<string> {
  const { ledgers } = await session.get<Ledgers>(session.fill('{topic}/internalStats'));
  const newest = ledgers.at(-1);
  if (newest === undefined) throw new UsageError("Topic doesn't have any data");
  const keptBytes = Number(session.flag('--size-threshold'));
  let bytes = 0;
  let before = newest.ledgerId;
  for (const { ledgerId, size } of [...ledgers].reverse()) {
    bytes += size;
    if (bytes > keptBytes) break;
    before = ledgerId;
  }
  if (bytes <= keptBytes) return 'Nothing to offload\n';
  const position = { ledgerId: before, entryId: 0, partitionIndex: -1 };
  await session.send('PUT', session.fill('{topic}/offload'), position);
  const topic = session.word('topic');
  return `Offload triggered for ${topic} for messages before ${before}:0:-1\n`;
}

interface OffloadProcess {
  readonly status: 'NOT_RUN' | 'RUNNING' | 'SUCCESS' | 'ERROR';
  readonly lastError?: string;
}

const POLL_INTERVAL_MS = 1_000;

/** Until it is worth asking again; a command has nothing else to do meanwhile. */
export function pause(): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, POLL_INTERVAL_MS);
}

export async function offloadStatus(session: Session): Promise<string> {
  const path = session.fill('{topic}/offload');
  let state = await session.get<OffloadProcess>(path);
  while ('--wait-complete' in session.words.flags && state.status === 'RUNNING') {
    pause();
    state = await session.get<OffloadProcess>(path);
  }
  if (state.status === 'NOT_RUN')
    return `Offload has not been run for ${session.word('topic')} since broker startup\n`;
  if (state.status === 'RUNNING') return 'Offload is currently running\n';
  if (state.status === 'SUCCESS') return 'Offload was a success\n';
  throw new UsageError(`Error offloading: ${state.lastError ?? ''}`);
}

/** A topic with as many partitions as its source, which is named in its properties. */
export async function createShadowTopic(session: Session): Promise<string> {
  const source = session.flag('--source') ?? '';
  const [from, to] = [topicPath(source), topicPath(session.word('topic'))];
  if (!to.startsWith('persistent/')) throw new UsageError('Shadow topic must be persistent');
  if (!from.startsWith('persistent/')) throw new UsageError('Source topic must be persistent');
  const { partitions } = await session.get<{ partitions: number }>(`${from}/partitions`);
  const properties = {
    ...(session.words.flags['--properties'] as Record<string, string> | undefined),
    'PULSAR.SHADOW_SOURCE': parseTopicName(source).full,
  };
  if (partitions === 0) await session.send('PUT', to, properties);
  else await session.send('PUT', `${to}/partitions`, { partitions, properties });
  return '';
}

/** pulsar-admin runs the class that is named in a JVM; here is none. */
export async function extractSchema(): Promise<string> {
  throw new UsageError(
    'A schema is extracted from a Java class by a JVM, which velamq does not have.\n' +
      'Use pulsar-admin schemas extract, or write the definition to a file: ' +
      'velamq admin schemas upload TOPIC --filename FILE',
  );
}

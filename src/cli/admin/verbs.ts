/** Verbs of `velamq admin` that need more than one request, or choose between several. */
import { readFileSync } from 'node:fs';
import { systemClock } from '../../base/clock.ts';
import { parseTopicName } from '../../base/topic-name.ts';
import { messageId } from './bodies.ts';
import { createShadowTopic, extractSchema, offload, offloadStatus, pause } from './elsewhere.ts';
import { examineMessages, messageById, peekMessages } from './messages.ts';
import { namespacePath, topicPath } from './names.ts';
import type { Session } from './session.ts';
import { idText, type MessageId, show } from './show.ts';
import { UsageError } from './words.ts';

/** Answers what to show. */
export type Special = (session: Session) => Promise<string>;

/** Without clusters a tenant may use all that there are. */
async function createTenant(session: Session): Promise<string> {
  const { flags } = session.words;
  const allowedClusters = flags['--allowed-clusters'] ?? (await session.get('clusters'));
  const body = { adminRoles: flags['--admin-roles'] ?? [], allowedClusters };
  await session.send('PUT', session.fill('tenants/{tenant}'), body);
  return '';
}

const lines = (values: readonly string[]) => values.map((value) => `${value}\n`).join('');

function listed(session: Session, values: readonly string[]): string {
  return session.isJson ? `${JSON.stringify(values)}\n` : lines(values);
}

async function namespaceTopics(session: Session): Promise<string> {
  const system = '--include-system-topic' in session.words.flags;
  const mode = session.flag('--mode')?.toUpperCase() ?? 'ALL';
  const path = session.fill('namespaces/{namespace}/topics');
  return listed(session, await session.get(`${path}?mode=${mode}&includeSystemTopic=${system}`));
}

/** Of one domain, or of both. */
async function topicList(session: Session): Promise<string> {
  const system = '--include-system-topic' in session.words.flags;
  const bundle = session.flag('--bundle');
  const chosen = session.flag('--topic-domain')?.replace('_', '-');
  const query =
    `includeSystemTopic=${system}` +
    (bundle === undefined ? '' : `&bundle=${encodeURIComponent(bundle)}`);
  const topics: string[] = [];
  for (const domain of chosen === undefined ? ['persistent', 'non-persistent'] : [chosen]) {
    topics.push(
      ...(await session.get<string[]>(`${session.fill(`${domain}/{namespace}`)}?${query}`)),
    );
  }
  return listed(session, [...new Set(topics)]);
}

async function partitionedList(session: Session): Promise<string> {
  const system = '--include-system-topic' in session.words.flags;
  const topics: string[] = [];
  for (const domain of ['persistent', 'non-persistent']) {
    const path = session.fill(`${domain}/{namespace}/partitioned`);
    topics.push(...(await session.get<string[]>(`${path}?includeSystemTopic=${system}`)));
  }
  return listed(session, topics);
}

async function partitionedLookup(session: Session): Promise<string> {
  const topic = session.word('topic');
  const { partitions } = await session.get<{ partitions: number }>(
    session.fill('{topic}/partitions'),
  );
  if (partitions === 0) throw new UsageError(`Topic ${topic} is not a partitioned topic.`);
  let text = '';
  for (let i = 0; i < partitions; i += 1) {
    const name = `${topic}-partition-${i}`;
    const answer = await session.send('GET', `/lookup/v2/topic/${topicPath(name)}`);
    text += `${name}    ${show('lookup', answer)}`;
  }
  return text;
}

/** Up to a message, or up to an age. */
async function expire(session: Session): Promise<string> {
  const [seconds, position] = [session.flag('--expireTime'), session.flag('--position')];
  const path = session.fill('{topic}/subscription/{--subscription}/expireMessages');
  if (seconds !== undefined && position === undefined)
    await session.send('POST', `${path}/${seconds}`);
  else if (position !== undefined && seconds === undefined) {
    const isExcluded = '--exclude-reset-position' in session.words.flags;
    await session.send('POST', path, { ...(messageId(position) as object), isExcluded });
  } else throw new UsageError('Either time or position should be provided, but not both.');
  return '';
}

/** To a message, or to a time before now. */
async function resetCursor(session: Session): Promise<string> {
  const [backMs, position] = [session.flag('--time'), session.flag('--messageId')];
  const path = session.fill('{topic}/subscription/{--subscription}/resetcursor');
  if (position !== undefined) {
    const isExcluded = '--exclude-reset-position' in session.words.flags;
    await session.send('POST', path, { ...(messageId(position) as object), isExcluded });
  } else if (backMs !== undefined) {
    await session.send('POST', `${path}/${systemClock.nowMs() - Number(backMs)}`);
  } else
    throw new UsageError('Either Timestamp (--time) or Position (--position) has to be provided');
  return '';
}

/** One, those whose full names a pattern matches, or those that a file names, one a line. */
async function deleteTopics(session: Session): Promise<string> {
  const force = '--force' in session.words.flags;
  for (const topic of await meantTopics(session)) {
    await session.send('DELETE', `${topicPath(topic)}?force=${force}`);
  }
  return '';
}

async function meantTopics(session: Session): Promise<readonly string[]> {
  const word = session.word('topic');
  const { flags } = session.words;
  if ('--from-file' in flags) {
    const lines = readFileSync(word, 'utf8').split('\n');
    return lines.map((line) => line.trim()).filter((line) => line !== '');
  }
  if (!('regex' in flags)) return [word];
  const { domain, namespace, full } = parseTopicName(word);
  const topics = await session.get<string[]>(`${domain}/${namespacePath(namespace)}`);
  const form = new RegExp(`^(?:${full})$`);
  return topics.filter((topic) => form.test(topic));
}

async function compact(session: Session): Promise<string> {
  await session.send('PUT', session.fill('{topic}/compaction'));
  return `Topic compaction requested for ${session.word('topic')}\n`;
}

async function partitionedTerminate(session: Session): Promise<string> {
  const answer = await session.send('POST', session.fill('{topic}/terminate/partitions'));
  const ids = Object.values(JSON.parse(answer) as Record<string, MessageId>);
  const topic = session.word('topic');
  return lines(
    ids.map((id, i) => `Topic ${topic}-partition-${i} successfully terminated at ${idText(id)}`),
  );
}

interface LongRunning {
  readonly status: 'NOT_RUN' | 'RUNNING' | 'SUCCESS' | 'ERROR';
  readonly lastError?: string;
}

async function compactionStatus(session: Session): Promise<string> {
  const path = session.fill('{topic}/compaction');
  let state = await session.get<LongRunning>(path);
  while ('--wait-complete' in session.words.flags && state.status === 'RUNNING') {
    pause();
    state = await session.get<LongRunning>(path);
  }
  const { status, lastError } = state;
  if (status === 'NOT_RUN')
    return `Compaction has not been run for ${session.word('topic')} since broker startup\n`;
  if (status === 'RUNNING') return 'Compaction is currently running\n';
  if (status === 'SUCCESS') return 'Compaction was a success\n';
  throw new UsageError(`Error in compaction: ${lastError ?? ''}`);
}

export const SPECIALS: Readonly<Record<string, Special>> = {
  createTenant,
  namespaceTopics,
  topicList,
  partitionedList,
  partitionedLookup,
  expire,
  resetCursor,
  compact,
  deleteTopics,
  compactionStatus,
  partitionedTerminate,
  peekMessages,
  examineMessages,
  messageById,
  offload,
  offloadStatus,
  createShadowTopic,
  extractSchema,
};

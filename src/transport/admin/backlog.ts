/**
 * Pulsar's PersistentOfflineTopicStats of a topic, which it makes of what is stored alone. Of
 * topics that are in use it never answers; here they are told, too.
 */
import { inSlices } from '../../base/slices.ts';
import type { TopicName } from '../../base/topic-name.ts';
import type { AdminContext, Routes } from './call.ts';
import { urlEncoded } from './names.ts';
import { onTopic, requireNamespaceOf } from './topic-of.ts';

export function backlogRoutes(routes: Routes, context: AdminContext): void {
  onTopic(routes, 'GET', '/backlog', (_call, name) => {
    requireNamespaceOf(context, name);
    return offlineStats(context, name);
  });
}

async function offlineStats(context: AdminContext, name: TopicName) {
  const { broker, clock, urls } = context;
  const topic = name.domain === 'persistent' ? broker.topicView(name) : undefined;
  const cursors: [string, number][] = [];
  await inSlices(clock, topic?.subscriptions ?? [], (subscription) => {
    const view = broker.subscriptionView(name, subscription);
    const cursor = broker.cursorView(name, subscription);
    if (view?.durable !== true || cursor === undefined) return;
    cursors.push([subscription, cursor.backlogEntries]);
  });
  const ledgers = topic?.ledgers ?? [];
  return {
    topicName: `${name.namespace}/${name.domain}/${name.local}`,
    brokerName: new URL(urls.http ?? urls.https ?? 'http://localhost').hostname,
    storageSize: ledgers.reduce((sum, { bytes }) => sum + bytes, 0),
    totalMessages: ledgers.reduce((sum, { entries }) => sum + entries, 0),
    messageBacklog: cursors.reduce((most, [, backlog]) => Math.max(most, backlog), 0),
    dataLedgerDetails: ledgers.map(({ ledgerId, entries, bytes, openedAtMs }) => ({
      entries,
      timestamp: openedAtMs,
      size: bytes,
      ledgerId,
    })),
    // Acknowledgements are in no ledger of their own.
    cursorDetails: Object.fromEntries(
      cursors.map(([subscription, cursorBacklog]) => [
        urlEncoded(subscription),
        { cursorBacklog, cursorLedgerId: -1 },
      ]),
    ),
    statGeneratedAt: clock.nowMs(),
  };
}

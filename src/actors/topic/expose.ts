/** A topic as others see it. */
import { noCounts } from '../../base/period-histogram.ts';
import type { TopicExposed } from '../exposed.ts';
import { WRITE_LATENCY_BOUNDS_US } from '../gauges.ts';
import { positionBefore } from '../progress.ts';
import type { CompactionView, TopicView } from '../views.ts';
import { publishRateAt } from './pacing.ts';
import type { TopicState } from './state.ts';
import type { Aging } from './survey.ts';
import { transactionsView } from './transactions.ts';

/** Asked for with almost every command, so it is made once. */
export function exposeTopic(state: TopicState): TopicExposed {
  state.live.exposed ??= new Exposed(state);
  return state.live.exposed;
}

/** Not a plain object, which would need a function of its own for each topic and field. */
class Exposed implements TopicExposed {
  readonly #state: TopicState;

  constructor(state: TopicState) {
    this.#state = state;
  }

  get name() {
    return this.#state.name;
  }
  get progress() {
    return this.#state.progress;
  }
  get subscriptions() {
    return this.#state.subscriptions;
  }
  get dispatchPace() {
    return this.#state.live.dispatchPace;
  }
  get next() {
    return this.#state.next;
  }
  get producers() {
    return this.#state.live.producers;
  }
  get messagesIn() {
    return this.#state.live.messagesIn;
  }
  get bytesIn() {
    return this.#state.live.bytesIn;
  }
  get entriesIn() {
    return this.#state.live.entriesIn;
  }
  get writes() {
    return this.#state.live.writes;
  }
  get storedBytes() {
    return this.#state.progress.ledgers.reduce((sum, { bytes }) => sum + bytes, 0);
  }
  get publishThrottledTimes() {
    return this.#state.live.throttledTimes;
  }
  get evictions() {
    return this.#state.live.evictions;
  }
  get compactions() {
    return this.#state.live.compaction.totals;
  }
  get transactions() {
    const { open, live } = this.#state;
    const { committed, aborted } = live.transactions;
    return { ongoing: open.size, committed, aborted };
  }

  get policies() {
    return this.#state.live.policies;
  }

  publishRateAt(nowMs: number) {
    return publishRateAt(this.#state, nowMs);
  }
  view() {
    return viewOf(this.#state);
  }
}

function compactionOf({ run, progress, live }: TopicState): CompactionView {
  const { succeeded, error, totals, writeLatency, checkedAtMs: _, ...last } = live.compaction;
  const ended = succeeded === undefined ? 'NOT_RUN' : succeeded ? 'SUCCESS' : 'ERROR';
  const { compacted } = progress;
  return {
    status: run === undefined ? ended : 'RUNNING',
    error,
    ...last,
    totals: { ...totals },
    writeLatency: [...(writeLatency ?? noCounts(WRITE_LATENCY_BOUNDS_US))],
    ledger: compacted && {
      ledgerId: compacted.ledgerId,
      entries: compacted.entries,
      bytes: compacted.bytes,
    },
  };
}

function viewOf(state: TopicState): TopicView {
  const { progress, live } = state;
  return {
    exists: state.exists,
    name: state.name,
    topicId: progress.topicId,
    createdAtMs: state.createdAtMs,
    terminated: progress.terminated,
    properties: state.properties,
    producers: [...live.producers.values()].map((producer) => ({
      producerId: producer.producerId,
      name: producer.name,
      accessMode: producer.accessMode,
      address: producer.address,
      clientVersion: producer.clientVersion,
      connectedAtMs: producer.connectedAtMs,
      metadata: producer.metadata,
      in: { messages: producer.messages, bytes: producer.bytes },
      dropped: producer.dropped,
    })),
    waitingProducers: live.waiting.length,
    topicEpoch: state.epoch,
    lastPublishAtMs: live.lastPublishAtMs,
    subscriptions: [...state.subscriptions.keys()],
    ledgers: progress.ledgers.map((ledger, i) => ({
      ledgerId: ledger.ledgerId,
      entries: (progress.ledgers[i + 1]?.firstOffset ?? progress.end) - ledger.firstOffset,
      bytes: ledger.bytes,
      openedAtMs: ledger.openedAtMs,
    })),
    ledgerOpen: !progress.terminated,
    last: positionBefore(progress, progress.end),
    in: { messages: live.messagesIn, bytes: live.bytesIn },
    sentByGone: live.sentByGone,
    publishThrottledTimes: live.throttledTimes,
    entriesAdded: live.entriesIn,
    oldest: oldestOf(live.aging),
    evictions: { ...live.evictions },
    transactions: transactionsView(state),
    chunkPublished: live.chunks,
    compaction: compactionOf(state),
    offloadFailed: live.offloadFailed,
  };
}

function oldestOf({ backlogMs, subscription }: Aging): TopicView['oldest'] {
  if (backlogMs === undefined || subscription === undefined) return undefined;
  return Number.isFinite(backlogMs) ? { atMs: backlogMs, subscription } : undefined;
}

/** How what happens in compactions changes a topic. */
import { addCounts, noCounts } from '../../base/period-histogram.ts';
import { WRITE_LATENCY_BOUNDS_US } from '../gauges.ts';
import type { CompactedData, CompactionSuccess, TopicEvent } from './events.ts';
import type { TopicState } from './state.ts';

export function evolveCompaction(state: TopicState, event: TopicEvent): TopicState {
  const { progress } = state;
  switch (event.type) {
    case 'compaction-begun': {
      const { atMs, ...data } = event.data;
      const nothing = { entries: 0, bytes: 0, lastOffset: -1, ledgers: [] };
      state.run = { ...data, begunAtMs: atMs, ...nothing };
      return state;
    }
    case 'compacted-stored':
      keepCompacted(state, event.data);
      return state;
    case 'compacted':
      progress.compacted = event.data;
      state.run = undefined;
      return state;
    case 'compaction-given-up':
      state.run = undefined;
      return state;
    case 'compacted-dropped':
      progress.compacted = undefined;
      return state;
    default:
      return evolveHistory(state, event);
  }
}

/** What is told of compactions: gone with the process. */
function evolveHistory(state: TopicState, event: TopicEvent): TopicState {
  const { live } = state;
  switch (event.type) {
    case 'compaction-idle':
      compactedWell(state, { ...NOTHING, atMs: event.data.atMs });
      return state;
    case 'compaction-checked':
      live.compaction.checkedAtMs = event.data.atMs;
      return state;
    case 'compaction-succeeded':
      compactedWell(state, event.data);
      return state;
    case 'compaction-failed': {
      const { message, durationMs, atMs } = event.data;
      live.compaction.succeeded = false;
      live.compaction.error = message;
      live.compaction.durationMs = durationMs;
      live.compaction.failedAtMs = atMs;
      live.compaction.totals.failed += 1;
      return state;
    }
    default:
      return state;
  }
}

function keepCompacted({ run }: TopicState, data: CompactedData): void {
  if (run === undefined) return;
  run.entries += data.offsets.length;
  run.bytes += data.bytes;
  run.lastOffset = data.offsets.at(-1) ?? run.lastOffset;
  run.ledgers.push(...data.ledgers);
}

const NOTHING = {
  removed: 0,
  readBytes: 0,
  writeLatency: noCounts(WRITE_LATENCY_BOUNDS_US),
  entries: 0,
  bytes: 0,
  durationMs: 0,
};

function compactedWell({ live: { compaction } }: TopicState, data: CompactionSuccess): void {
  const { removed, readBytes, bytes, durationMs, atMs } = data;
  const seconds = Math.max(durationMs, 1) / 1_000;
  compaction.succeeded = true;
  compaction.error = '';
  compaction.removed = removed;
  compaction.durationMs = durationMs;
  compaction.succeededAtMs = atMs;
  compaction.totals.succeeded += 1;
  compaction.totals.removed += removed;
  compaction.readRate = readBytes / seconds;
  compaction.writeRate = bytes / seconds;
  compaction.writeLatency ??= noCounts(WRITE_LATENCY_BOUNDS_US);
  addCounts(compaction.writeLatency, data.writeLatency);
}

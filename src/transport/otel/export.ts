/**
 * Sends what is measured to a collector, again and again: OpenTelemetry's protocol over HTTP. What
 * a collector does not take is not sent again: the next export says more.
 */
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { Broker } from '../../actors/broker.ts';
import type { Cancel, Clock } from '../../base/clock.ts';
import type { Log } from '../../base/log.ts';
import { pacer } from '../../base/slices.ts';
import { encodeJson, encodeProtobuf, type Frame } from './encode.ts';
import { Points } from './points.ts';
import type { ExportSettings } from './settings.ts';

export interface ExportParts {
  readonly broker: Pick<Broker, 'loaded'>;
  readonly clock: Clock;
  readonly log: Log;
  readonly clusterName: string;
  readonly version: string;
  readonly settings: ExportSettings;
}

export interface Export {
  /** Sends all once more, for two seconds at most, and ends. */
  close(): Promise<void>;
}

/** How long a collector that does not answer keeps the broker from closing. */
const CLOSE_MS = 2_000;

/** Exports every interval until it is closed. */
export function startExport(parts: ExportParts): Export {
  const { clock, log, settings } = parts;
  const startMs = clock.nowMs();
  let cancel: Cancel | undefined;
  let running: Promise<void> | undefined;
  let wasLost = false;

  const once = async (own: ExportSettings): Promise<void> => {
    try {
      await exportAll({ ...parts, settings: own }, startMs);
      if (wasLost) log.info('metrics are exported again', { url: settings.url });
      wasLost = false;
    } catch (error) {
      if (!wasLost) log.warn('metrics cannot be exported', { url: settings.url, error });
      wasLost = true;
    }
  };
  const later = (): void => {
    cancel = clock.after(settings.intervalMs, () => {
      running = once(settings).finally(() => {
        running = undefined;
        if (cancel !== undefined) later();
      });
    });
  };
  later();
  return {
    async close() {
      cancel?.();
      cancel = undefined;
      await running;
      await once({ ...settings, timeoutMs: Math.min(settings.timeoutMs, CLOSE_MS) });
    },
  };
}

async function exportAll(parts: ExportParts, startMs: number): Promise<void> {
  const { broker, clock, clusterName, version, settings } = parts;
  const { resource } = settings;
  const frame = { resource, version, startMs, nowMs: clock.nowMs() };
  const points = new Points(clusterName, settings.maxPoints);
  const pace = pacer(clock);
  for (const loaded of broker.loaded()) {
    points.take(loaded);
    if (points.isFull) await send(settings, frame, points);
    else if (pace.isOver()) await pace.pause();
  }
  points.close();
  await send(settings, frame, points);
}

const compress = promisify(gzip);

const CONTENT_TYPES = {
  'http/json': 'application/json',
  'http/protobuf': 'application/x-protobuf',
} as const;

async function send(settings: ExportSettings, frame: Frame, points: Points): Promise<void> {
  const { url, headers, protocol, isCompressed, timeoutMs } = settings;
  const series = points.flush();
  if (series.length === 0) return;
  const encode = protocol === 'http/json' ? encodeJson : encodeProtobuf;
  const body = encode(frame, series);
  const response = await fetch(url, {
    method: 'POST',
    headers: {
      ...headers,
      'content-type': CONTENT_TYPES[protocol],
      ...(isCompressed ? { 'content-encoding': 'gzip' } : {}),
    },
    body: isCompressed ? await compress(body) : body,
    signal: AbortSignal.timeout(timeoutMs),
  });
  await response.arrayBuffer();
  if (!response.ok) throw new Error(`the collector answered ${response.status}`);
}

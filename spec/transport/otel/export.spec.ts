/** A collector that listens on loopback is told what Pulsar's brokers would tell it. */
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { createLog, silentLog } from '../../../src/base/log.ts';
import { startExport } from '../../../src/transport/otel/export.ts';
import { exportSettings, isExportWanted } from '../../../src/transport/otel/settings.ts';
import { FakeBroker, subscription } from '../admin/fake-broker.ts';
import { ManualClock } from '../admin/manual-clock.ts';
import { consumer, producer } from '../admin/views.ts';
import { type Decoded, decodeRequest } from './decode.ts';

const TOPIC = 'persistent://public/default/a';

interface Received {
  readonly path: string | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** Answers with `status`, and remembers what it was sent. */
async function collector(status = 200) {
  const received: Received[] = [];
  const state = { status };
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { url: path, headers } = request;
      received.push({ path, headers, body: Buffer.concat(chunks) });
      response.writeHead(state.status).end();
    });
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  return { received, state, endpoint: `http://127.0.0.1:${port}` };
}

function brokerWith(topics = 1): FakeBroker {
  const broker = new FakeBroker();
  for (let i = 0; i < topics; i += 1) {
    const topic = broker.add(i === 0 ? TOPIC : `${TOPIC}-partition-${i}`, {
      in: { messages: 12, bytes: 1200 },
      producers: [producer({ name: 'p', producerId: 4, in: { messages: 12, bytes: 1200 } })],
    });
    const consumers = [consumer({ name: 'c', consumerId: 7, permits: -99, acked: 3 })];
    const out = { messages: 8, bytes: 800 };
    topic.subscriptions.set('s', subscription('s', { consumers, out }, { backlogBytes: 400 }));
  }
  return broker;
}

async function exported(env: Record<string, string>, broker = brokerWith()) {
  const { received, endpoint } = await collector();
  const clock = new ManualClock();
  const settings = exportSettings({ OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, ...env });
  const parts = { broker, clock, log: silentLog, clusterName: 'standalone', version: '4.2.4' };
  await startExport({ ...parts, settings }).close();
  return received;
}

/** The points of a metric as `attributes: value`. */
function pointsOf(requests: readonly Decoded[], name: string) {
  const metrics = requests.flatMap((request) => request.metrics).filter((m) => m.name === name);
  return metrics.flatMap(({ points }) => points);
}

const ATTRIBUTES = {
  'pulsar.cluster': 'standalone',
  'pulsar.domain': 'persistent',
  'pulsar.tenant': 'public',
  'pulsar.namespace': 'public/default',
  'pulsar.topic': TOPIC,
};

describe('an export', () => {
  it.each([
    { protocol: 'http/protobuf', type: 'application/x-protobuf' },
    { protocol: 'http/json', type: 'application/json' },
  ])('says as $protocol what is measured', async ({ protocol, type }) => {
    const [request, ...others] = await exported({
      OTEL_EXPORTER_OTLP_PROTOCOL: protocol,
      OTEL_EXPORTER_OTLP_HEADERS: 'api-key=k%20ey,other=2',
      OTEL_RESOURCE_ATTRIBUTES: 'service.name=mine,host.name=h',
    });
    expect(others).toEqual([]);
    expect(request?.path).toBe('/v1/metrics');
    expect(request?.headers).toMatchObject({ 'content-type': type, 'api-key': 'k ey', other: '2' });
    const decoded = decodeRequest(request!.body, type);
    expect(decoded.resource).toEqual({ 'service.name': 'mine', 'host.name': 'h' });
    const incoming = decoded.metrics.find(
      ({ name }) => name === 'pulsar.broker.topic.message.incoming.count',
    );
    expect(incoming).toMatchObject({ unit: '{message}', kind: 'sum', isMonotonic: true });
    expect(incoming?.points).toEqual([{ attributes: ATTRIBUTES, value: 12 }]);
    expect(pointsOf([decoded], 'pulsar.broker.consumer.permit.count')).toEqual([
      {
        attributes: {
          ...ATTRIBUTES,
          'pulsar.subscription.name': 's',
          'pulsar.consumer.name': 'c',
          'pulsar.consumer.id': 7,
        },
        value: -99,
      },
    ]);
    expect(pointsOf([decoded], 'pulsar.broker.producer.message.incoming.size')).toMatchObject([
      { attributes: { 'pulsar.producer.name': 'p', 'pulsar.producer.id': 4 }, value: 1200 },
    ]);
    const evictions = 'pulsar.broker.topic.storage.backlog.quota.eviction.count';
    const types = pointsOf([decoded], evictions).map(
      (p) => p.attributes['pulsar.backlog.quota.type'],
    );
    expect(types).toEqual(['size', 'time']);
    const gauge = decoded.metrics.find(({ name }) => name.endsWith('quota.limit.time'));
    expect(gauge).toMatchObject({ kind: 'gauge', unit: 's' });
  });

  it('is compressed where that is asked for', async () => {
    const [request] = await exported({ OTEL_EXPORTER_OTLP_METRICS_COMPRESSION: 'gzip' });
    expect(request?.headers['content-encoding']).toBe('gzip');
    const { metrics } = decodeRequest(gunzipSync(request!.body), 'application/x-protobuf');
    expect(metrics.length).toBeGreaterThan(20);
  });

  it('goes in several requests where there is much, and sums up what is too much', async () => {
    const received = await exported(
      { OTEL_JAVA_METRICS_CARDINALITY_LIMIT: '100' },
      brokerWith(150),
    );
    expect(received.length).toBeGreaterThan(1);
    const requests = received.map(({ body }) => decodeRequest(body, 'application/x-protobuf'));
    const points = pointsOf(requests, 'pulsar.broker.topic.message.incoming.count');
    expect(points).toHaveLength(100);
    expect(points.at(-1)).toEqual({
      attributes: { 'otel.metric.overflow': 'true' },
      value: 51 * 12,
    });
    expect(points[1]?.attributes).toMatchObject({
      'pulsar.topic': TOPIC,
      'pulsar.partition.index': 1,
    });
  });

  it('comes every interval, and is complained of once while nobody takes it', async () => {
    const { received, endpoint, state } = await collector(503);
    const clock = new ManualClock();
    const lines: string[] = [];
    const write = (line: string) => void lines.push(line);
    const log = createLog({ level: 'info', format: 'json', clock, write });
    const settings = exportSettings({
      OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: `${endpoint}/here`,
      OTEL_METRIC_EXPORT_INTERVAL: '1000',
    });
    const parts = { clock, log, clusterName: 'c', version: 'v', settings };
    const running = startExport({ ...parts, broker: brokerWith() });
    for (let count = 1; count <= 3; count += 1) {
      if (count === 3) state.status = 200;
      clock.advance(1000);
      await vi.waitUntil(() => received.length === count && clock.timers === 1);
    }
    await running.close();
    expect(received.map(({ path }) => path)).toEqual(['/here', '/here', '/here', '/here']);
    const messages = lines.map((line) => JSON.parse(line).message);
    expect(messages).toEqual(['metrics cannot be exported', 'metrics are exported again']);
  });
});

describe('what the variables say', () => {
  it('nothing is exported unless they say so', () => {
    expect(isExportWanted({})).toBe(false);
    expect(isExportWanted({ OTEL_SDK_DISABLED: 'true' })).toBe(false);
    expect(isExportWanted({ OTEL_SDK_DISABLED: 'false' })).toBe(true);
    const none = { OTEL_SDK_DISABLED: 'false', OTEL_METRICS_EXPORTER: 'none' };
    expect(isExportWanted(none)).toBe(false);
  });

  it('has the defaults of the specification', () => {
    expect(exportSettings({})).toEqual({
      url: 'http://localhost:4318/v1/metrics',
      headers: {},
      protocol: 'http/protobuf',
      isCompressed: false,
      timeoutMs: 10_000,
      intervalMs: 60_000,
      maxPoints: 10_000,
      resource: { 'service.name': 'pulsar-broker' },
    });
  });

  it.each([
    { OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' },
    { OTEL_EXPORTER_OTLP_ENDPOINT: 'collector:4317' },
    { OTEL_EXPORTER_OTLP_COMPRESSION: 'br' },
    { OTEL_METRIC_EXPORT_INTERVAL: 'often' },
    { OTEL_METRICS_EXPORTER: 'prometheus' },
    { OTEL_EXPORTER_OTLP_HEADERS: 'secret' },
  ])('is refused where it cannot be done: %o', (env) => {
    const [[name, value]] = Object.entries(env) as [[string, string]];
    expect(() => exportSettings(env)).toThrow(`environment variable ${name}`);
    if (value === 'secret') expect(() => exportSettings(env)).not.toThrow('secret');
  });
});

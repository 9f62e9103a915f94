/** `/metrics`: Pulsar's names and labels in Prometheus' text form. */
import { describe, expect, it, vi } from 'vitest';
import { type Clock, systemClock } from '../../../src/base/clock.ts';
import { silentLog } from '../../../src/base/log.ts';
import { type BrokerConfig, configWith } from '../../../src/base/options.ts';
import { parseTopicName } from '../../../src/base/topic-name.ts';
import { writeMetrics } from '../../../src/transport/metrics/exposition.ts';
import { startRates } from '../../../src/transport/metrics/rates.ts';
import { Scrapes } from '../../../src/transport/metrics/scrapes.ts';
import { byToken, token } from '../auth/tokens.ts';
import { FakeBroker, SOME_MS, subscription } from './fake-broker.ts';
import { ManualClock } from './manual-clock.ts';
import { counts, startRest } from './rest.ts';
import { consumer, producer } from './views.ts';

const TOPIC = 'persistent://public/default/a';
const LABELS = `cluster="standalone",namespace="public/default",topic="${TOPIC}"`;

function addTopic(broker: FakeBroker, full = TOPIC): void {
  const topic = broker.add(full, {
    in: { messages: 12, bytes: 1200 },
    producers: [producer({ name: 'p', producerId: 4 })],
    ledgers: [{ ledgerId: 5, entries: 12, bytes: 1200, openedAtMs: SOME_MS }],
  });
  const consumers = [consumer({ name: 'c', consumerId: 7, permits: 99 })];
  const out = { messages: 8, bytes: 800 };
  const view = { consumers, out, unacked: 3, blocked: true, lastAckedAtMs: SOME_MS };
  topic.subscriptions.set('s', subscription('s', view, { backlogEntries: 4, backlogBytes: 400 }));
}

async function scrape(
  values: Partial<BrokerConfig> = {},
  fill: (broker: FakeBroker) => void = addTopic,
): Promise<string> {
  const rest = await startRest(values);
  fill(rest.broker);
  return (await rest.get('/metrics')).text;
}

/** Quantiles, counts and sums of a summary are one metric. */
const SUMMARY_LINE = /^(\w+(?:_seconds|_latency|_times|_lookup))_(sum|count)(?={)/;

/** Lines that hold samples of metrics whose names begin so. */
const samples = (text: string, name: string) =>
  text.split('\n').filter((line) => line.startsWith(name));

describe('metrics', () => {
  it('come at both of their addresses, in the text form', async () => {
    const rest = await startRest();
    for (const path of ['/metrics', '/metrics/']) {
      const { status, headers, text } = await rest.get(path);
      expect(status).toBe(200);
      expect(headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
      expect(text).toContain('# TYPE pulsar_broker_topics_count gauge\n');
    }
  });

  it('say each type once, before all samples of that metric', async () => {
    const text = await scrape({}, (broker) => {
      addTopic(broker);
      addTopic(broker, `${TOPIC}2`);
    });
    const names = text
      .trim()
      .split('\n')
      .map((line) => line.replace(SUMMARY_LINE, '$1'))
      .map((line) => (line.startsWith('#') ? `# ${line.split(' ')[2]}` : line.split('{')[0]));
    const runs = names.filter((name, index) => name !== names[index - 1]);
    expect(runs).toHaveLength(new Set(runs).size);
    for (const [index, name] of runs.entries()) {
      if (!name?.startsWith('#')) expect(runs[index - 1]).toBe(`# ${name}`);
    }
  });

  it('count topics and what hangs on them, by topic', async () => {
    const text = await scrape();
    const expected: Record<string, number> = {
      pulsar_subscriptions_count: 1,
      pulsar_producers_count: 1,
      pulsar_consumers_count: 1,
      pulsar_in_messages_total: 12,
      pulsar_in_bytes_total: 1200,
      pulsar_msg_backlog: 4,
      pulsar_storage_size: 1200,
      pulsar_storage_backlog_size: 400,
      pulsar_rate_in: 0,
    };
    for (const [name, value] of Object.entries(expected)) {
      expect(samples(text, `${name}{`)).toEqual([`${name}{${LABELS}} ${value}`]);
    }
    expect(text).toContain(
      'pulsar_topics_count{cluster="standalone",namespace="public/default"} 1\n',
    );
    expect(text).toContain('pulsar_broker_topics_count{cluster="standalone"} 1\n');
    expect(text).toContain('pulsar_broker_msg_backlog{cluster="standalone"} 4\n');
  });

  it('count deliveries and backlog by subscription', async () => {
    const text = await scrape();
    const expected: Record<string, number> = {
      pulsar_out_messages_total: 8,
      pulsar_out_bytes_total: 800,
      pulsar_subscription_back_log: 4,
      pulsar_subscription_unacked_messages: 3,
      pulsar_subscription_blocked_on_unacked_messages: 1,
      pulsar_subscription_consumers_count: 1,
      pulsar_subscription_last_acked_timestamp: SOME_MS,
    };
    for (const [name, value] of Object.entries(expected)) {
      expect(samples(text, `${name}{`)).toEqual([`${name}{${LABELS},subscription="s"} ${value}`]);
    }
  });

  it('tell writes of the last minute that is over, by topic and of managed ledgers', async () => {
    const latency = [1, 2, 3, 0, 0, 0, 0, 0, 0, 4, 5_000];
    const sizes = [0, 0, 6, 0, 0, 0, 0, 0, 4, 12_000];
    const writes = { latency: () => latency, journalLatency: () => latency, sizes: () => sizes };
    const fill = (broker: FakeBroker) => {
      addTopic(broker);
      addTopic(broker, `${TOPIC}2`);
      for (const topic of broker.topics.values()) topic.writes = writes;
      addTopic(broker, `${TOPIC}3`);
    };
    const text = await scrape({}, fill);
    const expected: Record<string, number> = {
      pulsar_storage_write_latency_le_0_5: 1,
      pulsar_storage_write_latency_overflow: 4,
      pulsar_storage_write_latency_count: 10,
      pulsar_storage_write_latency_sum: 5_000,
      pulsar_storage_ledger_write_latency_le_5: 3,
      pulsar_entry_size_le_1_kb: 6,
      pulsar_entry_size_le_overflow: 4,
      pulsar_entry_size_sum: 12_000,
    };
    for (const [name, value] of Object.entries(expected)) {
      const [line, ...others] = samples(text, `${name}{`);
      expect(line).toBe(`${name}{${LABELS}} ${value}`);
      expect(others).toHaveLength(1);
    }
    const ledgers = 'cluster="standalone",namespace="public/default/persistent"';
    expect(samples(text, 'pulsar_ml_AddEntryMessagesRate')).toEqual([
      `pulsar_ml_AddEntryMessagesRate{${ledgers}} 0.333`,
    ]);
    expect(text).toContain(
      `pulsar_ml_AddEntryLatencyBuckets{${ledgers},quantile="0.5_1.0"} 0.067\n`,
    );
    const summed = await scrape({ exposeTopicLevelMetricsInPrometheus: false }, fill);
    expect(samples(summed, 'pulsar_entry_size_count')).toEqual([
      'pulsar_entry_size_count{cluster="standalone",namespace="public/default"} 20',
    ]);
  });

  it('give latencies as quantiles', async () => {
    const text = await scrape({}, ({ latencies: { publish } }) => publish.add(4, 10));
    expect(samples(text, 'pulsar_broker_publish_latency_')).toEqual([
      'pulsar_broker_publish_latency_count{cluster="standalone"} 10',
      'pulsar_broker_publish_latency_sum{cluster="standalone"} 40',
    ]);
    const name = 'pulsar_broker_publish_latency{cluster="standalone",quantile="0.99"}';
    expect(samples(text, name)).toEqual([expect.stringMatching(/ 4\.\d+$/)]);
    expect(text).toContain('pulsar_topic_load_times{cluster="standalone",quantile="0.5"} NaN\n');
  });

  it('count who proved who he is, by provider, and who failed for which reason', async () => {
    const rest = await startRest(byToken);
    const exp = Math.floor(Date.now() / 1_000) + 1_000;
    const shown = [
      await token({ sub: 'a', exp }),
      await token({ sub: 'a', exp }),
      await token({ sub: 'a', exp: 1_600_000_000 }),
      'nonsense',
    ];
    for (const one of shown) {
      await rest.ask('/admin/v2/tenants', { headers: { authorization: `Bearer ${one}` } });
    }
    const { text } = await rest.get('/metrics');
    const labels =
      'cluster="standalone",provider_name="AuthenticationProviderToken",auth_method="token"';
    expect(samples(text, 'pulsar_authentication_')).toEqual([
      `pulsar_authentication_success_total{${labels}} 2`,
      `pulsar_authentication_failures_total{${labels},reason="INVALID_TOKEN"} 2`,
    ]);
    expect(samples(text, 'pulsar_expired_token_total')).toEqual([
      'pulsar_expired_token_total{cluster="standalone"} 1',
    ]);
    const minutes = samples(text, 'pulsar_expiring_token_minutes_bucket').map((line) =>
      line.replace(/^.*le=/, ''),
    );
    expect(minutes.slice(1, 4)).toEqual(['"10.0"} 0', '"60.0"} 2', '"240.0"} 2']);
    expect(minutes.at(-1)).toBe('"+Inf"} 2');
  });

  it('count lookups, and schemas by namespace', async () => {
    const text = await scrape({}, ({ lookups, schemas }) => {
      lookups.latency.add(1, 3);
      lookups.failed = 1;
      schemas.counts.found(parseTopicName(TOPIC), () => ({}));
    });
    const cluster = '{cluster="standalone"}';
    for (const [name, value] of [
      ['pulsar_broker_lookup_count', 3],
      ['pulsar_broker_lookup_answers_total', 2],
      ['pulsar_broker_lookup_failures_total', 1],
    ]) {
      expect(text).toContain(`${name}${cluster} ${value}\n`);
    }
    const namespace = '{cluster="standalone",namespace="public/default"}';
    expect(text).toContain(`pulsar_schema_get_ops_latency_count${namespace} 1\n`);
    expect(text).toContain(`pulsar_schema_incompatible_total${namespace} 0\n`);
  });

  it('give namespaces alone when topics are not wanted', async () => {
    const text = await scrape({ exposeTopicLevelMetricsInPrometheus: false }, (broker) => {
      addTopic(broker);
      addTopic(broker, `${TOPIC}2`);
    });
    expect(text).not.toContain(',topic="');
    expect(samples(text, 'pulsar_in_messages_total')).toEqual([
      'pulsar_in_messages_total{cluster="standalone",namespace="public/default"} 24',
    ]);
    expect(samples(text, 'pulsar_out_messages_total')).toEqual([
      'pulsar_out_messages_total{cluster="standalone",namespace="public/default"} 16',
    ]);
  });

  it('give consumers and producers only when asked to', async () => {
    expect(await scrape()).not.toMatch(/pulsar_(consumer|producer)_/);
    const text = await scrape({
      exposeConsumerLevelMetricsInPrometheus: true,
      exposeProducerLevelMetricsInPrometheus: true,
    });
    const who = 'consumer_name="c",consumer_id="7"';
    expect(samples(text, 'pulsar_consumer_available_permits')).toEqual([
      `pulsar_consumer_available_permits{${LABELS},subscription="s",${who}} 99`,
    ]);
    expect(samples(text, 'pulsar_producer_msg_rate_in')).toEqual([
      `pulsar_producer_msg_rate_in{${LABELS},producer_name="p",producer_id="4"} 0`,
    ]);
  });

  it('set partitions apart when asked to', async () => {
    const split = { splitTopicAndPartitionLabelInPrometheus: true };
    const text = await scrape(split, (broker) => {
      addTopic(broker, `${TOPIC}-partition-3`);
      addTopic(broker, `${TOPIC}b`);
    });
    expect(text).toContain(`pulsar_producers_count{${LABELS},partition="3"} 1\n`);
    expect(text).toContain(`topic="${TOPIC}b",partition="-1"} 1\n`);
  });

  it('sum up what quotas took away, and the bytes of system topics apart', async () => {
    const text = await scrape({}, (broker) => {
      addTopic(broker);
      broker.add(`${TOPIC}2`, { evictions: { size: 2, age: 3 } });
      broker.add('persistent://public/default/__change_events', { in: { messages: 1, bytes: 7 } });
    });
    const evictions = 'pulsar_storage_backlog_quota_exceeded_evictions_total';
    expect(samples(text, evictions)).toContain(
      `${evictions}{${LABELS.slice(0, -1)}2",quota_type="size"} 2`,
    );
    for (const line of [
      'storage_backlog_quota_exceeded_evictions_total{cluster="standalone",quota_type="size"} 2',
      'storage_backlog_quota_exceeded_evictions_total{cluster="standalone",quota_type="time"} 3',
      'in_bytes_total{cluster="standalone",system_topic="false"} 1200',
      'in_bytes_total{cluster="standalone",system_topic="true"} 7',
      'out_bytes_total{cluster="standalone",system_subscription="false"} 800',
      'out_bytes_total{cluster="standalone",system_subscription="true"} 0',
    ]) {
      expect(text).toContain(`pulsar_broker_${line}\n`);
    }
  });

  it('count what dispatch rates held back only where they did', async () => {
    const name = 'pulsar_subscription_dispatch_throttled_msg_events';
    expect(await scrape()).not.toContain(name);
    const none = { messages: 0, bytes: 0 };
    const throttled = { subscription: { messages: 5, bytes: 9 }, topic: none, broker: none };
    const text = await scrape({}, (broker) => {
      broker.add(TOPIC).subscriptions.set('s', subscription('s', { throttled }));
    });
    const labels = `${LABELS},subscription="s"`;
    expect(samples(text, name)).toEqual([
      `${name}{${labels},reason="subscription"} 5`,
      `${name}{${labels},reason="topic"} 0`,
      `${name}{${labels},reason="broker"} 0`,
    ]);
  });

  it('count what resource groups have used', async () => {
    const rest = await startRest();
    await rest.broker.resourceGroups.put('g', {});
    const sent = rest.broker.resourceGroups.sent('g');
    sent.messages += 3;
    sent.bytes += 300;
    const { text } = await rest.get('/metrics');
    const used = (unit: string) => `pulsar_resource_group_${unit}_used`;
    const labels = 'cluster="standalone",ResourceGroup="g",MonitoringClass';
    expect(text).toContain(`# TYPE ${used('messages')} counter\n`);
    expect(samples(text, used('messages'))).toEqual([
      `${used('messages')}_total{${labels}="Publish"} 3`,
      `${used('messages')}_total{${labels}="Dispatch"} 0`,
    ]);
    expect(samples(text, used('bytes'))[0]).toBe(`${used('bytes')}_total{${labels}="Publish"} 300`);
  });

  it('escape what users named', async () => {
    const text = await scrape({}, (broker) => {
      broker.add('persistent://public/default/say "hé" \\ twice\n');
    });
    const topic = String.raw`topic="persistent://public/default/say \"hé\" \\ twice\n"`;
    expect(text).toContain(
      `pulsar_producers_count{cluster="standalone",namespace="public/default",${topic}} 0\n`,
    );
  });

  it('tell of connections, health, storage and the process', async () => {
    const rest = await startRest();
    rest.broker.state = 'recovering';
    const { text } = await rest.get('/metrics');
    const broker = 'cluster="standalone",broker="localhost",metric=';
    for (const line of [
      `pulsar_active_connections{${broker}"broker_connection"} 3`,
      `pulsar_connection_create_success_count{${broker}"broker_connection"} 6`,
      `pulsar_health{${broker}"broker_health"} 0`,
      'velamq_journal_segments{cluster="standalone"} 2',
      'velamq_journal_spare_bytes{cluster="standalone"} 400',
      'velamq_storage_short{cluster="standalone"} 1',
      'velamq_cache_hits_total{cluster="standalone"} 40',
      'velamq_actors{cluster="standalone"} 9',
    ]) {
      expect(text).toContain(`${line}\n`);
    }
    expect(text).toMatch(/^process_resident_memory_bytes\{cluster="standalone"\} \d{7,}$/m);
    expect(text).toMatch(/^process_open_fds\{cluster="standalone"\} [1-9]\d*$/m);
    expect(text).toMatch(/^nodejs_heap_size_limit_bytes\{cluster="standalone"\} \d{7,}$/m);
    expect(text).toMatch(/^nodejs_eventloop_active_seconds_total\{cluster="standalone"\} /m);
    expect(text).toMatch(/^process_cpu_seconds_total\{cluster="standalone"\} \d+\.\d{3}$/m);
  });
});

/** Takes everything, or keeps pieces for itself after a while. */
class Sink {
  destroyed = false;
  text = '';
  ended = false;
  readonly #takes: number;
  readonly #waiting: (() => void)[] = [];
  /** Pieces that it has not given back. */
  kept = 0;

  constructor(takes = Number.POSITIVE_INFINITY) {
    this.#takes = takes;
  }
  write(bytes: Buffer, taken: () => void): void {
    this.text += bytes.toString();
    if (this.text.length < this.#takes) taken();
    else this.kept += 1;
  }
  end(): void {
    this.ended = true;
  }
  once(_event: string, listener: () => void): void {
    this.#waiting.push(listener);
  }
  off(): void {}
  close(): void {
    this.destroyed = true;
    for (const listener of this.#waiting.splice(0)) listener();
  }
  get waits(): boolean {
    return this.#waiting.length > 0;
  }
}

describe('writing metrics of many topics', () => {
  function scrapes(topics: number, clock: Clock = systemClock) {
    const broker = new FakeBroker();
    for (let index = 0; index < topics; index += 1) addTopic(broker, `${TOPIC}${index}`);
    const rates = startRates({ broker, clock, log: silentLog, intervalMs: 3_600_000 });
    const config = configWith();
    const shared = new Scrapes({ broker, clock, rates, config, version: '4.2.4', ...counts });
    const write = (sink: Sink) => shared.use((rows) => writeMetrics(rows, clock, sink));
    return { broker, write };
  }

  it('holds every sample of each, and of the next scrape too', async () => {
    const { broker, write } = scrapes(1000);
    for (const topics of [1000, 1001]) {
      const sink = new Sink();
      await write(sink);
      expect(sink.ended).toBe(true);
      const lines = samples(sink.text, 'pulsar_subscription_back_log{');
      expect(lines).toHaveLength(topics);
      expect(lines.at(-1)).toContain(`topic="${TOPIC}${topics - 1}"`);
      expect(sink.text).toContain(`pulsar_broker_msg_backlog{cluster="standalone"} ${4 * topics}`);
      addTopic(broker, `${TOPIC}${topics}`);
    }
  });

  it('lets other work run in between', async () => {
    const clock = new ManualClock();
    // Every look at the clock finds that a millisecond has passed.
    clock.monotonicMs = () => {
      clock.advance(1);
      return clock.nowMs();
    };
    await scrapes(1000, clock).write(new Sink());
    // 1000 topics taken in, 16 to a slice, and then at least 40 samples of each, 128 to a slice.
    expect(clock.pauses).toBeGreaterThan(1000 / 16 + (1000 * 40) / 128);
  });

  it('reads once for those who ask at the same time', async () => {
    const { broker, write } = scrapes(1000);
    const loaded = vi.spyOn(broker, 'loaded');
    const sinks = [new Sink(), new Sink(), new Sink()];
    await Promise.all(sinks.map(write));
    expect(loaded).toHaveBeenCalledTimes(1);
    expect(sinks[2]!.text.length).toBeGreaterThan(100_000);
    expect(new Set(sinks.map(({ text }) => text)).size).toBe(1);
    await write(new Sink());
    expect(loaded).toHaveBeenCalledTimes(2);
  });

  it('gives what is new to who asks while one before does not read', async () => {
    const { broker, write } = scrapes(3000);
    const slow = new Sink(1);
    const clock = vi.spyOn(systemClock, 'monotonicMs');
    const first = write(slow);
    while (!slow.waits) await new Promise((resolve) => setImmediate(resolve));
    addTopic(broker, `${TOPIC}new`);
    clock.mockReturnValue(performance.now() + 10_000);
    const sink = new Sink();
    await write(sink);
    clock.mockRestore();
    expect(sink.text).toContain(`topic="${TOPIC}new"`);
    slow.close();
    await first;
    expect(slow.text).not.toContain(`topic="${TOPIC}new"`);
  });

  it('waits for a slow receiver, and stops when it is gone', async () => {
    const sink = new Sink(100_000);
    const written = scrapes(3000).write(sink);
    while (!sink.waits) await new Promise((resolve) => setImmediate(resolve));
    const { length } = sink.text;
    for (let turn = 0; turn < 10; turn += 1) await new Promise((next) => setImmediate(next));
    expect(sink.text).toHaveLength(length);
    expect(sink.kept).toBe(4);
    sink.close();
    await written;
    expect(sink.ended).toBe(false);
    expect(sink.text).toHaveLength(length);
  });
});

import { describe, expect, it } from 'vitest';
import type { Measurement } from '../../bench/peers/measure.ts';
import { latencyOf, progressOf } from '../../bench/peers/perf-output.ts';
import { cpuSeconds, resident } from '../../bench/peers/process-usage.ts';
import { tableOf, withSection } from '../../bench/peers/report.ts';

const PRODUCED =
  '04:39:04.748 INFO  PerformanceProducer - Throughput produced:  192036 msg ---  10000.2 msg/s ' +
  '---     78.1 Mbit/s  --- failure      0.0 msg/s --- Latency: mean:   5.828 ms - med:   2.600';
const RECEIVED =
  '04:38:16.479 INFO  PerformanceConsumer - Throughput received:  323259 msg --- 32325.483  msg/s' +
  ' --- 252.543 Mbit/s  --- Latency: mean: 10687.262 ms - med: 10633 - 95pct: 12145 - 99pct: 12277';
const AGGREGATED =
  '04:39:14.773 INFO  PerformanceProducer - Aggregated latency stats --- Latency: ' +
  'mean:   6.020 ms - med:   2.646 - 95pct:  20.291 - 99pct:  81.793 - 99.9pct: 147.525 ' +
  '- 99.99pct: 157.578 - 99.999pct: 158.629 - Max: 158.629';
const TRANSACTED =
  '16:34:13.243 INFO  PerformanceTransaction - Throughput transaction:    1737 transaction ' +
  'executes --- 173.322 transaction/s  --- send Latency: mean:  11.520 ms - med:   9.115';
const SENT =
  '16:34:15.192 INFO  PerformanceTransaction - Messages send aggregated latency stats --- ' +
  'Latency: mean:   9.943 ms - med:   7.424 - 95pct:  24.338 - 99pct:  42.938 - ' +
  '99.9pct:  76.219 - 99.99pct:  83.413 - 99.999pct:  83.413 - Max:  83.413';

describe("reading the output of Pulsar's perf", () => {
  it('finds the counts of producers and consumers', () => {
    expect(progressOf(PRODUCED)).toEqual({ messages: 192_036, rate: 10_000.2 });
    expect(progressOf(RECEIVED)).toEqual({ messages: 323_259, rate: 32_325.483 });
    expect(progressOf(TRANSACTED)).toEqual({ messages: 1_737, rate: 173.322 });
    expect(progressOf(AGGREGATED)).toBeUndefined();
  });

  it('finds the latencies of the whole run', () => {
    expect(latencyOf(AGGREGATED)).toEqual({
      median: 2.646,
      p99: 81.793,
      p999: 147.525,
      max: 158.629,
    });
    expect(latencyOf(SENT)?.median).toBe(7.424);
    expect(latencyOf(SENT.replace('send', 'ack'))).toBeUndefined();
    expect(latencyOf(PRODUCED)).toBeUndefined();
  });
});

describe('the use of a process', () => {
  it('is read from /proc', () => {
    const before = cpuSeconds(process.pid);
    const until = performance.now() + 100;
    while (performance.now() < until);
    expect(cpuSeconds(process.pid) - before).toBeGreaterThan(0.02);
    const { nowMb, peakMb } = resident(process.pid);
    expect(nowMb).toBeGreaterThan(20);
    expect(peakMb).toBeGreaterThanOrEqual(nowMb * 0.99);
  });
});

describe('the table', () => {
  const measurement = (
    peer: 'velamq' | 'oracle',
    rate: number,
    cpuMicros: number,
  ): Measurement => ({
    peer,
    scenario: 'single-1k',
    readyMs: 900,
    idleMb: 100,
    idleCpu: 0.1,
    peakMb: 300,
    afterMb: 200,
    afterAnonymousMb: 100,
    rate,
    cpuMicros,
    latency: { median: 1, p99: 2, p999: 3, max: 4 },
  });

  it('shows both brokers, their ratio, and whether the budget is kept', () => {
    const lines = tableOf([measurement('velamq', 160_000, 9), measurement('oracle', 64_000, 20)]);
    expect(lines).toContain(
      '| produce 1 KB, not batched: messages a second | 160,000 | 64,000 | 2.50 | ≥ 2 x | kept |',
    );
    expect(lines).toContain('broker CPU, µs a message | 9 | 20 | 0.45 | ≤ 0.35 x | **missed** |');
    expect(lines).toContain('ready after start on an empty folder, ms | 900 | 900 |');
    expect(lines).not.toContain('10 000/s');
  });

  it('takes the median of several turns', () => {
    const rates = [100, 300, 110].map((rate) => measurement('velamq', rate, 1));
    expect(tableOf(rates)).toContain('messages a second | 110 |  |  | ≥ 2 x |  |');
  });

  it('replaces its own section of a document and nothing else', () => {
    const first = withSection('# Results\n\nBefore.\n', 'one');
    const second = withSection(`${first}\nBehind.\n`, 'two');
    expect(second).toContain('Before.');
    expect(second).toContain('Behind.');
    expect(second).toContain('\ntwo\n');
    expect(second).not.toContain('one');
  });
});

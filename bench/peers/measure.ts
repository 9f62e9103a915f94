/** Runs one scenario against one broker and gives what it cost. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type Peer, type Place, type RunningPeer, startPeer } from './brokers.ts';
import { type Latency, latencyOf, type Progress, progressOf } from './perf-output.ts';
import { anonymousMb, cpuSeconds, resident } from './process-usage.ts';
import type { Scenario } from './scenarios.ts';

export interface Measurement {
  readonly peer: Peer;
  readonly scenario: string;
  readonly readyMs: number;
  readonly idleMb: number;
  /** Share of one core while nobody is connected, in per cent. */
  readonly idleCpu: number;
  readonly peakMb: number;
  /** Some seconds after the load. */
  readonly afterMb: number;
  /** The same without pages of files. */
  readonly afterAnonymousMb: number;
  /** Messages a second; consumed ones where the scenario consumes, or transactions. */
  readonly rate: number;
  /** CPU of the broker, in microseconds a message or transaction. */
  readonly cpuMicros: number;
  readonly latency: Latency;
}

/** `perf` prints every ten seconds; the first ten are for warming up. */
const INTERVAL_SECONDS = 10;
const IDLE_MS = 5000;

/** Measures over `intervals` times ten seconds, after ten seconds of warm-up. */
export async function measure(
  peer: Peer,
  scenario: Scenario,
  place: Place,
  intervals: number,
): Promise<Measurement> {
  let broker = await startPeer(peer, { ...place, settings: settingsOf(scenario) });
  const { readyMs } = broker;
  try {
    await pause(2000);
    const idleCpu = await cpuWhile(broker.pid, () => pause(IDLE_MS));
    const idleMb = resident(broker.pid).nowMb;
    if (scenario.isBacklog) broker = await fill(broker, scenario, place);
    const load = await runLoad(broker.pid, scenario, place, intervals);
    const { peakMb } = resident(broker.pid);
    await pause(IDLE_MS);
    return {
      peer,
      scenario: scenario.name,
      readyMs,
      idleMb,
      idleCpu: (idleCpu / IDLE_MS) * 100_000,
      peakMb,
      afterMb: resident(broker.pid).nowMb,
      afterAnonymousMb: anonymousMb(broker.pid),
      ...load,
    };
  } finally {
    await broker.stop();
  }
}

function settingsOf({ perTransaction }: Scenario): string[] {
  return perTransaction === undefined ? [] : ['transactionCoordinatorEnabled=true'];
}

/** Leaves a backlog that the broker has on its disk alone. */
async function fill(broker: RunningPeer, scenario: Scenario, place: Place): Promise<RunningPeer> {
  const url = `http://127.0.0.1:${place.httpPort}/admin/v2/persistent/public/default`;
  for (const path of [scenario.name, `${scenario.name}/subscription/bench`]) {
    const { status } = await fetch(`${url}/${path}`, { method: 'PUT' });
    if (status !== 204) throw new Error(`PUT ${url}/${path} was answered with ${status}`);
  }
  const topic = topicOf(scenario);
  await new Perf(place, ['produce', ...scenario.produce, topic]).ended;
  return broker.restart();
}

const topicOf = ({ name }: Scenario) => `persistent://public/default/${name}`;

/** A progress line and what the broker had used when it was printed. */
interface Sample extends Progress {
  readonly cpu: number;
  readonly atMs: number;
}

async function runLoad(pid: number, scenario: Scenario, place: Place, intervals: number) {
  const seconds = (intervals + 1) * INTERVAL_SECONDS + 3;
  const topic = topicOf(scenario);
  const time = ['-time', String(seconds)];
  const produce = [...scenario.produce, '--warmup-time', String(INTERVAL_SECONDS), ...time, topic];
  const consume = scenario.consume && [...scenario.consume, '-time', String(seconds + 5), topic];
  const sample = (progress: Progress): Sample => ({
    ...progress,
    cpu: cpuSeconds(pid),
    atMs: performance.now(),
  });
  if (scenario.perTransaction !== undefined) {
    await new Perf(place, ['produce', ...scenario.produce, topic]).ended;
    const count = String(scenario.perTransaction);
    const topics = ['--topics-c', topic, '--topics-p', `${topic}-out`];
    const numbers = ['-nmc', count, '-nmp', count];
    const transactions = new Perf(place, ['transaction', ...topics, ...numbers, ...time], sample);
    await transactions.ended;
    return figuresOf(transactions, intervals);
  }
  const consumer = consume && new Perf(place, ['consume', ...consume], sample);
  if (scenario.isBacklog && consumer !== undefined) {
    await consumer.ended;
    return figuresOf(consumer, intervals);
  }
  // The subscription must be there before the first message.
  await consumer?.sees('Start receiving');
  const producer = new Perf(place, ['produce', ...produce], sample);
  await Promise.all([producer.ended, consumer?.ended]);
  return figuresOf(consumer ?? producer, intervals, producer);
}

/** By the lines of one run, and the latencies that perhaps another one has printed. */
function figuresOf(counting: Perf, intervals: number, timed = counting) {
  const [first, last] = [counting.samples[0], counting.samples[intervals]];
  if (first === undefined || last === undefined || timed.latency === undefined) {
    throw new Error(`perf said too little; see ${counting.tail()} ${timed.tail()}`);
  }
  const messages = last.messages - first.messages;
  return {
    rate: (messages / (last.atMs - first.atMs)) * 1000,
    cpuMicros: ((last.cpu - first.cpu) / messages) * 1e6,
    latency: timed.latency,
  };
}

/** One run of Pulsar's `perf`. */
class Perf {
  /** Of those lines that were to be sampled. */
  readonly samples: Sample[] = [];
  readonly ended: Promise<unknown>;
  latency: Latency | undefined;
  readonly #child: ChildProcess;
  readonly #lines: string[] = [];
  #onLine: () => void = () => {};

  constructor(
    { oracle, work, port, httpPort }: Place,
    args: readonly string[],
    sample?: (progress: Progress) => Sample,
  ) {
    this.#child = spawn(join(oracle, 'java-tool'), ['perf', ...args], {
      env: {
        ...process.env,
        SERVICE_URL: `pulsar://localhost:${port}/`,
        ADMIN_URL: `http://localhost:${httpPort}/`,
      },
      // Where it leaves its histograms.
      cwd: work,
      stdio: ['ignore', 'pipe', 'inherit'],
      detached: true,
    });
    // The tool is a script with a JVM below it: both end with us.
    const { pid } = this.#child;
    const dieWithUs = () => pid !== undefined && process.kill(-pid, 'SIGKILL');
    process.on('exit', dieWithUs);
    this.#child.on('close', () => process.off('exit', dieWithUs));
    const { stdout } = this.#child;
    if (stdout === null) throw new Error('perf has no output');
    createInterface({ input: stdout }).on('line', (line) => {
      const progress = progressOf(line);
      if (progress !== undefined && sample !== undefined) this.samples.push(sample(progress));
      this.latency ??= latencyOf(line);
      this.#lines.push(line);
      this.#onLine();
    });
    this.ended = once(this.#child, 'close');
  }

  /** Resolves once a line holds the text, or the run has ended without it. */
  async sees(text: string): Promise<void> {
    const seen = new Promise<void>((resolve) => {
      this.#onLine = () => {
        if (this.#lines.at(-1)?.includes(text)) resolve();
      };
    });
    await Promise.race([seen, this.ended]);
  }

  tail(): string {
    return this.#lines.slice(-15).join('\n');
  }
}

async function cpuWhile(pid: number, task: () => Promise<void>): Promise<number> {
  const before = cpuSeconds(pid);
  await task();
  return cpuSeconds(pid) - before;
}

function pause(ms: number): Promise<void> {
  return new Promise((done) => setTimeout(done, ms));
}

/**
 * CPU that the transport takes a message, in and out, over a real socket: a client process sends
 * frames from memory, a broker that stores nothing answers receipts at the end of each turn, or
 * delivers what it was sent. Arguments: `produce` or `consume`, seconds, message bytes, messages a
 * batch. `node --cpu-prof` on it shows where the time goes.
 */
import { fork } from 'node:child_process';
import { connect } from 'node:net';
import type { ActorRef, Broker } from '../../src/actors/broker.ts';
import type { Recipient } from '../../src/actors/ports.ts';
import type { Flow, Subscribe } from '../../src/actors/subscription/commands.ts';
import type { AddProducer, Publish, TopicCommand } from '../../src/actors/topic/commands.ts';
import { systemClock } from '../../src/base/clock.ts';
import { silentLog } from '../../src/base/log.ts';
import { silentRates } from '../../src/transport/metrics/rates.ts';
import { listenPulsar } from '../../src/transport/pulsar/listener.ts';
import { encodeCommand, encodeCommandWithPayload } from '../../src/wire/codec.ts';
import { encodeEntry } from '../../src/wire/entry.ts';
import { FrameReader } from '../../src/wire/frame.ts';

const [mode = 'produce', seconds = '5', bytes = '1024', batch = '1'] = process.argv.slice(2);
const numMessages = Number(batch);
const RUN_MS = Number(seconds) * 1_000;
const TOPIC = 'topic';
const WINDOW = 1_000;

const entry = encodeEntry(
  {
    producer_name: 'standalone-0-1',
    sequence_id: 1,
    publish_time: 1_700_000_000_000,
    ...(numMessages > 1 ? { num_messages_in_batch: numMessages } : {}),
  },
  Buffer.alloc(Number(bytes) * numMessages, 'x'),
);

async function broker(): Promise<void> {
  const echo = new EchoBroker();
  const listener = await listenPulsar({
    broker: echo as unknown as Broker,
    clock: systemClock,
    log: silentLog,
    rates: silentRates,
    options: { host: '127.0.0.1', port: 0 },
  });
  const child = fork(new URL(import.meta.url).pathname, process.argv.slice(2), {
    env: { ...process.env, BENCH_PORT: String(listener.addresses.pulsar?.port) },
    execArgv: [],
  });
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  const countBefore = echo.entries;
  const turnsBefore = echo.turns;
  const cpuBefore = process.cpuUsage();
  await new Promise((resolve) => setTimeout(resolve, RUN_MS));
  const cpu = process.cpuUsage(cpuBefore);
  const entries = echo.entries - countBefore;
  const perEntry = (cpu.user + cpu.system) / entries;
  console.log(
    `${mode} ${bytes} B x ${batch}: ${Math.round((entries / RUN_MS) * 1_000)} entries/s, ` +
      `${perEntry.toFixed(2)} us CPU an entry (system ${(cpu.system / entries).toFixed(2)}), ` +
      `${(entries / (echo.turns - turnsBefore)).toFixed(1)} entries a turn`,
  );
  child.kill();
  await listener.close();
}

/** Answers at the end of a turn, as the step loop does. */
class EchoBroker {
  /** No namespace is in one. */
  readonly resourceGroups = { of: () => undefined, watch: () => () => {} };
  entries = 0;
  turns = 0;
  #key = 0;
  #producer: AddProducer | undefined;
  #consumer: Subscribe | undefined;
  #publishes: Publish[] = [];
  #permits = 0;
  #scheduled = false;
  #nextEntryId = 0;
  readonly #run = Array.from({ length: 100 }, () => entry);

  /** No schema is asked for. */
  readonly schemas = { admitBareProducer: () => undefined };

  admit(): ActorRef<TopicCommand> {
    return { id: TOPIC, tell: (command) => this.#tell(command) };
  }

  ref(id: string): ActorRef {
    return { id, tell: (command) => this.#tell(command as Flow) };
  }

  nextKey(): number {
    return ++this.#key;
  }

  #tell(command: TopicCommand | Flow): boolean {
    if (command.type === 'publish') this.#publishes.push(command);
    else if (command.type === 'add-producer') this.#producer = command;
    else if (command.type === 'subscribe') this.#consumer = command;
    else if (command.type === 'flow') this.#permits += command.permits;
    if (!this.#scheduled) {
      this.#scheduled = true;
      setImmediate(() => this.#turn());
    }
    return true;
  }

  #turn(): void {
    this.#scheduled = false;
    this.turns++;
    const recipient = (this.#producer ?? this.#consumer)?.reply.recipient;
    if (recipient === undefined) return;
    this.#open(recipient);
    this.#answer(recipient);
    this.#deliver(recipient);
    recipient.flush();
  }

  #open(recipient: Recipient): void {
    const { requestId } = (this.#producer ?? this.#consumer)!.reply;
    if (this.#nextEntryId++ > 0) return;
    if (mode === 'produce') {
      recipient.receive({
        type: 'producer-opened',
        producerId: 1,
        requestId,
        name: 'p',
        lastSequenceId: -1,
        topicEpoch: undefined,
        ready: true,
      });
    } else
      recipient.receive({ type: 'subscribed', consumerId: 1, requestId, actor: 'subscription' });
  }

  #answer(recipient: Recipient): void {
    for (const publish of this.#publishes) {
      recipient.receive({
        type: 'published',
        producerId: 1,
        sequenceIds: publish.sequenceIds,
        highestSequenceIds: publish.highestSequenceIds,
        ledgerId: 7,
        firstEntryId: this.entries,
        bytes: publish.bytes,
      });
      this.entries += publish.entries.length;
    }
    this.#publishes = [];
  }

  #deliver(recipient: Recipient): void {
    while (this.#permits >= 100 * numMessages) {
      this.#permits -= 100 * numMessages;
      const run = { ledgerId: 7, firstEntryId: this.entries, entries: this.#run };
      recipient.receive({
        type: 'deliver',
        consumerId: 1,
        consumerEpoch: undefined,
        runs: [{ ...run, redeliveryCount: 0, ackSet: undefined }],
      });
      this.entries += 100;
    }
  }
}

/** Keeps a window of messages unanswered, or of permits open. */
function client(port: number): void {
  const socket = connect(port, '127.0.0.1');
  socket.setNoDelay(true);
  socket.write(encodeCommand('CONNECT', { client_version: 'bench', protocol_version: 21 }));
  const frames = Array.from({ length: WINDOW }, (_, sequence_id) =>
    encodeCommandWithPayload('SEND', { producer_id: 1, sequence_id, num_messages: 1 }, entry),
  );
  if (mode === 'produce') {
    socket.write(encodeCommand('PRODUCER', { topic: 't', producer_id: 1, request_id: 1 }));
  } else {
    const subscription = { topic: 't', subscription: 's', subType: 1, consumer_id: 1 } as const;
    socket.write(encodeCommand('SUBSCRIBE', { ...subscription, request_id: 1 }));
  }
  const reader = new FrameReader({ maxFrameBytes: 16 * 1024 * 1024 });
  let received = -HANDSHAKE_FRAMES;
  socket.on('data', (chunk) => {
    reader.push(chunk);
    while (reader.next() !== undefined) {
      if (++received === 0) received = WINDOW;
    }
    if (received < REFILL) return;
    if (mode === 'produce') socket.write(Buffer.concat(frames.slice(0, received)));
    else socket.write(flow(received * numMessages));
    received = 0;
  });
}

/** CONNECTED and the answer to PRODUCER or SUBSCRIBE. */
const HANDSHAKE_FRAMES = 2;
/** Messages that are asked for, or sent, at once. */
const REFILL = 50;

function flow(messagePermits: number): Buffer {
  return encodeCommand('FLOW', { consumer_id: 1, messagePermits });
}

if (process.send !== undefined) client(Number(process.env['BENCH_PORT']));
else await broker();

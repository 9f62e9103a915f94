/**
 * The neighbour, a process of its own: publishes at a steady rate and consumes what it publishes.
 * For each line on its input it says what came since the last one. Arguments: port, messages a
 * second, a token where one is asked for. `neighbour.py` is the same with a real client.
 */
import { createInterface } from 'node:readline';
import { decodeCommand } from '../../src/wire/codec.ts';
import { Client, sendFrame } from './client.ts';
import { type Window, windowOf } from './figures.ts';

const PAYLOAD = Buffer.alloc(1_024, 'x');
const TICK_MS = 2;
const TOPIC = 'persistent://neighbour/steady/topic';
const PERMITS = 1_000;

const [port, rate] = process.argv.slice(2).map(Number);
const token = process.argv[4];
if (port === undefined || rate === undefined) throw new Error('a port and a rate are needed');

const consumer = await Client.connected({ port, httpPort: 0, token });
await consumer.subscribe(TOPIC, 'steady');
const producer = await Client.connected({ port, httpPort: 0, token });
await producer.produce(TOPIC);

/** When those were sent that have no receipt, or have not come back, in their order. */
const unanswered: number[] = [];
const underWay: number[] = [];
let receiptsMs: number[] = [];
let latenciesMs: number[] = [];
let permitted = 0;

producer.listen(() => receiptsMs.push(performance.now() - (unanswered.shift() ?? 0)));
consumer.listen(({ buffer, commandStart, commandEnd }) => {
  const { name, body } = decodeCommand(buffer, commandStart, commandEnd);
  if (name !== 'MESSAGE') return;
  latenciesMs.push(performance.now() - (underWay.shift() ?? 0));
  consumer.say('ACK', { consumer_id: 1, ack_type: 0, message_id: [body.message_id] });
  if (++permitted < PERMITS / 2) return;
  consumer.flow(permitted);
  permitted = 0;
});
consumer.flow(PERMITS);

const beganMs = performance.now();
let sent = 0;
setInterval(() => {
  const nowMs = performance.now();
  const due = Math.floor(((nowMs - beganMs) * rate) / 1_000);
  for (; sent < due; sent++) {
    unanswered.push(nowMs);
    underWay.push(nowMs);
    producer.socket.write(sendFrame(sent, PAYLOAD));
  }
}, TICK_MS);

createInterface({ input: process.stdin })
  .on('line', () => {
    const window: Window = windowOf(latenciesMs, receiptsMs);
    [latenciesMs, receiptsMs] = [[], []];
    console.log(JSON.stringify(window));
  })
  .on('close', () => process.exit(0));
console.log('ready');

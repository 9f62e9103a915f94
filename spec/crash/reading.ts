/** Reads a topic from its first entry to its last, through a subscription that keeps everything. */
import { encodeCommand } from '../../src/wire/codec.ts';
import { toSigned } from '../../src/wire/long.ts';
import { InitialPosition, SubType } from '../../src/wire/messages.ts';
import type { Connection } from './client.ts';
import { deliveryOf } from './consumer.ts';
import { Broken, type Delivery, isAfter, type Place, placeOf } from './history.ts';
import { Progress } from './progress.ts';

const PERMITS = 1000;

/** Every entry of the topic, in the order in which it came. Nobody may publish meanwhile. */
export async function readTopic(
  connection: Connection,
  topic: string,
  subscription: string,
): Promise<Delivery[]> {
  const consumer_id = connection.nextId();
  const deliveries: Delivery[] = [];
  const progress = new Progress();
  const flow = (messagePermits: number) =>
    connection.write(encodeCommand('FLOW', { consumer_id, messagePermits }));
  connection.listen('consumer', consumer_id, {
    message: (message, frame) => {
      const delivery = deliveryOf(message, frame);
      deliveries.push(delivery);
      flow(delivery.messages.length);
      progress.step();
    },
  });
  await connection.request('SUBSCRIBE', {
    topic,
    subscription,
    subType: SubType.Exclusive,
    consumer_id,
    initialPosition: InitialPosition.Earliest,
  });
  const last = await lastPlace(connection, consumer_id);
  flow(PERMITS);
  const isComplete = await progress.until(() => {
    const newest = deliveries.at(-1);
    return last.entryId < 0 || (newest !== undefined && !isAfter(last, newest));
  });
  if (!isComplete) {
    const newest = deliveries.at(-1);
    const at = newest === undefined ? 'nothing' : placeOf(newest);
    throw new Broken(`${topic}: reading stopped at ${at} of ${placeOf(last)}`);
  }
  await connection.request('CLOSE_CONSUMER', { consumer_id });
  return deliveries;
}

async function lastPlace(connection: Connection, consumer_id: number): Promise<Place> {
  const answer = await connection.request('GET_LAST_MESSAGE_ID', { consumer_id });
  if (answer.name !== 'GET_LAST_MESSAGE_ID_RESPONSE') throw new Broken(`answered ${answer.name}`);
  const { ledgerId, entryId } = answer.body.last_message_id;
  return { ledgerId: Number(toSigned(ledgerId)), entryId: Number(toSigned(entryId)) };
}

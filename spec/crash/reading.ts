/** Reads a topic from its first entry to its last, through a subscription that keeps everything. */
import { encodeCommand } from '../../src/wire/codec.ts';
import { decodeEntry } from '../../src/wire/entry.ts';
import type { Frame } from '../../src/wire/frame.ts';
import { toSigned } from '../../src/wire/long.ts';
import { InitialPosition, type Message, SubType } from '../../src/wire/messages.ts';
import type { Connection } from './client.ts';
import { Broken, isAfter, type Place, placeOf } from './history.ts';
import { Progress } from './progress.ts';

const PERMITS = 1000;

export interface Source {
  readonly topic: string;
  readonly subscription: string;
  readonly readCompacted?: boolean;
}

/**
 * Every entry of the topic, in the order in which it came, as `decode` sees it. Nobody may publish
 * meanwhile.
 */
export async function readTopic<Entry extends Place>(
  connection: Connection,
  { topic, subscription, readCompacted = false }: Source,
  decode: (message: Message<'CommandMessage'>, frame: Frame) => Entry,
): Promise<Entry[]> {
  const consumer_id = connection.nextId();
  const entries: Entry[] = [];
  const progress = new Progress();
  const flow = (messagePermits: number) =>
    connection.write(encodeCommand('FLOW', { consumer_id, messagePermits }));
  connection.listen('consumer', consumer_id, {
    message: (message, frame) => {
      entries.push(decode(message, frame));
      flow(messagesOf(frame));
      progress.step();
    },
  });
  await connection.request('SUBSCRIBE', {
    topic,
    subscription,
    subType: SubType.Exclusive,
    consumer_id,
    initialPosition: InitialPosition.Earliest,
    read_compacted: readCompacted,
  });
  const last = await lastPlace(connection, consumer_id);
  flow(PERMITS);
  const isComplete = await progress.until(() => {
    const newest = entries.at(-1);
    return last.entryId < 0 || (newest !== undefined && !isAfter(last, newest));
  });
  if (!isComplete) {
    const newest = entries.at(-1);
    const at = newest === undefined ? 'nothing' : placeOf(newest);
    throw new Broken(`${topic}: reading stopped at ${at} of ${placeOf(last)}`);
  }
  await connection.request('CLOSE_CONSUMER', { consumer_id });
  return entries;
}

function messagesOf({ buffer, payloadStart, end }: Frame): number {
  return decodeEntry(buffer, payloadStart, end).metadata.num_messages_in_batch ?? 1;
}

async function lastPlace(connection: Connection, consumer_id: number): Promise<Place> {
  const answer = await connection.request('GET_LAST_MESSAGE_ID', { consumer_id });
  if (answer.name !== 'GET_LAST_MESSAGE_ID_RESPONSE') throw new Broken(`answered ${answer.name}`);
  const { ledgerId, entryId } = answer.body.last_message_id;
  return { ledgerId: Number(toSigned(ledgerId)), entryId: Number(toSigned(entryId)) };
}

/** What the broker notes of an entry, as clients see it: before the entry, if they understand. */
import { describe, expect, it } from 'vitest';
import type { Deliver } from '../../../src/actors/ports.ts';
import { decodeBrokerEntryHeader, decodeEntry } from '../../../src/wire/entry.ts';
import { entryOf, type RawClient } from './raw-client.ts';
import { useStage } from './stage.ts';
import { SUBSCRIBE, sayToConsumer } from './subscribing.ts';

const deliver = (): Deliver => ({
  type: 'deliver',
  consumerId: 1,
  consumerEpoch: undefined,
  runs: [
    {
      ledgerId: 1,
      firstEntryId: 4,
      entries: [entryOf('a'), entryOf('b'.repeat(200_000)), entryOf('c')],
      redeliveryCount: 0,
      ackSet: undefined,
      brokerEntries: [
        { index: 4, timestampMs: 1_700_000_000_123 },
        { index: 9, timestampMs: undefined },
        { index: undefined, timestampMs: 1_700_000_000_456 },
      ],
    },
    {
      ledgerId: 2,
      firstEntryId: 0,
      entries: [entryOf('d')],
      redeliveryCount: 0,
      ackSet: undefined,
    },
  ],
});

/** Entry ids and payloads of what comes, with what the broker says of each. */
async function received(client: RawClient, count: number): Promise<unknown[]> {
  const found: unknown[] = [];
  for (let i = 0; i < count; i++) {
    const { body, payload } = await client.next();
    const { metadata, entryStart } = decodeBrokerEntryHeader(payload);
    const entry = decodeEntry(payload, entryStart);
    const { entryId } = (body as { message_id: { entryId: number } }).message_id;
    found.push([entryId, entry.payload.toString().slice(0, 1), metadata]);
  }
  return found;
}

describe('what the broker notes of entries', () => {
  const stage = useStage();

  async function told(exposes: boolean, version: number, understands: boolean) {
    await stage().listen({ exposesBrokerEntries: exposes });
    const client = await stage().connect({
      protocol_version: version,
      feature_flags: { supports_broker_entry_metadata: understands },
    });
    client.say('SUBSCRIBE', SUBSCRIBE);
    await client.expect('SUCCESS');
    sayToConsumer(stage(), deliver());
    return received(client, 4);
  }

  it('comes before the entry, of those entries that have some', async () => {
    expect(await told(true, 21, true)).toEqual([
      [4, 'a', { index: 4, broker_timestamp: 1_700_000_000_123 }],
      [5, 'b', { index: 9 }],
      [6, 'c', { broker_timestamp: 1_700_000_000_456 }],
      [0, 'd', undefined],
    ]);
  });

  it.each([
    ['that do not ask', true, 21, false],
    ['of before version 18', true, 17, true],
    ['where it is not exposed', false, 21, true],
  ])('is not told to clients %s', async (_, exposes, version, understands) => {
    const found = await told(exposes, version, understands);
    expect(found.map((one) => (one as unknown[])[2])).toEqual(Array(4).fill(undefined));
  });
});

import { describe, expect, it } from 'vitest';
import type { GroupRates } from '../../../src/actors/resource-group/behaviour.ts';
import { NO_GROUP_RATES } from '../../../src/actors/resource-group/behaviour.ts';
import type { Publish } from '../../../src/actors/topic/commands.ts';
import { frame, type RawClient, sendFrame } from './raw-client.ts';
import { producing, type Stage, useStage } from './stage.ts';

const told = (stage: Stage) =>
  stage.broker.commands<Publish>('publish').flatMap(({ messageCounts }) => messageCounts).length;

const send = (client: RawClient, count: number) =>
  client.write(
    ...Array.from({ length: count }, (_, i) => sendFrame({ producer_id: 1, sequence_id: i })),
  );

/** All namespaces are in a group of such rates, which counts at once. */
function group(stage: Stage, rates: Partial<GroupRates>): void {
  stage.broker.group = 'g';
  stage.broker.groups.set('g', { ...NO_GROUP_RATES, ...rates });
  stage.broker.resourceGroups.moved();
}

function leaveGroup({ broker }: Stage): void {
  broker.group = undefined;
}

async function receipts(client: RawClient, count: number): Promise<void> {
  for (let i = 0; i < count; i++) await client.expect('SEND_RECEIPT');
}

describe('the publish rate of a resource group', () => {
  const stage = useStage();

  it('is shared by its producers, whatever their connections and topics', async () => {
    group(stage(), { publishRateInMsgs: 4 });
    await stage().listen();
    const first = await producing(stage());
    const second = await stage().connect();
    second.say('PRODUCER', { topic: 'x/y/u', producer_id: 1, request_id: 1 });
    await second.expect('PRODUCER_SUCCESS');
    send(first, 3);
    await receipts(first, 3);
    send(second, 5);
    await receipts(second, 1);
    send(first, 1);
    await receipts(first, 1);
    const idle = await stage().connect();
    idle.write(frame('PING', {}));
    await idle.expect('PONG');
    expect(told(stage())).toBe(5);
    const rest = receipts(second, 4);
    for (let ms = 0; ms < 3_000; ms += 250) {
      stage().clock.advance(250);
      await idle.settled();
    }
    await rest;
    expect(stage().broker.resourceGroups.sent('g').messages).toBe(9);
  });

  it('bounds bytes as well', async () => {
    group(stage(), { publishRateInBytes: 1 });
    await stage().listen();
    const client = await producing(stage());
    send(client, 3);
    await receipts(client, 1);
    await (await stage().connect()).settled();
    expect(told(stage())).toBe(1);
  });

  it.each<[string, (stage: Stage) => void]>([
    ['the rate is raised', (at) => group(at, { publishRateInMsgs: 1_000 })],
    ['the rate is taken away', (at) => group(at, {})],
    ['the group goes', (at) => at.broker.groups.clear()],
    ['they leave it', (at) => leaveGroup(at)],
  ])('lets producers go on at once when %s', async (_what, change) => {
    group(stage(), { publishRateInMsgs: 1 });
    await stage().listen();
    const client = await producing(stage());
    send(client, 20);
    await receipts(client, 1);
    change(stage());
    stage().broker.resourceGroups.moved();
    await receipts(client, 19);
  });

  it('counts at once for producers that are open', async () => {
    await stage().listen();
    const client = await producing(stage());
    send(client, 5);
    await receipts(client, 5);
    group(stage(), { publishRateInMsgs: 1 });
    send(client, 5);
    await receipts(client, 1);
    await (await stage().connect()).settled();
    expect(told(stage())).toBe(6);
    stage().clock.advance(1_000);
    await receipts(client, 1);
  });

  it('wakes nobody once all who waited are gone', async () => {
    group(stage(), { publishRateInMsgs: 1 });
    await stage().listen();
    const client = await producing(stage());
    send(client, 2);
    await receipts(client, 1);
    expect(stage().clock.timers).toBeGreaterThan(0);
    await stage().listener.close();
    expect(stage().clock.timers).toBe(0);
  });
});

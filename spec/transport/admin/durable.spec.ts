/** What REST shows is durable by the time it is told, though nothing was asked of an actor. */
import { describe, expect, it } from 'vitest';
import { BrokerError } from '../../../src/base/errors.ts';
import { silentLog } from '../../../src/base/log.ts';
import { configWith } from '../../../src/base/options.ts';
import { parseTopicName } from '../../../src/base/topic-name.ts';
import { silentRates } from '../../../src/transport/metrics/rates.ts';
import { Compacting, T } from '../../actors/compacting.ts';
import { Stage } from '../../actors/harness.ts';
import { Admin, type AdminAnswer } from '../../sim/world/admin.ts';

const PATH = '/admin/v2/persistent/public/default';

/** Asks about topics; what has been answered stands in `answers`. */
function administer({ broker, clock }: Stage) {
  const urls = { broker: '', http: '', brokerId: '' };
  const context = { broker, clock, options: configWith(), rates: silentRates, urls };
  const admin = new Admin(context, silentLog);
  const answers: AdminAnswer[] = [];
  const get = (path: string): void => {
    admin.ask({ method: 'GET', path: PATH + path }).then((answer) => answers.push(answer));
  };
  return { answers, get };
}

describe('what REST shows', () => {
  it('of a document is told when the document is on the disk', async () => {
    const stage = await Stage.open();
    const rest = administer(stage);
    stage.holdsSyncs = true;
    const created = stage.broker.createPartitionedTopic(parseTopicName('p'), 3);
    await stage.settle();
    rest.get('/p/partitions');
    await stage.settle();
    expect(rest.answers).toEqual([]);
    stage.holdsSyncs = false;
    await stage.until(created);
    expect(rest.answers).toEqual([
      { status: 200, value: expect.objectContaining({ partitions: 3 }) },
    ]);
    rest.get('/p/partitions');
    stage.holdsSyncs = true;
    await stage.settle();
    expect(rest.answers).toHaveLength(2);
  });

  it('is never told when it is lost', async () => {
    const stage = await Stage.open({ expectsErrors: true });
    const rest = administer(stage);
    stage.holdsSyncs = true;
    const created = stage.broker.createPartitionedTopic(parseTopicName('p'), 3);
    created.catch(() => undefined);
    await stage.settle();
    rest.get('/p/partitions');
    await stage.settle();
    stage.disk.fail(new BrokerError('storage-full', 'The disk is full'));
    await stage.settle();
    expect(rest.answers).toEqual([expect.objectContaining({ status: 503 })]);
  });

  it('that something is missing is told when it is gone for good', async () => {
    const stage = await Stage.open();
    const rest = administer(stage);
    await stage.until(stage.broker.createTopic(parseTopicName('t')));
    stage.holdsSyncs = true;
    const deleted = stage.broker.deleteTopic(parseTopicName('t'), false);
    await stage.settle();
    rest.get('/t/compaction');
    await stage.settle();
    expect(rest.answers).toEqual([]);
    stage.holdsSyncs = false;
    await stage.until(deleted);
    expect(rest.answers).toEqual([expect.objectContaining({ status: 404 })]);
  });

  it('of a compaction is SUCCESS when a crash would find the compacted ledger', async () => {
    const compacting = await Compacting.open();
    const { stage } = compacting;
    const rest = administer(stage);
    await compacting.publish('a=1', 'a=2');
    stage.holdsSyncs = true;
    stage.broker.ref(T).tell({ type: 'compact', reply: undefined });
    const status = () => compacting.view.compaction.status;
    await stage.settle();
    for (let writes = 0; status() !== 'SUCCESS' && writes < 10; writes++) await stage.sync();
    expect(status()).toBe('SUCCESS');
    rest.get('/t/compaction');
    await stage.settle();
    expect(rest.answers).toEqual([]);
    await stage.sync();
    expect(rest.answers).toEqual([{ status: 200, value: { status: 'SUCCESS', lastError: '' } }]);
  });
});

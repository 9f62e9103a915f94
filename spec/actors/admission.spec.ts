import { describe, expect, it } from 'vitest';
import { BrokerError } from '../../src/base/errors.ts';
import { parseTopicName } from '../../src/base/topic-name.ts';
import { Stage, type StageOptions } from './harness.ts';

/** `code: message` of what a call throws, or `ok`. */
function outcome(call: () => unknown): string {
  try {
    call();
    return 'ok';
  } catch (error) {
    return error instanceof BrokerError ? `${error.code}: ${error.message}` : String(error);
  }
}

async function answered(stage: Stage, promise: Promise<unknown>): Promise<unknown> {
  const caught = promise.catch((error: BrokerError) => `${error.code}: ${error.message}`);
  return stage.until(caught);
}

async function admitting(options: StageOptions = {}) {
  const stage = await Stage.open(options);
  const admit = async (name: string, create = true) => {
    const result = outcome(() => stage.broker.admit(parseTopicName(name), { create }));
    await stage.settle();
    return result;
  };
  const partitionsOf = (name: string, create = true) =>
    answered(stage, stage.broker.partitionsOf(parseTopicName(name), { create }));
  return { stage, admit, partitionsOf };
}

describe('admission of a topic', () => {
  it('creates it where policy and client allow', async () => {
    const { stage, admit } = await admitting();
    expect(await admit('t', false)).toBe(
      'topic-not-found: Topic persistent://public/default/t does not exist',
    );
    expect(await admit('t')).toBe('ok');
    expect(await admit('t', false)).toBe('ok');
    expect(await stage.broker.topicsOf('public/default')).toEqual([
      'persistent://public/default/t',
    ]);
  });

  it('creates nothing where the broker or the namespace forbids it', async () => {
    const { stage, admit } = await admitting({ allowAutoTopicCreation: false });
    expect(await admit('t')).toMatch(/^topic-not-found/);
    const override = (allowAutoTopicCreation: boolean) =>
      stage.until(
        stage.broker.setNamespacePolicies('public/default', {
          autoTopicCreation: { allowAutoTopicCreation },
        }),
      );
    await override(true);
    expect(await admit('t')).toBe('ok');
    await override(false);
    expect(await admit('u')).toMatch(/^topic-not-found/);
    expect(await admit('t')).toBe('ok');
  });

  it('says that the namespace is missing, also where the tenant is', async () => {
    const { stage, admit } = await admitting();
    expect(await admit('nope/nope/t')).toBe('namespace-not-found: Namespace not found');
    expect(await admit('public/nope/t')).toBe('namespace-not-found: Namespace not found');
    const lookup = (name: string) => outcome(() => stage.broker.checkLookup(parseTopicName(name)));
    expect(lookup('public/nope/t')).toBe('namespace-not-found: Namespace not found');
    expect(lookup('never-made')).toBe('ok');
  });

  it('refuses the base name of a partitioned topic, and partitions that it has not', async () => {
    const { stage, admit } = await admitting();
    await stage.until(stage.broker.createPartitionedTopic(parseTopicName('pt'), 2));
    expect(await admit('pt')).toBe(
      'not-allowed: Found partitioned metadata for non-partitioned topic: ' +
        'persistent://public/default/pt',
    );
    expect(await admit('pt-partition-1')).toBe('ok');
    expect(await admit('pt-partition-9')).toBe(
      'topic-not-found: Topic not found persistent://public/default/pt-partition-9',
    );
    expect(await admit('x-partition-0')).toBe(
      'not-allowed: Partition metadata not found for the partitioned topic: ' +
        'persistent://public/default/x-partition-0',
    );
  });

  it('makes a missing partition again, even where nothing is created by itself', async () => {
    const { stage, admit } = await admitting({ allowAutoTopicCreation: false });
    await stage.until(stage.broker.createPartitionedTopic(parseTopicName('pt'), 2));
    const partition = parseTopicName('pt-partition-1');
    await stage.until(stage.broker.deleteTopic(partition, true));
    expect(await admit('pt-partition-1')).toBe('ok');
    expect(stage.broker.topicView(partition)).toBeDefined();
  });

  it('says so while the broker is not open', async () => {
    const { stage, admit } = await admitting();
    await stage.close();
    expect(await admit('t')).toMatch(/^service-not-ready/);
  });
});

describe('asking for partitions', () => {
  it('gives 0 for a plain topic and for one that may be created', async () => {
    const { stage, admit, partitionsOf } = await admitting();
    await admit('t');
    expect([await partitionsOf('t'), await partitionsOf('u')]).toEqual([0, 0]);
    expect(await stage.broker.topicsOf('public/default')).toHaveLength(1);
  });

  it('makes a partitioned topic where that is the kind to be made', async () => {
    const { stage, partitionsOf } = await admitting({ autoTopicType: 'partitioned' });
    expect(await partitionsOf('pt')).toBe(2);
    expect(await partitionsOf('pt')).toBe(2);
    expect(await stage.broker.topicsOf('public/default')).toEqual([
      'persistent://public/default/pt-partition-0',
      'persistent://public/default/pt-partition-1',
    ]);
    expect(await partitionsOf('x-DLQ')).toBe(0);
    expect(await partitionsOf('x-RETRY')).toBe(0);
    expect(await partitionsOf('pt-partition-0')).toBe(0);
  });

  it('follows the namespace before the broker', async () => {
    const { stage, partitionsOf } = await admitting();
    const autoTopicCreation = {
      allowAutoTopicCreation: true,
      topicType: 'partitioned',
      defaultNumPartitions: 3,
    };
    await stage.until(stage.broker.setNamespacePolicies('public/default', { autoTopicCreation }));
    expect(await partitionsOf('pt')).toBe(3);
  });

  it('creates nothing for who only looks', async () => {
    const { stage, partitionsOf } = await admitting({ autoTopicType: 'partitioned' });
    expect(await partitionsOf('pt', false)).toMatch(/^topic-not-found/);
    expect(await stage.broker.partitionedTopicsOf('public/default')).toEqual([]);
  });

  it('made by two at once is made once', async () => {
    const { stage, partitionsOf } = await admitting({ autoTopicType: 'partitioned' });
    const both = Promise.all([partitionsOf('pt'), partitionsOf('pt')]);
    expect(await stage.until(both)).toEqual([2, 2]);
  });
});

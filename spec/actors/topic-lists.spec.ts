import { expect, it } from 'vitest';
import { TopicLists } from '../../src/actors/topic-lists.ts';
import { parseTopicName } from '../../src/base/topic-name.ts';
import { Stage } from './harness.ts';

it('topics say that they have come and gone, once that is durable', async () => {
  const lists = new TopicLists();
  const stage = await Stage.open({
    topic: { lists },
    policies: { inactiveTopics: { deleteWhileInactive: true, maxInactiveDurationSeconds: 60 } },
  });
  const heard: string[] = [];
  const end = lists.watch('public/default', (added, removed) => {
    const names = [...added.map((name) => `+${name}`), ...removed.map((name) => `-${name}`)];
    heard.push(...names.map((name) => name.replace('persistent://public/default/', '')));
  });
  const { broker } = stage;
  await stage.producer('made-by-a-producer');
  await stage.until(broker.createTopic(parseTopicName('made')));
  await stage.until(broker.createPartitionedTopic(parseTopicName('p'), 2));
  expect(heard.splice(0)).toEqual([
    '+made-by-a-producer',
    '+made',
    '+p-partition-0',
    '+p-partition-1',
  ]);
  await stage.until(broker.deleteTopic(parseTopicName('made-by-a-producer'), true));
  await stage.until(broker.deletePartitionedTopic(parseTopicName('p'), false));
  await stage.advance(61_000);
  expect(heard.splice(0)).toEqual([
    '-made-by-a-producer',
    '-p-partition-0',
    '-p-partition-1',
    '-made',
  ]);
  end();
  await stage.producer('unheard');
  expect(heard).toEqual([]);
});

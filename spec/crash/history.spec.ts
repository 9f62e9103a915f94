import { beforeEach, describe, expect, it } from 'vitest';
import { Broken, type Delivery, SubscriptionHistory, TopicHistory } from './history.ts';
import type { Received } from './message.ts';

const message = (sequence: number, batchIndex = 0): Received => ({
  name: `p#${sequence}`,
  producer: 'p',
  sequence,
  batchIndex,
  key: 'k',
});

/** The entry at `entryId` of ledger 1, with these messages. */
const entry = (entryId: number, sequences: number[], more: Partial<Delivery> = {}): Delivery => ({
  ledgerId: 1,
  entryId,
  messages: sequences.map(message),
  isLive: () => true,
  redeliveryCount: 0,
  ...more,
});

describe('the history of a topic', () => {
  let topic: TopicHistory;
  beforeEach(() => {
    topic = new TopicHistory('t');
    topic.sent(['p#0', 'p#1', 'p#2']);
  });

  it('is content with what it was told', () => {
    topic.receipt(['p#0'], { ledgerId: 1, entryId: 0 });
    topic.readAll([entry(0, [0]), entry(1, [1, 2])]);
    expect(topic.stored).toEqual(['p#0', 'p#1', 'p#2']);
  });

  it.each<[string, () => void, RegExp]>([
    [
      'a message with a receipt is not there',
      () => {
        topic.receipt(['p#1'], { ledgerId: 1, entryId: 1 });
        topic.readAll([entry(0, [0])]);
      },
      /lost 1 with a receipt: p#1/,
    ],
    ['a message is there twice', () => topic.readAll([entry(0, [0]), entry(1, [0])]), /twice/],
    ['order is lost', () => topic.readAll([entry(0, [1]), entry(1, [0])]), /p#0 is out of order/],
    ['entries are out of order', () => topic.readAll([entry(1, [0]), entry(0, [1])]), /1:0 after/],
    ['nobody sent it', () => topic.readAll([entry(0, [7])]), /p#7, which nobody sent/],
    [
      'an entry has moved',
      () => {
        topic.receipt(['p#0'], { ledgerId: 1, entryId: 5 });
        topic.delivered(entry(0, [0]));
      },
      /at 1:0, known at 1:5/,
    ],
    [
      'a later message arrived without an earlier one',
      () => {
        topic.doubt(['p#0', 'p#1']);
        topic.readAll([entry(0, [1])]);
      },
      /p#1 is there without p#0 before it/,
    ],
    [
      'a message appears that was not there before',
      () => {
        topic.doubt(['p#0']);
        topic.readAll([]);
        topic.readAll([entry(0, [0])]);
      },
      /p#0, which was not there before/,
    ],
    [
      'a message that was delivered is lost',
      () => {
        topic.delivered(entry(0, [0]));
        topic.readAll([]);
      },
      /lost 1/,
    ],
  ])('breaks when %s', (_what, story, reason) => {
    expect(story).toThrow(Broken);
    expect(story).toThrow(reason);
  });

  it('lets the end of what was on its way be missing', () => {
    topic.doubt(['p#0', 'p#1', 'p#2']);
    topic.readAll([entry(0, [0])]);
    expect(topic.stored).toEqual(['p#0']);
  });
});

describe('the history of a subscription', () => {
  let subscription: SubscriptionHistory;
  beforeEach(() => {
    const topic = new TopicHistory('t');
    topic.sent(['p#0', 'p#1', 'p#2']);
    topic.receipt(['p#0', 'p#1', 'p#2'], undefined);
    subscription = new SubscriptionHistory('s', topic);
  });

  it('waits for what was never acknowledged', () => {
    subscription.ackSent(['p#1']);
    expect([...subscription.outstanding()]).toEqual(['p#0', 'p#2']);
  });

  it('lets come again what was not confirmed', () => {
    subscription.ackSent(['p#0']);
    expect(subscription.delivered(entry(0, [0]))).toHaveLength(1);
  });

  it('gives out the messages of a batch that are left', () => {
    const half = entry(0, [0, 1], { isLive: (index) => index === 1 });
    subscription.ackConfirmed(['p#0']);
    expect(subscription.delivered(half).map(({ name }) => name)).toEqual(['p#1']);
  });

  it.each<[string, () => void, RegExp]>([
    [
      'a confirmed message comes again',
      () => {
        subscription.ackConfirmed(['p#0']);
        subscription.delivered(entry(0, [0]));
      },
      /p#0 came again; it was acknowledged/,
    ],
    [
      'something before the confirmed position comes again',
      () => {
        subscription.ackConfirmed([], { ledgerId: 1, entryId: 4 });
        subscription.delivered(entry(4, [0]));
      },
      /1:4 came again; acknowledged up to 1:4/,
    ],
    [
      'an entry comes with nothing left in it',
      () => void subscription.delivered(entry(0, [0], { isLive: () => false })),
      /with every message acknowledged/,
    ],
    [
      'a count falls',
      () => {
        subscription.nackSent(entry(0, [0]));
        subscription.delivered(entry(0, [0], { redeliveryCount: 1 }));
        subscription.delivered(entry(0, [0]));
      },
      /count 0 after 1$/,
    ],
    [
      'a count has no cause',
      () => void subscription.delivered(entry(0, [0], { redeliveryCount: 1 })),
      /count 1 after 0 nacks/,
    ],
  ])('breaks when %s', (_what, story, reason) => {
    expect(story).toThrow(reason);
  });
});

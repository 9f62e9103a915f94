/**
 * A non-persistent topic hands messages on to its subscriptions and keeps none of them. Nothing of
 * it is durable, so nobody waits for the journal; the entries are lent by whoever published them
 * until the receipt, which therefore leaves behind all deliveries.
 */
import { UNSTORED } from '../../base/position.ts';
import { subscriptionActor } from '../names.ts';
import { Decision, type Facts } from '../runtime/behaviour.ts';
import type { PassingEntries } from '../subscription/commands.ts';
import type { Publish } from './commands.ts';
import { compactCounts } from './events.ts';
import type { TopicOptions } from './options.ts';
import { policiesOf } from './policies.ts';
import {
  bytesOf,
  type PublishRules,
  passingRulesOf,
  refusalOf,
  refused,
  type Slice,
} from './publish-rules.ts';
import type { Producer, TopicState } from './state.ts';

export function passOn(
  state: TopicState,
  command: Publish,
  producer: Producer,
  facts: Facts,
  options: TopicOptions,
): Decision {
  if (command.isDropped === true) return dropped(command, producer);
  const decision = new Decision();
  const rules = passingRulesOf(policiesOf(state, facts, options));
  if (rules === undefined) pass(state, decision, command, producer, facts);
  else passEach(state, decision, command, producer, rules, facts);
  return decision;
}

/** Those that follow each other and have the same fate share it; all hear of it in their order. */
function passEach(
  state: TopicState,
  decision: Decision,
  command: Publish,
  producer: Producer,
  rules: PublishRules,
  facts: Facts,
): void {
  const fates = command.entries.map((_, i) => refusalOf(command, i, rules, facts));
  for (let from = 0, to = 0; from < fates.length; from = to) {
    const fate = fates[from];
    while (to < fates.length && fates[to] === fate) to++;
    if (fate === undefined) pass(state, decision, part(command, { from, to }), producer, facts);
    else decision.sendLast(producer.recipient, refused(producer, command, { from, to }, fate));
  }
}

function part(command: Publish, { from, to }: Slice): Publish {
  const { entries, sequenceIds, highestSequenceIds, messageCounts } = command;
  const taken = entries.slice(from, to);
  return {
    ...command,
    entries: taken,
    bytes: bytesOf(taken),
    sequenceIds: sequenceIds.slice(from, to),
    highestSequenceIds: highestSequenceIds.slice(from, to),
    messageCounts: messageCounts.slice(from, to),
  };
}

function pass(
  state: TopicState,
  decision: Decision,
  command: Publish,
  producer: Producer,
  facts: Facts,
): void {
  const { entries, messageCounts, bytes, chunked } = command;
  const messages = compactCounts(messageCounts);
  const count = entries.length;
  decision.change({
    type: 'entries-passed',
    data: { messages, count, bytes, chunked, producer: producer.name, atMs: facts.nowMs },
  });
  if (state.subscriptions.size > 0) {
    const mail: PassingEntries = {
      type: 'passing',
      isLent: true,
      slice: {
        firstOffset: 0,
        ledgerId: UNSTORED.ledgerId,
        firstEntryId: UNSTORED.entryId,
        entries,
        messages,
        redeliveries: 0,
        ackSet: undefined,
        brokerEntries: undefined,
        // The parts of a larger message are nothing special here.
        chunked: false,
        dueAtMs: undefined,
      },
    };
    for (const name of state.subscriptions.keys()) {
      decision.tell(subscriptionActor(state.progress.topicId, name), mail);
    }
  }
  receipt(decision, producer, command, UNSTORED, bytes);
}

/** Messages beyond what a connection may have under way get a receipt without a position. */
function dropped(command: Publish, producer: Producer): Decision {
  const decision = new Decision();
  const { key, messageCounts } = command;
  const messages = messageCounts.reduce((sum, count) => sum + count, 0);
  decision.change({ type: 'messages-dropped', data: { key, messages } });
  receipt(decision, producer, command, { ledgerId: -1, entryId: -1 }, 0);
  return decision;
}

function receipt(
  decision: Decision,
  { recipient, producerId }: Producer,
  { sequenceIds, highestSequenceIds }: Pick<Publish, 'sequenceIds' | 'highestSequenceIds'>,
  { ledgerId, entryId: firstEntryId }: typeof UNSTORED,
  bytes: number,
): void {
  decision.sendLast(recipient, {
    type: 'published',
    producerId,
    sequenceIds,
    highestSequenceIds,
    ledgerId,
    firstEntryId,
    bytes,
  });
}

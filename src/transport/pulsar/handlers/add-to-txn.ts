/**
 * ADD_PARTITION_TO_TXN and ADD_SUBSCRIPTION_TO_TXN: what a transaction will publish to, and where
 * it will acknowledge. It comes before the first message or acknowledgement.
 */
import type { Participant } from '../../../actors/transaction/commands.ts';
import { parseTopicName } from '../../../base/topic-name.ts';
import type {
  CommandAddPartitionToTxn,
  CommandAddSubscriptionToTxn,
} from '../../../wire/messages.ts';
import type { Session } from '../session.ts';
import { askCoordinator, txnOf, userOf } from '../transactions.ts';
import { serverErrorOf } from '../translate.ts';

export function addPartitionToTxn(session: Session, command: CommandAddPartitionToTxn): void {
  add(session, 'ADD_PARTITION_TO_TXN_RESPONSE', command, () =>
    (command.partitions ?? []).map(participant),
  );
}

export function addSubscriptionToTxn(session: Session, command: CommandAddSubscriptionToTxn): void {
  add(session, 'ADD_SUBSCRIPTION_TO_TXN_RESPONSE', command, () =>
    (command.subscription ?? []).map(({ topic, subscription }) => {
      return { ...participant(topic), subscription };
    }),
  );
}

function participant(topic: string): Participant {
  const { full } = parseTopicName(topic);
  return full === topic ? { topic } : { topic: full, writtenAs: topic };
}

function add(
  session: Session,
  response: 'ADD_PARTITION_TO_TXN_RESPONSE' | 'ADD_SUBSCRIPTION_TO_TXN_RESPONSE',
  command: CommandAddPartitionToTxn | CommandAddSubscriptionToTxn,
  participants: () => readonly Participant[],
): void {
  const { request_id, txnid_least_bits, txnid_most_bits } = command;
  const answer = { request_id, txnid_least_bits, txnid_most_bits };
  askCoordinator(session, request_id, {
    ask: async () => {
      const { transactions } = session.context.broker;
      return transactions.join(txnOf(command), participants(), userOf(session));
    },
    done: () => session.outbox.command(response, answer),
    failed: ({ code, message }) =>
      session.outbox.command(response, { ...answer, error: serverErrorOf(code), message }),
  });
}

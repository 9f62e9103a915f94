/**
 * TypeScript types of every protocol message, derived from the field tables. Names are the
 * protocol's. Presence is proto2's: a field that did not travel is absent from the decoded
 * value, not its default; `defaults` holds what absence means. An encoder skips `undefined` and
 * empty lists.
 */

import type { Long } from '../base/long.ts';
import { baseCommandFields } from './table/base-command.ts';
import { connectionFields } from './table/connection.ts';
import { consumingFields } from './table/consuming.ts';
import { dataFields } from './table/data.ts';
import * as enumsByName from './table/enums.ts';
import { listingFields } from './table/listing.ts';
import { producingFields } from './table/producing.ts';
import type { FieldRow, FieldTable } from './table/rows.ts';
import { scalableFields } from './table/scalable.ts';
import { transactionFields } from './table/transactions.ts';

export * from './table/enums.ts';

/** The rows of every message. */
export const messageFields = {
  ...dataFields,
  ...connectionFields,
  ...producingFields,
  ...consumingFields,
  ...listingFields,
  ...scalableFields,
  ...transactionFields,
  ...baseCommandFields,
} as const satisfies FieldTable;

/** Every enum, by the name that the tables use. */
export const enums: Readonly<Record<EnumName, Readonly<Record<string, number>>>> = enumsByName;

export type MessageName = keyof typeof messageFields;
export type EnumName = keyof typeof enumsByName;

/** A message by name: `Message<'CommandSend'>` is `CommandSend`. */
export type Message<M extends MessageName> = {
  readonly [R in Row<M> as R[3] extends 'required' ? R[1] : never]: Value<R[2]>;
} & {
  readonly [R in Row<M> as R[3] extends 'optional' ? R[1] : never]?: Value<R[2]> | undefined;
} & {
  readonly [R in Row<M> as R[3] extends 'repeated' ? R[1] : never]?:
    | readonly Value<R[2]>[]
    | undefined;
};

/** What an absent field of message `M` means, for the fields that have a default. */
export type Defaults<M extends MessageName> = {
  readonly [R in Row<M> as R[4] extends string | number | boolean ? R[1] : never]: Value<R[2]>;
};

/** `defaults.CommandSubscribe.durable` is what a SUBSCRIBE without `durable` means. */
export const defaults = Object.fromEntries(
  Object.entries(messageFields as FieldTable).map(([message, rows]) => [
    message,
    readDefaults(rows),
  ]),
) as unknown as { readonly [M in MessageName]: Defaults<M> };

function readDefaults(rows: readonly FieldRow[]): Record<string, string | number | boolean> {
  const found: Record<string, string | number | boolean> = {};
  for (const [, name, type, , value] of rows) {
    if (value === undefined) continue;
    found[name] = type in enums ? enums[type as EnumName][String(value)]! : value;
  }
  return found;
}

type Row<M extends MessageName> = (typeof messageFields)[M][number];

interface Scalars {
  bool: boolean;
  bytes: Buffer;
  double: number;
  int32: number;
  int64: Long;
  string: string;
  uint32: number;
  uint64: Long;
}

type EnumValue<E extends EnumName> = (typeof enumsByName)[E][keyof (typeof enumsByName)[E]];

type Value<T> = T extends keyof Scalars
  ? Scalars[T]
  : T extends EnumName
    ? EnumValue<T>
    : T extends MessageName
      ? Message<T>
      : never;

// Short names for the messages that code speaks of; any other is `Message<'ItsName'>`.
export type MessageIdData = Message<'MessageIdData'>;
export type KeyLongValue = Message<'KeyLongValue'>;
export type MessageMetadata = Message<'MessageMetadata'>;
export type SingleMessageMetadata = Message<'SingleMessageMetadata'>;
export type BrokerEntryMetadata = Message<'BrokerEntryMetadata'>;
export type CommandConnect = Message<'CommandConnect'>;
export type CommandAuthResponse = Message<'CommandAuthResponse'>;
export type CommandSubscribe = Message<'CommandSubscribe'>;
export type CommandPartitionedTopicMetadata = Message<'CommandPartitionedTopicMetadata'>;
export type CommandLookupTopic = Message<'CommandLookupTopic'>;
export type CommandProducer = Message<'CommandProducer'>;
export type CommandSend = Message<'CommandSend'>;
export type CommandUnsubscribe = Message<'CommandUnsubscribe'>;
export type CommandSeek = Message<'CommandSeek'>;
export type CommandCloseProducer = Message<'CommandCloseProducer'>;
export type CommandCloseConsumer = Message<'CommandCloseConsumer'>;
export type CommandRedeliverUnacknowledgedMessages =
  Message<'CommandRedeliverUnacknowledgedMessages'>;
export type CommandConsumerStats = Message<'CommandConsumerStats'>;
export type CommandGetLastMessageId = Message<'CommandGetLastMessageId'>;
export type CommandGetTopicsOfNamespace = Message<'CommandGetTopicsOfNamespace'>;
export type CommandWatchTopicList = Message<'CommandWatchTopicList'>;
export type CommandWatchTopicListClose = Message<'CommandWatchTopicListClose'>;
export type CommandGetSchema = Message<'CommandGetSchema'>;
export type CommandGetOrCreateSchema = Message<'CommandGetOrCreateSchema'>;
export type CommandTcClientConnectRequest = Message<'CommandTcClientConnectRequest'>;
export type CommandNewTxn = Message<'CommandNewTxn'>;
export type CommandAddPartitionToTxn = Message<'CommandAddPartitionToTxn'>;
export type CommandAddSubscriptionToTxn = Message<'CommandAddSubscriptionToTxn'>;
export type CommandEndTxn = Message<'CommandEndTxn'>;
export type CommandEndTxnOnPartition = Message<'CommandEndTxnOnPartition'>;
export type CommandEndTxnOnSubscription = Message<'CommandEndTxnOnSubscription'>;

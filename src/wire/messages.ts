/**
 * TypeScript types of every protocol message, derived from the field tables. Names are the
 * protocol's. Presence is proto2's: a field that did not travel is absent from the decoded value, not
 * its default; `defaults` holds what absence means. An encoder skips `undefined` and empty lists.
 */

import type { Long } from './long.ts';
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

export type Schema = Message<'Schema'>;
export type MessageIdData = Message<'MessageIdData'>;
export type KeyValue = Message<'KeyValue'>;
export type KeyLongValue = Message<'KeyLongValue'>;
export type IntRange = Message<'IntRange'>;
export type EncryptionKeys = Message<'EncryptionKeys'>;
export type MessageMetadata = Message<'MessageMetadata'>;
export type SingleMessageMetadata = Message<'SingleMessageMetadata'>;
export type BrokerEntryMetadata = Message<'BrokerEntryMetadata'>;
export type CommandConnect = Message<'CommandConnect'>;
export type FeatureFlags = Message<'FeatureFlags'>;
export type CommandConnected = Message<'CommandConnected'>;
export type CommandAuthResponse = Message<'CommandAuthResponse'>;
export type CommandAuthChallenge = Message<'CommandAuthChallenge'>;
export type AuthData = Message<'AuthData'>;
export type KeySharedMeta = Message<'KeySharedMeta'>;
export type CommandSubscribe = Message<'CommandSubscribe'>;
export type CommandPartitionedTopicMetadata = Message<'CommandPartitionedTopicMetadata'>;
export type CommandPartitionedTopicMetadataResponse =
  Message<'CommandPartitionedTopicMetadataResponse'>;
export type CommandLookupTopic = Message<'CommandLookupTopic'>;
export type CommandLookupTopicResponse = Message<'CommandLookupTopicResponse'>;
export type CommandProducer = Message<'CommandProducer'>;
export type CommandSend = Message<'CommandSend'>;
export type CommandSendReceipt = Message<'CommandSendReceipt'>;
export type CommandSendError = Message<'CommandSendError'>;
export type CommandMessage = Message<'CommandMessage'>;
export type CommandAck = Message<'CommandAck'>;
export type CommandAckResponse = Message<'CommandAckResponse'>;
export type CommandActiveConsumerChange = Message<'CommandActiveConsumerChange'>;
export type CommandFlow = Message<'CommandFlow'>;
export type CommandUnsubscribe = Message<'CommandUnsubscribe'>;
export type CommandSeek = Message<'CommandSeek'>;
export type CommandReachedEndOfTopic = Message<'CommandReachedEndOfTopic'>;
export type CommandTopicMigrated = Message<'CommandTopicMigrated'>;
export type CommandCloseProducer = Message<'CommandCloseProducer'>;
export type CommandCloseConsumer = Message<'CommandCloseConsumer'>;
export type CommandRedeliverUnacknowledgedMessages =
  Message<'CommandRedeliverUnacknowledgedMessages'>;
export type CommandSuccess = Message<'CommandSuccess'>;
export type CommandProducerSuccess = Message<'CommandProducerSuccess'>;
export type CommandError = Message<'CommandError'>;
export type CommandPing = Message<'CommandPing'>;
export type CommandPong = Message<'CommandPong'>;
export type CommandConsumerStats = Message<'CommandConsumerStats'>;
export type CommandConsumerStatsResponse = Message<'CommandConsumerStatsResponse'>;
export type CommandGetLastMessageId = Message<'CommandGetLastMessageId'>;
export type CommandGetLastMessageIdResponse = Message<'CommandGetLastMessageIdResponse'>;
export type CommandGetTopicsOfNamespace = Message<'CommandGetTopicsOfNamespace'>;
export type CommandGetTopicsOfNamespaceResponse = Message<'CommandGetTopicsOfNamespaceResponse'>;
export type CommandWatchTopicList = Message<'CommandWatchTopicList'>;
export type CommandWatchTopicListSuccess = Message<'CommandWatchTopicListSuccess'>;
export type CommandWatchTopicUpdate = Message<'CommandWatchTopicUpdate'>;
export type CommandWatchTopicListClose = Message<'CommandWatchTopicListClose'>;
export type SegmentInfoProto = Message<'SegmentInfoProto'>;
export type SegmentBrokerAddress = Message<'SegmentBrokerAddress'>;
export type ScalableTopicDAG = Message<'ScalableTopicDAG'>;
export type CommandScalableTopicLookup = Message<'CommandScalableTopicLookup'>;
export type CommandScalableTopicUpdate = Message<'CommandScalableTopicUpdate'>;
export type CommandScalableTopicClose = Message<'CommandScalableTopicClose'>;
export type ScalableAssignedSegment = Message<'ScalableAssignedSegment'>;
export type ScalableConsumerAssignment = Message<'ScalableConsumerAssignment'>;
export type CommandScalableTopicSubscribe = Message<'CommandScalableTopicSubscribe'>;
export type CommandScalableTopicSubscribeResponse =
  Message<'CommandScalableTopicSubscribeResponse'>;
export type CommandScalableTopicAssignmentUpdate = Message<'CommandScalableTopicAssignmentUpdate'>;
export type CommandWatchScalableTopics = Message<'CommandWatchScalableTopics'>;
export type ScalableTopicsSnapshot = Message<'ScalableTopicsSnapshot'>;
export type ScalableTopicsDiff = Message<'ScalableTopicsDiff'>;
export type CommandWatchScalableTopicsUpdate = Message<'CommandWatchScalableTopicsUpdate'>;
export type CommandWatchScalableTopicsClose = Message<'CommandWatchScalableTopicsClose'>;
export type CommandWatchTcAssignments = Message<'CommandWatchTcAssignments'>;
export type TcAssignment = Message<'TcAssignment'>;
export type TcAssignmentsSnapshot = Message<'TcAssignmentsSnapshot'>;
export type CommandWatchTcAssignmentsUpdate = Message<'CommandWatchTcAssignmentsUpdate'>;
export type CommandWatchTcAssignmentsClose = Message<'CommandWatchTcAssignmentsClose'>;
export type CommandGetSchema = Message<'CommandGetSchema'>;
export type CommandGetSchemaResponse = Message<'CommandGetSchemaResponse'>;
export type CommandGetOrCreateSchema = Message<'CommandGetOrCreateSchema'>;
export type CommandGetOrCreateSchemaResponse = Message<'CommandGetOrCreateSchemaResponse'>;
export type CommandTcClientConnectRequest = Message<'CommandTcClientConnectRequest'>;
export type CommandTcClientConnectResponse = Message<'CommandTcClientConnectResponse'>;
export type CommandNewTxn = Message<'CommandNewTxn'>;
export type CommandNewTxnResponse = Message<'CommandNewTxnResponse'>;
export type CommandAddPartitionToTxn = Message<'CommandAddPartitionToTxn'>;
export type CommandAddPartitionToTxnResponse = Message<'CommandAddPartitionToTxnResponse'>;
export type Subscription = Message<'Subscription'>;
export type CommandAddSubscriptionToTxn = Message<'CommandAddSubscriptionToTxn'>;
export type CommandAddSubscriptionToTxnResponse = Message<'CommandAddSubscriptionToTxnResponse'>;
export type CommandEndTxn = Message<'CommandEndTxn'>;
export type CommandEndTxnResponse = Message<'CommandEndTxnResponse'>;
export type CommandEndTxnOnPartition = Message<'CommandEndTxnOnPartition'>;
export type CommandEndTxnOnPartitionResponse = Message<'CommandEndTxnOnPartitionResponse'>;
export type CommandEndTxnOnSubscription = Message<'CommandEndTxnOnSubscription'>;
export type CommandEndTxnOnSubscriptionResponse = Message<'CommandEndTxnOnSubscriptionResponse'>;
export type BaseCommand = Message<'BaseCommand'>;

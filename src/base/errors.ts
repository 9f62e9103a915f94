/**
 * The one registry of errors. Each entry says which code Pulsar's clients see on the wire and which
 * status REST answers; the message is written where the error is raised: what happened, to what,
 * and what to do. A code is never reused for another meaning.
 */

/** Names of Pulsar's `ServerError` enum, as the wire layer numbers them. */
export type ServerErrorName =
  | 'UnknownError'
  | 'MetadataError'
  | 'PersistenceError'
  | 'AuthenticationError'
  | 'AuthorizationError'
  | 'ConsumerBusy'
  | 'ServiceNotReady'
  | 'ProducerBlockedQuotaExceededError'
  | 'ProducerBlockedQuotaExceededException'
  | 'ChecksumError'
  | 'UnsupportedVersionError'
  | 'TopicNotFound'
  | 'SubscriptionNotFound'
  | 'ConsumerNotFound'
  | 'TooManyRequests'
  | 'TopicTerminatedError'
  | 'ProducerBusy'
  | 'InvalidTopicName'
  | 'IncompatibleSchema'
  | 'ConsumerAssignError'
  | 'TransactionCoordinatorNotFound'
  | 'InvalidTxnStatus'
  | 'NotAllowedError'
  | 'TransactionConflict'
  | 'TransactionNotFound'
  | 'ProducerFenced';

interface ErrorEntry {
  readonly wire: ServerErrorName;
  readonly http: number;
}

const registry = {
  // Names and lookups
  'invalid-topic-name': { wire: 'InvalidTopicName', http: 412 },
  'invalid-name': { wire: 'InvalidTopicName', http: 412 },
  'invalid-argument': { wire: 'NotAllowedError', http: 400 },
  'precondition-failed': { wire: 'NotAllowedError', http: 412 },
  'topic-not-found': { wire: 'TopicNotFound', http: 404 },
  'namespace-not-found': { wire: 'TopicNotFound', http: 404 },
  'tenant-not-found': { wire: 'TopicNotFound', http: 404 },
  'cluster-not-found': { wire: 'MetadataError', http: 404 },
  'message-not-found': { wire: 'MetadataError', http: 404 },
  'already-exists': { wire: 'MetadataError', http: 409 },
  conflict: { wire: 'NotAllowedError', http: 409 },
  'not-allowed': { wire: 'NotAllowedError', http: 405 },
  unprocessable: { wire: 'NotAllowedError', http: 422 },
  'not-acceptable': { wire: 'NotAllowedError', http: 406 },
  'not-implemented': { wire: 'NotAllowedError', http: 501 },
  // Producers
  'producer-busy': { wire: 'ProducerBusy', http: 409 },
  'producer-fenced': { wire: 'ProducerFenced', http: 409 },
  'quota-exceeded-hold': { wire: 'ProducerBlockedQuotaExceededError', http: 412 },
  'quota-exceeded': { wire: 'ProducerBlockedQuotaExceededException', http: 412 },
  'topic-terminated': { wire: 'TopicTerminatedError', http: 409 },
  checksum: { wire: 'ChecksumError', http: 400 },
  // Schemas
  'incompatible-schema': { wire: 'IncompatibleSchema', http: 409 },
  'invalid-schema': { wire: 'IncompatibleSchema', http: 422 },
  // Subscriptions and consumers
  'subscription-not-found': { wire: 'SubscriptionNotFound', http: 404 },
  'subscription-name': { wire: 'ProducerBusy', http: 412 },
  'consumer-not-found': { wire: 'MetadataError', http: 404 },
  'consumer-busy': { wire: 'ConsumerBusy', http: 412 },
  'consumer-assign': { wire: 'ConsumerAssignError', http: 412 },
  metadata: { wire: 'MetadataError', http: 500 },
  'seek-failed': { wire: 'UnknownError', http: 500 },
  // Transactions
  'coordinator-not-found': { wire: 'TransactionCoordinatorNotFound', http: 404 },
  'transaction-not-found': { wire: 'TransactionNotFound', http: 404 },
  'transaction-status': { wire: 'InvalidTxnStatus', http: 409 },
  'transaction-conflict': { wire: 'TransactionConflict', http: 409 },
  'transaction-limit': { wire: 'TooManyRequests', http: 503 },
  // The broker itself
  persistence: { wire: 'PersistenceError', http: 500 },
  'service-not-ready': { wire: 'ServiceNotReady', http: 503 },
  'too-many-requests': { wire: 'TooManyRequests', http: 503 },
  authentication: { wire: 'AuthenticationError', http: 401 },
  authorization: { wire: 'AuthorizationError', http: 403 },
  // Pulsar answers 401 for some of what a role may not do, 403 for the rest.
  unauthorized: { wire: 'AuthorizationError', http: 401 },
  unknown: { wire: 'UnknownError', http: 500 },
  // Storage: raised while opening or reading a data folder
  'data-folder-in-use': { wire: 'PersistenceError', http: 500 },
  'data-folder-version': { wire: 'PersistenceError', http: 500 },
  'storage-corrupt': { wire: 'PersistenceError', http: 500 },
  'storage-missing': { wire: 'PersistenceError', http: 500 },
  'storage-full': { wire: 'PersistenceError', http: 507 },
  'storage-failed': { wire: 'PersistenceError', http: 500 },
  // Start-up
  'bad-option': { wire: 'UnknownError', http: 500 },
  'address-in-use': { wire: 'UnknownError', http: 500 },
  // Bytes from a peer
  'bad-frame': { wire: 'UnknownError', http: 400 },
} as const satisfies Record<string, ErrorEntry>;

/** Every way in which the broker refuses or fails. */
export type ErrorCode = keyof typeof registry;

/** Every registered code, for documents and specs. */
export const errorCodes = Object.keys(registry) as readonly ErrorCode[];

/** An error of the registry. `message` says what happened, to what, and what to do. */
export class BrokerError extends Error {
  override readonly name = 'BrokerError';
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }

  /** The `ServerError` that a client sees. */
  get wireError(): ServerErrorName {
    return registry[this.code].wire;
  }

  /** The HTTP status that REST answers. */
  get httpStatus(): number {
    return registry[this.code].http;
  }
}

/** The same error as plain data, for effects that leave an actor. */
export interface Refusal {
  readonly code: ErrorCode;
  readonly message: string;
}

export function refuse(code: ErrorCode, message: string): Refusal {
  return { code, message };
}

/** The wire code of a refusal. */
export function wireErrorOf(code: ErrorCode): ServerErrorName {
  return registry[code].wire;
}

/** The HTTP status of a refusal. */
export function httpStatusOf(code: ErrorCode): number {
  return registry[code].http;
}

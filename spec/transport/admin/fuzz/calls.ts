/** REST calls that are made up from an OpenAPI document: names, queries and bodies of all kinds. */
import { request } from 'node:http';
import fc from 'fast-check';
import { fitting, type Schema, type Schemas } from './schemas.ts';

export interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly components: { readonly schemas: Schemas };
}

interface Content {
  readonly content?: { readonly 'application/json': { readonly schema: Schema } };
}

/** An operation as the document has it. */
interface Told {
  readonly operationId: string;
  readonly parameters?: readonly { readonly name: string }[];
  readonly requestBody?: Content;
  readonly responses: { readonly '2XX': Content };
}

export interface Operation {
  readonly method: string;
  readonly path: string;
  readonly names: readonly string[];
  readonly id: string;
  readonly queries: readonly string[];
  /** Of the body and of the answer, where there is one. */
  readonly body: Schema | undefined;
  readonly answer: Schema | undefined;
}

export interface FuzzCall {
  readonly method: string;
  readonly url: string;
  readonly body: string | undefined;
  readonly type: string;
}

export function operationsOf({ paths }: Document): readonly Operation[] {
  return Object.entries(paths).flatMap(([path, { parameters, ...operations }]) => {
    const names = (parameters as readonly { name: string }[]).map(({ name }) => name);
    return Object.entries(operations).map(([method, operation]) => {
      const { operationId: id, parameters: query = [], ...told } = operation as Told;
      return {
        method: method.toUpperCase(),
        path,
        names,
        id,
        queries: query.map(({ name }) => name),
        body: schemaOf(told.requestBody),
        answer: schemaOf(told.responses['2XX']),
      };
    });
  });
}

function schemaOf(content: Content | undefined): Schema | undefined {
  return content?.content?.['application/json'].schema;
}

/** Half of the bodies, and more of the queries, are what the document says. */
export function fuzzCall(document: Document): fc.Arbitrary<FuzzCall> {
  // All but what ends the broker.
  const operations = operationsOf(document).filter(({ path }) => !path.endsWith('/shutdown'));
  const operation = fc.constantFrom(...operations);
  const parts = operation.chain((one) =>
    fc.record({
      operation: fc.constant(one),
      names: fc.infiniteStream(NAME),
      query: fc.dictionary(queryOf(one), SCALAR_TEXT, { maxKeys: 3 }),
      body: fc.option(bodyOf(one, document.components.schemas), { nil: undefined, freq: 6 }),
      type: fc.constantFrom('application/json', 'text/plain', 'multipart/form-data', PARTITIONED),
    }),
  );
  return parts.map(({ operation, names, query, body, type }) => {
    const path = operation.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
      const { value = '' } = names.next();
      const known = KNOWN[name];
      return encodeURIComponent(known !== undefined && value.length % 4 > 0 ? known : value);
    });
    const search = new URLSearchParams(query).toString();
    const url = search === '' ? path : `${path}?${search}`;
    return { method: operation.method, url, body, type };
  });
}

function queryOf({ queries }: Operation): fc.Arbitrary<string> {
  const any = fc.constantFrom(...QUERIES);
  return queries.length === 0 ? any : fc.oneof(fc.constantFrom(...queries), any);
}

function bodyOf({ body }: Operation, schemas: Schemas): fc.Arbitrary<string> {
  if (body === undefined) return BODY;
  return fc.oneof(
    BODY,
    fitting(body, schemas).map((value) => JSON.stringify(value)),
  );
}

/** The status; 0 where the connection ended without an answer. */
export function send(port: number, { method, url, body, type }: FuzzCall): Promise<number> {
  return new Promise((done) => {
    const headers = {
      'content-type': type,
      // Node gives DELETE and GET no length by itself: their bodies would be other requests.
      ...(body === undefined ? {} : { 'content-length': Buffer.byteLength(body) }),
    };
    const call = request({ host: '127.0.0.1', port, method, path: url, headers }, (response) => {
      response.resume();
      response.once('end', () => done(response.statusCode ?? 0));
    });
    call.once('error', () => done(0));
    call.end(body);
  });
}

const PARTITIONED = 'application/vnd.partitioned-topic-metadata+json';

/** What is there, so that not everything ends at a name. */
const KNOWN: Readonly<Record<string, string>> = {
  tenant: 'public',
  namespace: 'default',
  topic: 't',
  subscription: 's',
  cluster: 'standalone',
  bundle: '0x00000000_0x40000000',
};

const NAME = fc.oneof(
  fc.constantFrom(
    't',
    's',
    'p',
    'p-partition-0',
    'a/b',
    '..',
    '%',
    '-1',
    '0',
    '1',
    'x'.repeat(2_000),
  ),
  fc.string({ minLength: 1, maxLength: 12, unit: 'grapheme' }),
  fc.integer().map(String),
  fc.bigInt().map(String),
);

const QUERIES = `force applied isGlobal checkAllowAutoCreation backlogQuotaType messageTTL mode key
  initialPosition messagePosition perPartition getPreciseBacklog getEarliestTimeInBacklog
  coordinatorId splitAlgorithmName replicated authoritative includeSystemTopic bundle
  metadata brokerId slowTransactionsTimeout`.split(/\s+/);

const NUMBER = fc.oneof(
  fc.integer({ min: -3, max: 20 }),
  fc.integer(),
  fc.maxSafeInteger(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
);

const SCALAR_TEXT = fc.oneof(
  fc.constantFrom('true', 'false', '', 'earliest', 'message_age', 'ALL', 'e1'),
  NUMBER.map(String),
  fc.string(),
);

const FIELDS = `retentionTimeInMinutes retentionSizeInMB limitSize limitTime policy ledgerId entryId
  partitionIndex batchIndex excluded type schema properties adminRoles allowedClusters serviceUrl
  bundles numBundles boundaries partitions replication_clusters allowAutoTopicCreation topicType
  defaultNumPartitions bookkeeperEnsemble managedLedgerMaxMarkDeleteRate tickTime active
  publishThrottlingRateInMsg dispatchThrottlingRateInByte ratePeriodInSecond entryFilterNames
  inactiveTopicDeleteMode maxInactiveDurationSeconds managedLedgerOffloadDriver
  backlog_quota_map destination_storage topicDispatchRate standalone auth_policies
  namespace_auth __proto__ constructor`.split(/\s+/);

const WORDS = fc.constantFrom(
  ...'standalone AVRO JSON partitioned producer_exception BACKWARD filesystem produce'.split(' '),
);

const { value: VALUE } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    NUMBER,
    WORDS,
    fc.string(),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie('value'), { maxLength: 4 }),
    fc
      .array(fc.tuple(fc.constantFrom(...FIELDS), tie('value')), { maxLength: 6 })
      .map((entries) => Object.fromEntries(entries)),
  ),
}));

const BODY = fc.oneof(
  { weight: 8, arbitrary: VALUE.map((value) => JSON.stringify(value)) },
  { weight: 1, arbitrary: fc.string() },
  { weight: 1, arbitrary: fc.constantFrom('[', '['.repeat(50_000), `"${'x'.repeat(100_000)}"`) },
);

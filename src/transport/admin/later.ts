/**
 * Endpoints that Pulsar has and this broker does not have. They answer 501 and say why, so that
 * whoever meets one knows that the path was right.
 */

/** Why this endpoint of Pulsar is not here; undefined where Pulsar has none. */
export function reasonFor(method: string, path: string): string | undefined {
  return TABLE.find(({ methods, form }) => methods?.includes(method) !== false && form.test(path))
    ?.reason;
}

/** Below a reason its endpoints: methods, or `ALL` of them, and a path; `**` is any rest of it. */
const ENDPOINTS = `
Functions, connectors and packages are not part of this version
  ALL /admin/v3/functions/**
  ALL /admin/v3/sources/**
  ALL /admin/v3/sinks/**
  ALL /admin/v3/packages/**
  ALL /admin/v2/worker/**
  ALL /admin/v2/worker-stats/**
  ALL /admin/v2/functions/**
WebSocket is not part of this version
  ALL /ws/**
Producing and consuming over REST is not part of this version
  ALL /topics/**
Scalable topics are not part of this version
  ALL /admin/v2/scalable/**
There are no bookies: messages are in the broker's own journal
  GET /admin/v2/broker-stats/bookieops
This broker is no proxy
  ALL /admin/v2/proxy-stats/**
  ALL /proxy-stats/**
There is no JVM to tell of: see /metrics
  GET /admin/v2/broker-stats/allocator-stats/:allocator
  GET /admin/v2/broker-stats/mbeans
  GET /admin/v2/broker-stats/metrics
Nothing is replicated to other clusters in this version
  GET,POST /admin/v2/clusters/:cluster/migrate
  POST /admin/v2/clusters/:cluster/peers
  POST /admin/v2/namespaces/:tenant/:namespace/migration
  PUT /admin/v2/:domain/:tenant/:namespace/:topic/shadowTopics
Nothing is offloaded to other storage in this version
  GET /admin/v2/namespaces/:tenant/:namespace/scanOffloadedLedgers
`;

interface Row {
  readonly reason: string;
  /** Undefined for all. */
  readonly methods: readonly string[] | undefined;
  readonly form: RegExp;
}

const TABLE = rows();

function rows(): readonly Row[] {
  let reason = '';
  return ENDPOINTS.split('\n').flatMap((line) => {
    if (!line.startsWith('  ')) reason = line;
    const [methods = '', path = ''] = line.trim().split(' ');
    if (!line.startsWith('  ')) return [];
    return [
      { reason, methods: methods === 'ALL' ? undefined : methods.split(','), form: formOf(path) },
    ];
  });
}

/** The paths that a pattern of a route stands for. */
export function formOf(path: string): RegExp {
  const form = path.replace(/\/\*\*$/, '(?:/.*)?').replaceAll(/:\w+/g, '[^/]+');
  return new RegExp(`^${form}/?$`);
}

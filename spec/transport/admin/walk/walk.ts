/**
 * Walks the endpoints: each is called where what it names is there and where it is not, with bodies
 * that mean something and with others, twice, and with methods that it does not have.
 */
import { bodiesFor, oddBodiesFor } from './bodies.ts';
import type { Conversation, Turn } from './conversation.ts';
import type { Endpoint } from './endpoints.ts';
import { NAMES, QUERIES } from './names.ts';

const METHODS = ['GET', 'PUT', 'POST', 'DELETE', 'PATCH'];
const WRITES = ['PUT', 'POST'];
const CLUSTER = '+ PUT /admin/v2/clusters/c {"serviceUrl":"http://there:8080"}';
const TENANT = '+ PUT /admin/v2/tenants/walk {"allowedClusters":["standalone"]}';

/** The conversation of one endpoint; its answers are still to be heard. */
export function conversationOf(endpoint: Endpoint): Conversation {
  const place = placeOf(endpoint);
  const lines = [
    ...preparation(endpoint.path, place),
    ...inFull(endpoint, place),
    ...elsewhere(endpoint, place).flatMap((names) => inShort(endpoint, names)),
    ...METHODS.filter((method) => !endpoint.methods.includes(method)).map(
      (method) => `> ${method} ${filled(endpoint.path, place)}${bodyOf(method, endpoint.path)}`,
    ),
  ];
  const turns = lines.map<Turn>((line) => ({
    request: line.slice(2),
    answer: line.startsWith('+') ? undefined : '',
  }));
  return { title: endpoint.path, turns };
}

type Names = Readonly<Record<string, string>>;

/** Where everything is there. Each endpoint has a namespace of its own. */
function placeOf({ area, path }: Endpoint): Names {
  const words = path.split('/').filter((part) => /^\w[-\w]*$/.test(part));
  const own = [area.replaceAll(/(\w)\w*-?/g, '$1'), ...words.slice(3)].join('-');
  const first = Object.fromEntries(Object.entries(NAMES).map(([name, [one = '']]) => [name, one]));
  const tenant = path.endsWith('/tenants/{tenant}') ? 'new' : 'walk';
  return { ...first, tenant, namespace: own, topic: 'x' };
}

function preparation(path: string, names: Names): readonly string[] {
  const { tenant, namespace } = names;
  if (/\/clusters\/\{cluster\}\//.test(path)) return [CLUSTER];
  if (!path.includes('{namespace}') && !path.endsWith('namespaces/{tenant}')) return [];
  const lines = [TENANT];
  const at = `${tenant}/${namespace}`;
  if (path.endsWith('/{namespace}') && path.includes('/namespaces/')) return lines;
  lines.push(`+ PUT /admin/v2/namespaces/${at} {"bundles":{"numBundles":2}}`);
  if (path.endsWith('/permissions/{subscription}/{role}')) {
    lines.push(`+ POST /admin/v2/namespaces/${at}/permissions/subscription/s ["a","r"]`);
  }
  const domain = path.includes('non-persistent') ? 'non-persistent' : 'persistent';
  const below = `/admin/v2/${domain}/${at}`;
  if (path.includes('{topic}') || path.includes('{subscription}')) {
    lines.push(`+ PUT ${below}/x`, `+ PUT ${below}/p/partitions 2`);
  }
  if (path.includes('{subscription}') && domain === 'persistent') {
    lines.push(`+ PUT ${below}/x/subscription/s`, `+ PUT ${below}/p/subscription/s`);
  }
  return lines;
}

/** With every body, where everything is there. What creates something has a name for each. */
function inFull(endpoint: Endpoint, place: Names): readonly string[] {
  const { methods, path } = endpoint;
  const url = filled(path, place);
  const creates = creating(endpoint);
  const reads = methods.includes('GET') ? [`> GET ${url}`] : readsBeside(url);
  const lines = [...reads, ...queries(endpoint, url)];
  for (const method of WRITES.filter((one) => methods.includes(one))) {
    const meant = bodiesFor(path);
    const odd = meant.length > 0 ? oddBodiesFor(path) : [undefined];
    for (const [index, body] of [...odd, ...meant, meant[0]].entries()) {
      const isNew = creates === method && index < odd.length + meant.length - 1;
      const at = isNew ? filled(path, renamed(path, place, `new${index}`)) : url;
      const read = methods.includes('GET') ? [`> GET ${at}`] : reads;
      lines.push(`> ${method} ${at}${body === undefined ? '' : ` ${body}`}`, ...read);
    }
  }
  const levels = ['applied=true', 'isGlobal=true'].map((query) => `> GET ${url}?${query}`);
  if (endpoint.area === 'topic-policies' && methods.includes('GET')) lines.push(...levels);
  if (!methods.includes('DELETE')) return lines;
  return [...lines, `> DELETE ${url}`, ...reads, `> DELETE ${url}`];
}

/** Once with each method, where something is not as it should be. */
function inShort({ methods, path }: Endpoint, names: Names): readonly string[] {
  return methods.map((method) => `> ${method} ${filled(path, names)}${bodyOf(method, path)}`);
}

/** Other places: one name is missing, or is none, or names something of another kind. */
function elsewhere({ path }: Endpoint, place: Names): readonly Names[] {
  const places: Names[] = [];
  if (path.includes('{tenant}')) places.push({ ...place, tenant: 'nope', namespace: 'nope' });
  if (path.endsWith('/tenants/{tenant}')) places.push({ ...place, tenant: 'b%40d' });
  if (path.includes('{namespace}')) {
    places.push({ ...place, namespace: 'nope' }, { ...place, namespace: 'b%40d' });
  }
  if (path.includes('{topic}')) {
    const topics = ['nope', 'a%2Fb', 'p', 'p-partition-0', 'p-partition-9'];
    places.push(...topics.map((topic) => ({ ...place, topic })));
  }
  for (const [name, [, ...others]] of Object.entries(NAMES)) {
    if (!path.includes(`{${name}}`)) continue;
    places.push(...others.map((other) => ({ ...place, [name]: other })));
  }
  return places;
}

function queries({ methods, path }: Endpoint, url: string): readonly string[] {
  const asked = QUERIES[lastWord(path)] ?? [];
  const [method = 'GET'] = methods;
  return asked.map((query) => `> ${method} ${url}?${query}${bodyOf(method, path)}`);
}

function bodyOf(method: string, path: string): string {
  const [body] = WRITES.includes(method) ? bodiesFor(path) : [];
  return body === undefined ? '' : ` ${body}`;
}

/** Where it can be read what was written, if not at the same path. */
function readsBeside(url: string): readonly string[] {
  if (url.endsWith('/backlogQuota')) return [`> GET ${url}Map`];
  const [, namespace] = /\/namespaces\/(\w+\/[^/]+)\/(?:\w+\/)?unsubscribe\//.exec(url) ?? [];
  if (namespace !== undefined) return [`> GET /admin/v2/persistent/${namespace}/x/subscriptions`];
  const [, whole = '', rest = ''] = /^(.*\/permissions)(\/.+)$/.exec(url) ?? [];
  if (whole === '') return [];
  const isOfSubscription = rest.split('/').length > 2;
  return [`> GET ${whole}${isOfSubscription ? '/subscription' : ''}`];
}

/** The method that makes what the path names, and not only changes it. */
function creating({ methods, path }: Endpoint): string | undefined {
  // Without a body Pulsar keeps one that fails ever after.
  if (path.includes('/failureDomains/')) return 'POST';
  return methods.includes('PUT') && /\}(?:\/partitions)?$/.test(path) ? 'PUT' : undefined;
}

/** The last name of the path is another one. */
function renamed(path: string, names: Names, name: string): Names {
  const [, last = ''] = /.*\{(\w+)\}/.exec(path) ?? [];
  return { ...names, [last]: name };
}

function filled(path: string, names: Names): string {
  return path.replaceAll(/\{(\w+)\}/g, (_, name: string) => names[name] ?? name);
}

function lastWord(path: string): string {
  return path.split('/').findLast((part) => part !== '' && !part.startsWith('{')) ?? '';
}

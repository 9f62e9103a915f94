/** A tenant, what is granted in it, and the kinds of roles that the matrices ask for. */
import type { NamespacePolicies, TenantInfo } from '../../../src/actors/broker.ts';
import type { Clock } from '../../../src/base/clock.ts';
import { Authentication } from '../../../src/transport/auth/authentication.ts';
import {
  Authorization,
  type AuthorizationRules,
} from '../../../src/transport/auth/authorization.ts';
import type { Identity } from '../../../src/transport/auth/identity.ts';
import type { Provider } from '../../../src/transport/auth/provider.ts';
import type { CommandBodies } from '../../../src/wire/codec.ts';

const onTopic = { 'topic-producer': ['produce'], 'topic-consumer': ['consume'] } as const;

/** Who a client says that it is, it is. */
const believing: Provider = {
  name: 'believing',
  method: 'token',
  scheme: undefined,
  authenticate: async ({ data }) => identityOf(data.toString()),
};

/** Of clients that give their role as their token; who gives none is `anonymous`. */
export function trustingAuthentication(clock: Clock): Authentication {
  return new Authentication({
    providers: [believing],
    anonymousRole: 'anonymous',
    clock,
    limits: { running: 8, waiting: 100, known: 0 },
  });
}

/** What CONNECT says for a kind of role. */
export function connectAs(kind: string): Partial<CommandBodies['CONNECT']> {
  const { role, originalPrincipal: original } = identityOf(kind);
  if (role === 'anonymous') return {};
  const own = { auth_method_name: 'token', auth_data: Buffer.from(role) };
  return original === undefined ? own : { ...own, original_principal: original };
}

const tenant: TenantInfo = { adminRoles: ['admin'], allowedClusters: ['standalone'] };

export const namespace: NamespacePolicies = {
  replicationClusters: ['standalone'],
  bundles: 4,
  grants: {
    producer: ['produce'],
    consumer: ['consume'],
    'sub-consumer': ['consume'],
    functions: ['functions'],
  },
  topicGrants: Object.fromEntries(
    ['persistent', 'non-persistent'].flatMap((domain) =>
      ['t', 'p'].map((topic) => [`${domain}://acme/app/${topic}`, onTopic]),
    ),
  ),
  subscriptionRoles: { s: { consumer: true, 'topic-consumer': true } },
};

const RULES: AuthorizationRules = {
  superUserRoles: () => ['super', 'edge'],
  proxyRoles: new Set(['proxy', 'edge']),
  allowsWildcards: false,
};

/** With other policies, which may change, or other rules. */
export function authorizationWith(
  policies: () => NamespacePolicies,
  rules: Partial<AuthorizationRules> = {},
): Authorization {
  return new Authorization(
    { ...RULES, ...rules },
    {
      tenant: (name) => (name === 'acme' ? tenant : undefined),
      namespace: (name) => (name === 'acme/app' ? policies() : undefined),
    },
  );
}

export const authorization = authorizationWith(() => namespace);

/** `proxy>super` is a request of `proxy` for `super`. */
export function identityOf(kind: string): Identity {
  const [role = '', originalPrincipal] = kind.split('>');
  const identity = { role, method: 'token', expiresAtMs: Number.POSITIVE_INFINITY };
  return originalPrincipal === undefined ? identity : { ...identity, originalPrincipal };
}

export interface Matrix {
  readonly roles: readonly string[];
  /** By what is asked: the answers, in the order of the roles. */
  readonly rows: ReadonlyMap<string, readonly string[]>;
}

/** A file of `spec/data/authorization`: the last comment names the roles, each line is a row. */
export function matrixOf(text: string, keyWords: number): Matrix {
  const lines = text.split('\n').filter((line) => line !== '');
  const comments = lines.filter((line) => line.startsWith('#'));
  const rows = lines.slice(comments.length).map((line) => {
    const words = line.split(/\s+/).slice(1);
    return [words.slice(0, keyWords).join(' '), words.slice(keyWords)] as const;
  });
  return { roles: (comments.at(-1) ?? '').split(' ').slice(1), rows: new Map(rows) };
}

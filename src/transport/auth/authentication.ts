/**
 * Says who a client is, from what it shows in CONNECT and AUTH_RESPONSE or with a HTTP request, by
 * the rules of Pulsar's AuthenticationService: the method that the client names decides; where a
 * HTTP request names none, every provider is tried; where none fits, it may be anonymous.
 */
import type { Clock } from '../../base/clock.ts';
import { BrokerError } from '../../base/errors.ts';
import { AuthenticationCounts } from './counts.ts';
import { Gate, type GateLimits } from './gate.ts';
import type { Identity } from './identity.ts';
import { KnownGood } from './known-good.ts';
import { AuthenticationFailure, type Credentials, failed, type Provider } from './provider.ts';

export interface AuthenticationOptions {
  readonly providers: readonly Provider[];
  /** Of clients that show nothing; undefined turns them away. */
  readonly anonymousRole: string | undefined;
  readonly clock: Clock;
  readonly limits: GateLimits & { readonly known: number };
}

/** What a HTTP request shows. */
export interface HttpCredentials extends Omit<Credentials, 'data'> {
  /** Of the header X-Pulsar-Auth-Method-Name. */
  readonly method: string | undefined;
  /** The header Authorization. */
  readonly authorization: string | undefined;
}

export class Authentication {
  readonly counts: AuthenticationCounts;
  readonly #providers: readonly Provider[];
  readonly #anonymous: Identity | undefined;
  readonly #clock: Clock;
  readonly #gate: Gate;
  readonly #known: KnownGood;

  constructor({ providers, anonymousRole: role, clock, limits }: AuthenticationOptions) {
    this.counts = new AuthenticationCounts(providers);
    this.#providers = providers;
    this.#anonymous =
      role === undefined
        ? undefined
        : { role, method: 'anonymous', expiresAtMs: Number.POSITIVE_INFINITY };
    this.#clock = clock;
    this.#gate = new Gate(limits, clock);
    this.#known = new KnownGood(limits.known);
  }

  /** Rejects with `authentication`, whose message is for the log, or `too-many-requests`. */
  async ofCommand(method: string, credentials: Credentials): Promise<Identity> {
    const providers = this.#providers.filter((each) => each.method === method);
    if (providers.length > 0) return this.#firstThatAgrees(providers, credentials);
    if (this.#anonymous !== undefined) return this.#anonymous;
    throw failed('No anonymous role, and no authentication provider configured');
  }

  /** Rejects with `authentication`, whose message is for the client, or `too-many-requests`. */
  async ofRequest(request: HttpCredentials): Promise<Identity> {
    const { method } = request;
    if (method !== undefined) return this.#ofNamed(method, request);
    try {
      return await this.#ofAny(request);
    } catch (error) {
      if (!isRefusal(error)) throw error;
      if (this.#anonymous !== undefined) return this.#anonymous;
      throw failed('Authentication required');
    }
  }

  close(): void {
    for (const provider of this.#providers) provider.close?.();
  }

  #ofNamed(method: string, request: HttpCredentials): Promise<Identity> {
    const providers = this.#providers.filter((each) => each.method === method);
    const [first] = providers;
    if (first === undefined) throw failed(`Unsupported authentication method: [${method}].`);
    const data = dataOf(first, request);
    if (data === undefined) throw failed('Invalid HTTP Authorization header');
    return this.#firstThatAgrees(providers, { ...request, data });
  }

  async #ofAny(request: HttpCredentials): Promise<Identity> {
    for (const provider of this.#providers) {
      const data = dataOf(provider, request);
      if (data === undefined) continue;
      try {
        return await this.#check(provider, { ...request, data });
      } catch (error) {
        if (!isRefusal(error)) throw error;
      }
    }
    throw failed('no provider knows these credentials');
  }

  /**
   * Several providers may share a method, as tokens of one's own and of OpenID Connect do. Where
   * none agrees each says why: which of them was meant is not known.
   */
  async #firstThatAgrees(
    providers: readonly Provider[],
    credentials: Credentials,
  ): Promise<Identity> {
    const refusals: AuthenticationFailure[] = [];
    for (const provider of providers) {
      try {
        return await this.#check(provider, credentials);
      } catch (error) {
        if (!(error instanceof AuthenticationFailure)) throw error;
        refusals.push(error);
      }
    }
    const [only, ...others] = refusals;
    if (only !== undefined && others.length === 0) throw only;
    throw failed(refusals.map(({ message }, i) => `${providers[i]?.name}: ${message}`).join('; '));
  }

  async #check(provider: Provider, credentials: Credentials): Promise<Identity> {
    try {
      const identity = await this.#proved(provider, credentials);
      this.counts.succeeded(provider, identity.expiresAtMs - this.#clock.nowMs());
      return identity;
    } catch (error) {
      if (error instanceof AuthenticationFailure) this.counts.failed(provider, error);
      throw error;
    }
  }

  async #proved(provider: Provider, credentials: Credentials): Promise<Identity> {
    const { data, address, isWanted } = credentials;
    // What a certificate proves was found out by TLS.
    if (provider.scheme === undefined) return provider.authenticate(credentials);
    const check = () => provider.authenticate(credentials);
    const key = this.#known.keyOf(provider.method, data);
    const known = this.#known.find(key, this.#clock.nowMs());
    if (known !== undefined) return known;
    const identity = await this.#gate.pass(address, isWanted, check);
    this.#known.keep(key, identity);
    return identity;
  }
}

function isRefusal(error: unknown): boolean {
  return error instanceof BrokerError && error.code === 'authentication';
}

/** What the request holds for this provider; undefined where it speaks to another one. */
function dataOf({ scheme }: Provider, request: HttpCredentials): Buffer | undefined {
  if (scheme === undefined) return Buffer.alloc(0);
  const [, said = '', data = ''] = /^(\w+) +(\S+)$/.exec(request.authorization ?? '') ?? [];
  if (said.toLowerCase() !== scheme.toLowerCase()) return undefined;
  return Buffer.from(data, scheme === 'Basic' ? 'base64' : 'utf8');
}

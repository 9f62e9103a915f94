/**
 * Who the client of a session is: proved at CONNECT, and asked for again when the proof has
 * expired. Pulsar looks every `authenticationRefreshCheckSeconds`: at the first look after the end
 * it challenges the client, at the next one it hangs up on whoever has not answered.
 */
import { refuse } from '../../base/errors.ts';
import { MINUS_ONE } from '../../wire/long.ts';
import { AuthMethod, type CommandConnect } from '../../wire/messages.ts';
import type { Authentication } from '../auth/authentication.ts';
import type { Identity } from '../auth/identity.ts';
import type { Credentials } from '../auth/provider.ts';
import type { Session } from './session.ts';
import { refusalOf, textOf } from './translate.ts';

export class Login {
  readonly #session: Session;
  readonly #authentication: Authentication;
  readonly #isRefreshable: boolean;
  readonly #beganAtMs: number;
  /** How whoever expires proved itself: the client, or the one for whom a proxy speaks. */
  #method: string;
  #checksOriginal = false;
  #isChallenged = false;
  #cancelLook = (): void => {};

  constructor(session: Session, authentication: Authentication, command: CommandConnect) {
    this.#session = session;
    this.#authentication = authentication;
    this.#isRefreshable = command.feature_flags?.supports_auth_refresh ?? false;
    this.#beganAtMs = session.context.clock.nowMs();
    this.#method = methodOf(command);
  }

  /** Calls `admitted` once the client has proved who it is; else tells it so and hangs up. */
  begin(command: CommandConnect, admitted: () => void): void {
    this.#prove(command).then(
      (identity) => {
        if (this.#session.state !== 'authenticating') return;
        this.#session.identity = identity;
        admitted();
        this.#awaitEnd();
        this.#session.flush();
      },
      (error) => this.#turnAway(error),
    );
  }

  /** What came in AUTH_RESPONSE: the same role must have proved itself again. */
  renew(data: Buffer): void {
    this.#isChallenged = false;
    this.#check(this.#method, data).then(
      ({ role, expiresAtMs }) => {
        const { identity, state } = this.#session;
        if (identity === undefined || state !== 'connected') return;
        const before = this.#checksOriginal ? identity.originalPrincipal : identity.role;
        if (role !== before) {
          this.#session.link.close('other credentials are of another role');
          return;
        }
        this.#session.identity = { ...identity, expiresAtMs };
        this.#awaitEnd();
      },
      (error) => this.#turnAway(error),
    );
  }

  stop(): void {
    this.#cancelLook();
  }

  async #prove(command: CommandConnect): Promise<Identity> {
    const own = await this.#check(this.#method, command.auth_data);
    const originalPrincipal = textOf(command.original_principal);
    if (originalPrincipal === undefined) return own;
    if (!this.#session.context.options.checksOriginalCredentials) {
      return { ...own, originalPrincipal };
    }
    this.#checksOriginal = true;
    this.#method = command.original_auth_method ?? 'none';
    const data = Buffer.from(command.original_auth_data ?? '');
    const original = await this.#check(this.#method, data);
    return { ...own, originalPrincipal: original.role, expiresAtMs: original.expiresAtMs };
  }

  #check(method: string, data: Buffer = NOTHING): Promise<Identity> {
    const { link } = this.#session;
    const credentials: Credentials = {
      data,
      certificate: link.certificate,
      address: link.host,
      isWanted: () => this.#session.state !== 'closed',
    };
    return this.#authentication.ofCommand(method, credentials);
  }

  #turnAway(error: unknown): void {
    const { state, log, link } = this.#session;
    if (state === 'closed') return;
    const { code, message } = refusalOf(error);
    if (code === 'unknown') log.error('credentials could not be checked', { error });
    else log.warn('authentication failed', { method: this.#method, reason: message });
    this.#session.refuse(MINUS_ONE, code === 'too-many-requests' ? { code, message } : FAILED);
    link.hangUp('authentication failed');
  }

  /** Looks again at the first look of Pulsar's that comes after the credentials have expired. */
  #awaitEnd(): void {
    this.#cancelLook();
    const { context, identity } = this.#session;
    const { expiresAtMs = Number.POSITIVE_INFINITY } = identity ?? {};
    if (expiresAtMs === Number.POSITIVE_INFINITY) return;
    const { clock, options } = context;
    const everyMs = options.credentialsCheckMs;
    const now = clock.nowMs();
    const looks = (atMs: number) => (atMs - this.#beganAtMs) / everyMs;
    const next = Math.max(Math.floor(looks(now)) + 1, Math.ceil(looks(expiresAtMs)));
    this.#cancelLook = clock.after(this.#beganAtMs + next * everyMs - now, () => this.#look());
  }

  #look(): void {
    const { identity, context, link } = this.#session;
    if (identity === undefined) return;
    if (context.clock.nowMs() >= identity.expiresAtMs) {
      const isProxied = identity.originalPrincipal !== undefined && !this.#checksOriginal;
      if (this.#isChallenged || isProxied || !this.#isRefreshable) {
        link.close('the credentials have expired');
        return;
      }
      this.#challenge();
    }
    this.#awaitEnd();
  }

  #challenge(): void {
    const { log, outbox, protocolVersion } = this.#session;
    log.debug('credentials have expired, asking for others');
    this.#isChallenged = true;
    outbox.command('AUTH_CHALLENGE', {
      challenge: { auth_method_name: this.#method, auth_data: REFRESH },
      protocol_version: protocolVersion,
    });
    outbox.flush();
  }
}

const NOTHING = Buffer.alloc(0);

/** What Pulsar says that it wants: the same credentials, fresher. */
const REFRESH = Buffer.from('PulsarAuthRefresh');

/** All that a client is told: why would help who guesses. */
const FAILED = refuse('authentication', 'Failed to authenticate');

/** Clients of old sent a number instead of a name. */
function methodOf({ auth_method_name: name, auth_method: number }: CommandConnect): string {
  if (name !== undefined) return name;
  return number === AuthMethod.AuthMethodAthens ? 'athens' : 'none';
}

/** What is counted of who proved, or failed to prove, who he is. */
import type { AuthenticationFailure, Provider } from './provider.ts';

/** Minutes until tokens expire, as Pulsar groups them. */
export const EXPIRY_BOUNDS_MINUTES = [
  5, 10, 60, 240, 1_440, 10_080, 20_160, 43_200, 129_600, 259_200, 388_800, 525_600,
];

type Named = Pick<Provider, 'name' | 'method'>;

/** Of one provider. */
export interface ProviderCounts {
  readonly provider: Named;
  succeeded: number;
  /** By reason. */
  readonly failed: Map<string, number>;
}

export class AuthenticationCounts {
  readonly providers: readonly ProviderCounts[];
  /** Tokens whose time was over. */
  expired = 0;
  /** Good tokens, by the bucket of the minutes that they had left, and the sum of these. */
  readonly expiring: number[] = new Array(EXPIRY_BOUNDS_MINUTES.length + 1).fill(0);
  expiringMinutes = 0;

  constructor(providers: readonly Named[]) {
    this.providers = providers.map((provider) => {
      return { provider, succeeded: 0, failed: new Map<string, number>() };
    });
  }

  /** `leftMs`: until the proof expires; Infinity where it does not. */
  succeeded(provider: Named, leftMs: number): void {
    this.#of(provider).succeeded += 1;
    if (!Number.isFinite(leftMs)) return;
    const minutes = leftMs / 60_000;
    const at = EXPIRY_BOUNDS_MINUTES.findIndex((bound) => minutes <= bound);
    const bucket = at < 0 ? EXPIRY_BOUNDS_MINUTES.length : at;
    this.expiring[bucket] = this.expiring[bucket]! + 1;
    this.expiringMinutes += minutes;
  }

  failed(provider: Named, { reason, isExpired }: AuthenticationFailure): void {
    const { failed } = this.#of(provider);
    failed.set(reason, (failed.get(reason) ?? 0) + 1);
    if (isExpired) this.expired += 1;
  }

  #of(provider: Named): ProviderCounts {
    return this.providers.find((each) => each.provider === provider)!;
  }
}

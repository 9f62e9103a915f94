/** What happens to a subscription. Only the first group survives the process. */
import type { Long } from '../../base/long.ts';
import type { Pace, Rate } from '../../base/pace.ts';
import type { PartialAck } from '../cursor/commands.ts';
import type { DispatchRate } from '../policies/values.ts';
import type { KeySharedMode, SubscriptionSettings, SubscriptionType } from './commands.ts';
import type { Delays } from './delays.ts';
import type { Limiter } from './pacing.ts';
import type { Consumer } from './state.ts';
import type { UnackedLimits } from './unacked.ts';

export type SubscriptionEvent =
  | {
      readonly type: 'opened';
      readonly data: {
        readonly topic: string;
        readonly topicId: number;
        readonly name: string;
        readonly durable: boolean;
        readonly isPersistent: boolean;
        readonly replicated: boolean;
        readonly properties: Readonly<Record<string, string>>;
      };
    }
  | {
      readonly type: 'settings-changed';
      readonly data: Partial<SubscriptionSettings>;
    }
  | { readonly type: 'deleted'; readonly data: Record<string, never> }
  // Of this process only
  | {
      readonly type: 'consumer-added';
      readonly data: {
        readonly consumer: Consumer;
        readonly type: SubscriptionType;
        readonly keyShared: KeySharedMode | undefined;
        readonly unackedLimits: UnackedLimits;
      };
    }
  | { readonly type: 'unacked-limited'; readonly data: { readonly limits: UnackedLimits } }
  | { readonly type: 'consumer-removed'; readonly data: { readonly key: number } }
  | {
      readonly type: 'active-changed';
      readonly data: {
        readonly key: number | undefined;
        readonly switching: boolean;
        readonly change: number;
      };
    }
  | { readonly type: 'rewound'; readonly data: Record<string, never> }
  | { readonly type: 'epoch-raised'; readonly data: { readonly key: number; readonly epoch: Long } }
  | {
      readonly type: 'permits-added';
      readonly data: { readonly key: number; readonly permits: number; readonly atMs: number };
    }
  | {
      readonly type: 'congestion-changed';
      readonly data: { readonly key: number; readonly congested: boolean };
    }
  | { readonly type: 'read-started'; readonly data: Record<string, never> }
  | {
      readonly type: 'read-ended';
      readonly data: { readonly next: number; readonly skims?: boolean };
    }
  | { readonly type: 'replay-started'; readonly data: Record<string, never> }
  | { readonly type: 'replay-ended'; readonly data: { readonly gone: readonly number[] } }
  | Delivered
  | {
      readonly type: 'dispatch-rate-set';
      readonly data: { readonly rate: DispatchRate; readonly pace: Pace | undefined };
    }
  | { readonly type: 'unacked-told'; readonly data: { readonly messages: number } }
  | { readonly type: 'held-by-broker'; readonly data: { readonly held: boolean } }
  | {
      readonly type: 'dispatch-pace-changed';
      readonly data: { readonly rate: Rate; readonly atMs: number };
    }
  | { readonly type: 'dispatch-held'; readonly data: { readonly held: boolean } }
  | {
      readonly type: 'dispatch-throttled';
      readonly data: { readonly limiter: Limiter; readonly unit: 'messages' | 'bytes' };
    }
  | { readonly type: 'dropped'; readonly data: { readonly messages: number } }
  | {
      /** Reading has passed entries that are not due yet. */
      readonly type: 'passed-over';
      readonly data: Pick<Delays, 'taken' | 'nextAtMs'>;
    }
  | { readonly type: 'due-asked'; readonly data: { readonly atMs: number } }
  | {
      readonly type: 'came-due';
      readonly data: Pick<Delays, 'taken' | 'nextAtMs'> & { readonly offsets: readonly number[] };
    }
  | {
      /** key_shared: entries that must wait for their consumer. */
      readonly type: 'set-aside';
      readonly data: { readonly offsets: readonly number[]; readonly hashes: readonly number[] };
    }
  | {
      readonly type: 'given-back';
      readonly data: { readonly key: number; readonly offsets: readonly number[] };
    }
  /** Answers to what was asked for are worthless: it is asked for again. */
  | { readonly type: 'reads-given-up'; readonly data: Record<string, never> }
  /** Nobody has them, and they are to be sent again: their transaction was aborted. */
  | { readonly type: 'acks-returned'; readonly data: { readonly offsets: readonly number[] } }
  | {
      readonly type: 'settled';
      readonly data: {
        readonly key: number;
        /** Entries done with. */
        readonly offsets: readonly number[];
        /** Batches done with in part, and the indexes that are left of each. */
        readonly partial: readonly PartialAck[];
        readonly messages: number;
        readonly atMs: number;
      };
    }
  | { readonly type: 'released'; readonly data: { readonly mark: number } }
  | { readonly type: 'end-announced'; readonly data: Record<string, never> }
  | { readonly type: 'policies-changed'; readonly data: Record<string, never> };

/** One consumer has been sent entries. */
export interface Delivered {
  readonly type: 'delivered';
  readonly data: {
    readonly key: number;
    /** Offsets and their messages, for those that track them (shared and key_shared). */
    readonly offsets: readonly number[];
    readonly counts: readonly number[];
    readonly hashes: readonly number[];
    /** Batches of which only some indexes were still open. */
    readonly partial: readonly PartialAck[];
    readonly entries: number;
    readonly messages: number;
    /** The same with those of batches that are done already. */
    readonly sent: number;
    readonly bytes: number;
    readonly redelivered: number;
    /** Number of this delivery when it waits for the journal, else 0. */
    readonly heldMark: number;
    /** Chunked messages whose first part this was. */
    readonly chunks: readonly string[];
    readonly atMs: number;
  };
}

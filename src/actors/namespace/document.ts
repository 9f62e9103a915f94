/**
 * Metadata that is a document under a name: clusters, their rules, tenants, namespaces, partitioned
 * topics, the broker's settings. One behaviour serves all of them; what may stand in a document is
 * checked where it comes in.
 */
import { movesDeadlines } from '../../base/dynamic-options.ts';
import type { ErrorCode } from '../../base/errors.ts';
import { partitionName } from '../../base/topic-name.ts';
import { changed, Entries } from '../change.ts';
import { forgetBelongings } from '../farewell.ts';
import { keyOf, topicActor } from '../names.ts';
import { type Behaviour, Decision, type Facts } from '../runtime/behaviour.ts';
import type { ReplyTo } from '../topic/commands.ts';
import { type AccessChange, type NamespaceAccess, tooManyGrants } from './access.ts';
import { ruleObjection } from './cluster-rules.ts';
import { EVERYWHERE, reviewActor } from './review.ts';

export type DocumentCommand =
  | {
      readonly type: 'create';
      readonly reply: ReplyTo;
      readonly document: object;
      /**
       * An actor that must not exist beside this one: a plain and a partitioned topic share
       * names.
       */
      readonly unless?: string;
    }
  /** Sets the fields given, as `changed` has it. */
  | {
      readonly type: 'change';
      readonly reply: ReplyTo;
      readonly change: object;
      /** What it concerns does not have to hear of it. */
      readonly isQuiet?: boolean;
    }
  | { readonly type: 'replace'; readonly reply: ReplyTo; readonly document: object }
  | { readonly type: 'delete'; readonly reply: ReplyTo }
  /** From a partition that nobody used: the last one takes the whole with it. */
  | { readonly type: 'partition-gone' }
  /** From a topic that goes: nobody is granted anything on it. */
  | { readonly type: 'topic-gone'; readonly topic: string };

export type DocumentEvent =
  | { readonly type: 'written'; readonly data: object }
  | { readonly type: 'deleted'; readonly data: Record<string, never> };

export interface DocumentState {
  readonly name: string;
  readonly document: object | undefined;
  readonly deleted: boolean;
}

/** Pulsar's words for what is there already and for what is missing. */
interface DocumentWords {
  readonly exists: string;
  /** Undefined for what begins with its first change. */
  readonly missing?: (name: string) => readonly [ErrorCode, string];
  /** Whom a change concerns, if anybody: the actor is told to `begin`. */
  readonly concerns?: (name: string, change: object) => string | undefined;
  /** Why a document may not be so, after what it was. */
  readonly objection?: (
    document: object,
    before: object | undefined,
  ) => readonly [ErrorCode, string] | undefined;
}

function documentBehaviour(
  kind: string,
  words: DocumentWords,
): Behaviour<DocumentState, DocumentCommand, DocumentEvent> {
  return {
    kind,
    initial: (actor) => ({ name: keyOf(actor), document: undefined, deleted: false }),
    decide: (state, command, facts) => decide(state, command, facts, words),
    evolve: (state, event) =>
      event.type === 'written'
        ? { ...state, document: Object.freeze(event.data), deleted: false }
        : { ...state, document: undefined, deleted: true },
    phase: (state) => (state.deleted ? 'deleted' : 'open'),
    exists: (state) => state.document !== undefined,
    idle: () => true,
    snapshot: (state) => state.document,
    restore: (actor, snapshot) => ({
      name: keyOf(actor),
      document: Object.freeze(snapshot as object),
      deleted: false,
    }),
    recovered: () => undefined,
    expose: (state) => state.document,
    abandon: () => new Decision(),
  };
}

function decide(
  state: DocumentState,
  command: DocumentCommand,
  facts: Facts,
  words: DocumentWords,
): Decision {
  if (command.type === 'partition-gone') return partitionGone(state, facts);
  if (command.type === 'topic-gone') return topicGone(state, command.topic);
  const decision = new Decision();
  const { reply } = command;
  if (command.type === 'create') {
    const taken = command.unless !== undefined && facts.exposed(command.unless) !== undefined;
    if (state.document !== undefined || taken)
      return decision.refuse(reply, 'already-exists', words.exists);
  } else if (state.document === undefined && words.missing !== undefined) {
    return decision.refuse(reply, ...words.missing(state.name));
  }
  if (command.type === 'delete') {
    decision.record({ type: 'deleted', data: {} });
    return decision.answer(reply);
  }
  const data =
    command.type === 'change' ? changed(state.document ?? {}, command.change) : command.document;
  const objection = words.objection?.(data, state.document);
  if (objection !== undefined) return decision.refuse(reply, ...objection);
  const isHeard = command.type === 'change' && command.isQuiet !== true;
  const concerned = isHeard ? words.concerns?.(state.name, command.change) : undefined;
  if (concerned !== undefined) decision.tell(concerned, { type: 'begin' });
  decision.record({ type: 'written', data });
  return decision.answer(reply);
}

function topicGone({ document }: DocumentState, topic: string): Decision {
  const decision = new Decision();
  const { topicGrants = {} } = (document ?? {}) as NamespaceAccess;
  if (document === undefined || !Object.hasOwn(topicGrants, topic)) return decision;
  const change: AccessChange = { topicGrants: new Entries({ [topic]: undefined }) };
  decision.record({ type: 'written', data: changed(document, change) });
  return decision;
}

function partitionGone({ name, document }: DocumentState, facts: Facts): Decision {
  const decision = new Decision();
  const { partitions = 0 } = (document ?? {}) as { readonly partitions?: number };
  for (let i = 0; i < partitions; i++) {
    if (facts.exposed(topicActor(partitionName(name, i))) !== undefined) return decision;
  }
  if (document === undefined) return decision;
  decision.record({ type: 'deleted', data: {} });
  forgetBelongings(name, decision, facts);
  return decision;
}

const clusterBehaviour = documentBehaviour('cluster', {
  exists: 'Cluster already exists',
  missing: () => ['cluster-not-found', 'Cluster does not exist'],
});

export interface ClusterOptions {
  /** Failure domains, isolation policies, bookies with a rack, quotas of bundles: of each. */
  readonly maxRules: number;
}

/** Clusters, and what is ruled of them: failure domains, isolation policies, racks, quotas. */
export function clusterBehaviours({ maxRules }: ClusterOptions) {
  const rules = documentBehaviour('cluster-rules', {
    exists: 'The rules are there already',
    objection: (document, before = {}) => ruleObjection(document, before, maxRules),
  });
  return [clusterBehaviour, rules];
}

export const tenantBehaviour = documentBehaviour('tenant', {
  exists: 'Tenant already exist',
  missing: () => ['tenant-not-found', 'Tenant does not exist'],
});

export interface NamespaceOptions {
  /** Roles that are granted something, counted once on each topic and subscription. */
  readonly maxGrants: number;
}

export function namespaceBehaviour({ maxGrants }: NamespaceOptions) {
  return documentBehaviour('namespace', {
    exists: 'Namespace already exists',
    missing: () => ['namespace-not-found', 'Namespace does not exist'],
    concerns: reviewActor,
    objection: (document, before) => tooManyGrants(document, before, maxGrants),
  });
}

export const settingsBehaviour = documentBehaviour('settings', {
  exists: 'The settings are there already',
  concerns: (_name, change) =>
    Object.keys(change).some(movesDeadlines) ? reviewActor(EVERYWHERE) : undefined,
});

export const partitionedBehaviour = documentBehaviour('partitioned', {
  exists: 'This topic already exists',
  missing: (name) => ['topic-not-found', `Partitioned Topic ${name} not found`],
  objection: fewerPartitions,
});

/** Of two that grow a topic at the same time, the one that asks for fewer may come last. */
function fewerPartitions(document: object, before: object | undefined) {
  const of = (one: object | undefined) => (one as { partitions?: number } | undefined)?.partitions;
  const [wanted = 0, current = 0] = [of(document), of(before)];
  if (wanted >= current) return undefined;
  const than = `less than the current partitions ${current}`;
  return ['unprocessable', `Desired partitions ${wanted} can't be ${than}.`] as const;
}

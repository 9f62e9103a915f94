/** The schemas of one topic, all of its partitions together: versions that are never reused. */
import { BrokerError } from '../../base/errors.ts';
import type { Strategy } from '../../base/schema-strategies.ts';
import { keyOf } from '../names.ts';
import { type Behaviour, Decision, type Facts } from '../runtime/behaviour.ts';
import type { ReplyTo } from '../topic/commands.ts';
import { checkCompatible, checkDefinition, isSame } from './compatibility.ts';
import { current, type Schema, type StoredSchema } from './schema.ts';

export type SchemaCommand =
  /** Answers the version: that of an equal schema, or a new one after those there are. */
  | {
      readonly type: 'register';
      readonly reply: ReplyTo;
      readonly schema: Schema;
      readonly strategy: Strategy;
      /** False where only versions that there are already may be asked for. */
      readonly mayAdd: boolean;
      readonly writer: string;
    }
  /** A deletion is a version; answers it. */
  | { readonly type: 'delete'; readonly reply: ReplyTo; readonly writer: string }
  /** Without a trace: the topic is gone, and the next of its name starts at version 0. */
  | { readonly type: 'forget'; readonly reply?: ReplyTo };

export type SchemaEvent =
  | { readonly type: 'added'; readonly data: StoredSchema; readonly weight: number }
  | { readonly type: 'forgotten'; readonly data: Record<string, never> };

export interface SchemaState {
  readonly id: string;
  /** Oldest first; deletions are among them. */
  readonly versions: readonly StoredSchema[];
  readonly forgotten: boolean;
}

export interface SchemaOptions {
  readonly maxVersions: number;
  readonly maxDefinitionBytes: number;
}

export function schemaBehaviour(
  options: SchemaOptions,
): Behaviour<SchemaState, SchemaCommand, SchemaEvent> {
  return {
    kind: 'schema',
    initial: (actor) => ({ id: keyOf(actor), versions: [], forgotten: false }),
    decide: (state, command, facts) => decide(state, command, facts, options),
    evolve: (state, event) =>
      event.type === 'added'
        ? { ...state, versions: [...state.versions, event.data], forgotten: false }
        : { ...state, versions: [], forgotten: true },
    phase: ({ forgotten }) => (forgotten ? 'deleted' : 'open'),
    exists: ({ versions }) => versions.length > 0,
    idle: () => true,
    snapshot: ({ versions }) => versions,
    restore: (actor, snapshot) => ({
      id: keyOf(actor),
      versions: snapshot as readonly StoredSchema[],
      forgotten: false,
    }),
    recovered: () => undefined,
    expose: ({ versions }) => (versions.length > 0 ? versions : undefined),
    abandon: () => new Decision(),
  };
}

function decide(
  state: SchemaState,
  command: SchemaCommand,
  facts: Facts,
  options: SchemaOptions,
): Decision {
  const decision = new Decision();
  const answer = (value: number) =>
    command.reply === undefined ? decision : decision.answer(command.reply, value);
  const next = (state.versions.at(-1)?.version ?? -1) + 1;
  if (command.type === 'forget') {
    if (state.versions.length > 0) decision.record({ type: 'forgotten', data: {} });
    return answer(-1);
  }
  if (command.type === 'delete') {
    decision.record(added({ ...NOTHING, ...versionOf(next, command, facts), deleted: true }));
    return answer(next);
  }
  const { schema, reply, strategy, mayAdd } = command;
  try {
    if (schema.definition.length > options.maxDefinitionBytes) throw tooLong(options);
    checkDefinition(schema);
    const known = current(state.versions).find((each) => isSame(each, schema));
    if (known !== undefined) return answer(known.version);
    if (!mayAdd) throw new BrokerError('incompatible-schema', NO_UPDATES);
    checkNew(state, schema, strategy, options);
  } catch (error) {
    if (!(error instanceof BrokerError)) throw error;
    return decision.refuse(reply, error.code, error.message);
  }
  decision.record(added({ ...schema, ...versionOf(next, command, facts), deleted: false }));
  return answer(next);
}

const NO_UPDATES = 'Schema not found and schema auto updating is disabled.';

const NOTHING: Schema = { kind: 0, definition: '', properties: {} };

function versionOf(
  version: number,
  { writer }: { readonly writer: string },
  { nowMs }: Facts,
): Pick<StoredSchema, 'version' | 'atMs' | 'writer'> {
  return { version, atMs: nowMs, writer };
}

function added(data: StoredSchema): SchemaEvent {
  return { type: 'added', data, weight: data.definition.length };
}

/** Throws `incompatible-schema`, `invalid-schema`. */
function checkNew(
  { versions, id }: SchemaState,
  schema: Schema,
  strategy: Strategy,
  options: SchemaOptions,
): void {
  const { maxVersions } = options;
  if (versions.length >= maxVersions) {
    throw new BrokerError('invalid-schema', `Schema ${id} has ${maxVersions} versions, the most`);
  }
  checkCompatible(current(versions), schema, strategy);
}

function tooLong({ maxDefinitionBytes }: SchemaOptions): BrokerError {
  const message = `Schema definition is longer than ${maxDefinitionBytes} bytes`;
  return new BrokerError('invalid-schema', message);
}

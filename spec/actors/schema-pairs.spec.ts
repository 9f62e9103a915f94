import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { checkCompatible, checkDefinition, isSame } from '../../src/actors/schema/compatibility.ts';
import { KIND_NAMES, type Schema } from '../../src/actors/schema/schema.ts';
import { BrokerError } from '../../src/base/errors.ts';
import { STRATEGIES, type Strategy } from '../../src/base/schema-strategies.ts';
import { definitionBytes } from '../../src/transport/admin/schema-text.ts';

/** What real Pulsar says of a schema after others (spec/interop/schemas/record.mjs). */
interface Row {
  readonly title: string;
  readonly type: string;
  readonly afterType?: string;
  readonly before: readonly string[];
  readonly after: string;
  readonly properties?: Record<string, string>;
  readonly afterProperties?: Record<string, string>;
  readonly outcomes: Readonly<Record<Strategy, 'same' | 'yes' | 'no' | 'bad' | 'failed'>>;
}

const table = JSON.parse(
  readFileSync(new URL('../data/schemas/pairs.json', import.meta.url), 'utf8'),
) as readonly Row[];

function schema(type: string, text: string, properties: Record<string, string> = {}): Schema {
  const kind = Number(Object.entries(KIND_NAMES).find(([, name]) => name === type)?.[0]);
  return { kind, definition: definitionBytes(kind, text).toString('latin1'), properties };
}

function outcome(before: readonly Schema[], after: Schema, strategy: Strategy): string {
  try {
    checkDefinition(after);
    if (before.some((each) => isSame(each, after))) return 'same';
    checkCompatible(before, after, strategy);
    return 'yes';
  } catch (error) {
    if (!(error instanceof BrokerError)) throw error;
    return error.code === 'invalid-schema' ? 'bad' : 'no';
  }
}

describe('one schema after others, as real Pulsar judges it', () => {
  it('is asked often enough', () => {
    expect(table.length).toBeGreaterThanOrEqual(250);
  });

  it.each(table)('$title', ({ type, afterType, before, after, properties, ...row }) => {
    const existing = before.map((text) => schema(type, text, properties));
    const added = schema(afterType ?? type, after, row.afterProperties ?? properties);
    const judged = STRATEGIES.map((each) => {
      const here = outcome(existing, added, each);
      // An exception of Avro's reached the client: a refusal with a reason is better.
      const isRefusal = row.outcomes[each] === 'failed' && (here === 'no' || here === 'bad');
      return [each, isRefusal ? 'failed' : here];
    });
    expect(Object.fromEntries(judged)).toEqual(row.outcomes);
  });
});

// Makes up schemas, and asks real Pulsar and the registry which may follow which:
//
//   npm run build
//   node spec/interop/schemas/invent.mjs --admin-url http://127.0.0.1:8080 --pairs 500 --seed 1
//
// Prints the pairs of which they think otherwise, the shortest first, and a count.

import { parseArgs } from 'node:util';
import {
  checkCompatible,
  checkDefinition,
  isSame,
} from '../../../dist/actors/schema/compatibility.js';
import { KIND_NAMES } from '../../../dist/actors/schema/schema.js';
import { definitionBytes } from '../../../dist/transport/admin/schema-text.js';
import { chance } from '../pipeline/chance.mjs';
import { askAbout, STRATEGIES } from './asking.mjs';
import { descriptor } from './descriptor.mjs';
import { Inventor } from './invented.mjs';
import { pairProperties } from './pairs.mjs';

const { values } = parseArgs({
  options: {
    'admin-url': { type: 'string', default: 'http://127.0.0.1:8080' },
    pairs: { type: 'string', default: '500' },
    seed: { type: 'string', default: String(Date.now() % 2 ** 31) },
  },
});
const draw = chance(Number(values.seed));
const inventor = new Inventor(draw);
const one = (of) => of[draw.whole(of.length)];

async function main() {
  const table = Array.from({ length: Number(values.pairs) }, (_, i) => invented(`pair ${i}`));
  await askAbout(table, values['admin-url']);
  const asked = table.filter(({ unusable }) => unusable === undefined);
  const others = asked.flatMap((row) => {
    const judged = judge(row);
    const differing = STRATEGIES.filter((each) => !isAsIn(row.outcomes[each], judged[each]));
    return differing.length === 0 ? [] : [{ row, judged, differing }];
  });
  others.sort((a, b) => JSON.stringify(a.row).length - JSON.stringify(b.row).length);
  for (const { row, judged, differing } of others) {
    const said = differing.map((each) => `${each}: ${row.outcomes[each]}, here ${judged[each]}`);
    console.log(`${row.type}, then ${row.afterType ?? row.type}: ${said.join('; ')}`);
    for (const text of [...row.before, row.after]) console.log(`    ${text}`);
    if (row.properties) console.log(`    ${JSON.stringify([row.properties, row.afterProperties])}`);
  }
  console.log(
    `${asked.length} of ${table.length} pairs could be asked about, ${others.length} differ, ` +
      `--seed ${values.seed}`,
  );
}

/** A history of one to three schemas, and what is to follow. */
function invented(title) {
  const type = one(['AVRO', 'AVRO', 'AVRO', 'JSON', 'PROTOBUF', 'KEY_VALUE', 'PROTOBUF_NATIVE']);
  if (type === 'KEY_VALUE') return keyValue(title);
  const history = type === 'PROTOBUF_NATIVE' ? natives() : definitions();
  const afterType = draw.whole(15) === 0 ? one(['AVRO', 'JSON', 'PROTOBUF']) : type;
  return { title, type, afterType, before: history.slice(0, -1), after: history.at(-1) };
}

function definitions(length = 2 + draw.whole(3)) {
  const history = [inventor.definition()];
  while (history.length < length) {
    const last = one(history);
    history.push(draw.whole(10) === 0 ? inventor.definition() : inventor.changed(last));
  }
  return history;
}

const HALVES = ['AVRO', 'AVRO', 'JSON', 'STRING', 'INT32', 'PROTOBUF_NATIVE'];

function keyValue(title) {
  const kinds = [one(HALVES), one(HALVES)];
  const half = (kind, [first, second]) => {
    const changed = draw.whole(3) === 0 ? first : second;
    return [first, changed].map((text) => ({ kind, text }));
  };
  const [keys, texts] = kinds.map((kind) => half(kind, historyOf(kind)));
  const otherKind = draw.whole(10) === 0 ? { kind: 'STRING', text: '' } : undefined;
  const pair = (i, value = texts[i]) => ({
    text: JSON.stringify({ key: keys[i].text, value: value.text }),
    properties: pairProperties(keys[i], value, one(['INLINE', 'INLINE', 'SEPARATED'])),
  });
  const [before, after] = [pair(0), pair(1, otherKind)];
  return {
    ...{ title, type: 'KEY_VALUE', before: [before.text], after: after.text },
    ...{ properties: before.properties, afterProperties: after.properties },
  };
}

function historyOf(kind) {
  if (kind === 'AVRO' || kind === 'JSON') return definitions(2);
  return kind === 'PROTOBUF_NATIVE' ? natives(2) : ['', ''];
}

/** Protobuf messages; some name one that is not there. */
function natives(length = 2 + draw.whole(3)) {
  return Array.from({ length }, () => {
    const messages = {};
    for (const name of ['M', 'N', 'O']) {
      if (name === 'M' || draw.whole(2) === 0) messages[name] = nativeFields();
    }
    const root = draw.whole(6) === 0 ? one(['M', 'N', 'p.M', 'p.N']) : 'M';
    const packageName = one(['', '', '', 'p']);
    const isUsual = draw.whole(5) > 0;
    const full = isUsual && packageName !== '' ? `${packageName}.${root}` : root;
    return descriptor({ root: full, messages, packageName, syntax: one(['proto2', 'proto3']) });
  });
}

function nativeFields() {
  return Array.from({ length: draw.whole(4) }, (_, i) => ({
    name: `f${i}`,
    number: i + 1,
    type: one(['int32', 'string', 'int64', 'M']),
    label: one(['optional', 'optional', 'required', 'repeated']),
  }));
}

/** What the registry says, strategy by strategy. */
function judge({ type, afterType, before, after, properties, afterProperties = properties }) {
  const existing = before.map((text) => schemaOf(type, text, properties));
  const added = schemaOf(afterType ?? type, after, afterProperties);
  return Object.fromEntries(STRATEGIES.map((each) => [each, outcome(existing, added, each)]));
}

function schemaOf(type, text, properties = {}) {
  const kind = Number(Object.entries(KIND_NAMES).find(([, name]) => name === type)[0]);
  return { kind, definition: definitionBytes(kind, text).toString('latin1'), properties };
}

function outcome(existing, added, strategy) {
  try {
    for (const each of [...existing, added]) checkDefinition(each);
    if (existing.some((each) => isSame(each, added))) return 'same';
    checkCompatible(existing, added, strategy);
    return 'yes';
  } catch (error) {
    if (error.code === undefined) throw error;
    return error.code === 'invalid-schema' ? 'bad' : 'no';
  }
}

/** Where Avro throws what Pulsar does not expect (500), it is enough that nothing is stored. */
function isAsIn(outcome, judged) {
  return outcome === judged || (outcome === 'failed' && judged !== 'yes');
}

await main();

// Histories of schemas and what is to follow each: what real Pulsar is asked about, strategy by
// strategy (record.mjs), and what the registry must answer in the same way.

import { AVRO, HISTORIES } from './avro.mjs';
import { a, b, b0, one, record } from './definitions.mjs';
import { descriptor } from './descriptor.mjs';

/** `{title, type, before: [text...], after, afterType?, properties?}`; definitions as text. */
export function pairs() {
  return [
    ...promotions(),
    ...Object.entries(AVRO).map(([title, [before, after]]) => avro(title, [before], after)),
    ...Object.entries(HISTORIES).map(([title, [before, after]]) => avro(title, before, after)),
    ...['JSON', 'PROTOBUF'].flatMap(asType),
    ...kinds(),
    ...keyValues(),
    ...natives(),
  ];
}

function avro(title, before, after) {
  const text = (definition) =>
    typeof definition === 'string' ? definition : JSON.stringify(definition);
  return { title, type: 'AVRO', before: before.map(text), after: text(after) };
}

/** Every primitive followed by every other one. */
function promotions() {
  const primitives = ['null', 'boolean', 'int', 'long', 'float', 'double', 'bytes', 'string'];
  return primitives.flatMap((from) =>
    primitives
      .filter((to) => to !== from)
      .map((to) => avro(`a field of ${from}, then ${to}`, [one(from)], one(to))),
  );
}

/** Definitions of these types look like Avro's, and are judged like them. */
function asType(type) {
  const titles = ['a field more', 'a field more, with a default', 'a field fewer'];
  titles.push(
    'a union alone',
    'an alias more',
    'a union promoted',
    'a record inside renamed',
    'no JSON',
    'fields in another order',
  );
  return titles.map((title) => {
    const [before, after] = AVRO[title];
    return { ...avro(`${type}: ${title}`, [before], after), type };
  });
}

/** A kind followed by another, and by itself. */
function kinds() {
  const definition = JSON.stringify(record(a));
  const all = ['STRING', 'INT32', 'INT64', 'BOOLEAN', 'DOUBLE', 'TIMESTAMP', 'LOCAL_DATE'];
  const simple = all.map((type) => ({
    title: `${type} twice`,
    type,
    before: [''],
    after: '',
  }));
  return [
    ...simple,
    { title: 'INT32, then INT64', type: 'INT32', before: [''], after: '', afterType: 'INT64' },
    {
      title: 'STRING, then AVRO',
      type: 'STRING',
      before: [''],
      after: definition,
      afterType: 'AVRO',
    },
    {
      title: 'AVRO, then STRING',
      type: 'AVRO',
      before: [definition],
      after: '',
      afterType: 'STRING',
    },
    {
      title: 'AVRO, then JSON',
      type: 'AVRO',
      before: [definition],
      after: definition,
      afterType: 'JSON',
    },
    {
      title: 'JSON, then AVRO',
      type: 'JSON',
      before: [definition],
      after: definition,
      afterType: 'AVRO',
    },
    {
      title: 'AVRO, then PROTOBUF',
      type: 'AVRO',
      before: [definition],
      after: definition,
      afterType: 'PROTOBUF',
    },
    { title: 'STRING with something in it', type: 'STRING', before: [''], after: 'x' },
  ];
}

function keyValues() {
  const kv = (title, [beforeKey, beforeValue], [afterKey, afterValue], encodings = []) => {
    const [beforeEncoding = 'INLINE', afterEncoding = 'INLINE'] = encodings;
    return {
      title: `key and value: ${title}`,
      type: 'KEY_VALUE',
      before: [pairText(beforeKey, beforeValue)],
      after: pairText(afterKey, afterValue),
      properties: pairProperties(halfOf(beforeKey), halfOf(beforeValue), beforeEncoding),
      afterProperties: pairProperties(halfOf(afterKey), halfOf(afterValue), afterEncoding),
    };
  };
  const [first, second, third] = [record(a), record(a, b0), record(a, b)];
  return [
    kv('the value with a defaulted field more', ['', first], ['', second]),
    kv('the value with a field more', ['', first], ['', third]),
    kv('the key with a field more', [first, ''], [third, '']),
    kv('the key with a defaulted field more', [first, first], [second, first]),
    kv('the value with a field fewer', ['', third], ['', first]),
    kv('another type of value', ['', first], ['', '']),
    kv('another type of key', [first, ''], ['', '']),
    kv('another encoding', ['', first], ['', first], ['INLINE', 'SEPARATED']),
    kv(
      'another encoding, the value with a defaulted field more',
      ['', first],
      ['', second],
      ['INLINE', 'SEPARATED'],
    ),
    kv('a union as a value', ['', first], ['', ['null', first]]),
    kv(
      'separated, the value with a field more',
      ['', first],
      ['', third],
      ['SEPARATED', 'SEPARATED'],
    ),
  ];
}

const pairText = (key, value) => JSON.stringify({ key, value });

const halfOf = (definition) => ({ kind: definition === '' ? 'STRING' : 'AVRO' });

/** What a key-value schema says of its halves besides their definitions: `{kind}` each. */
export function pairProperties(key, value, encoding) {
  const half = (which, { kind }) => ({
    [`${which}.schema.name`]: '',
    [`${which}.schema.type`]: kind,
    [`${which}.schema.properties`]: '{}',
  });
  return { ...half('key', key), ...half('value', value), 'kv.encoding.type': encoding };
}

/** Protobuf messages by their descriptors. */
function natives() {
  const native = (title, before, after) => ({
    title: `protobuf: ${title}`,
    type: 'PROTOBUF_NATIVE',
    before: [descriptor(before)],
    after: descriptor(after),
  });
  const message = (name, fields) => ({ root: name, messages: { [name]: fields } });
  const x = { name: 'x', number: 1, type: 'int32' };
  const y = { name: 'y', number: 2, type: 'string' };
  const m = (...fields) => message('M', fields);
  return [
    native('the same twice', m(x), m(x)),
    native('a field more', m(x), m(x, y)),
    native('a required field more', m(x), m(x, { ...y, label: 'required' })),
    native('a required field fewer', m(x, { ...y, label: 'required' }), m(x)),
    native('a field fewer', m(x, y), m(x)),
    native('a field renamed', m(x), m({ ...x, name: 'z' })),
    native('a field of another number', m(x), m({ ...x, number: 3 })),
    native('a field of another type', m(x), m({ ...x, type: 'string' })),
    native('a field of a wider type', m(x), m({ ...x, type: 'int64' })),
    native('optional, then required', m(x), m({ ...x, label: 'required' })),
    native('required, then optional', m({ ...x, label: 'required' }), m(x)),
    native('optional, then repeated', m(x), m({ ...x, label: 'repeated' })),
    native('another root', m(x), message('N', [x])),
    native('a package more', m(x), { ...m(x), root: 'p.M', packageName: 'p' }),
    native(
      'the root without its package, then with it',
      { ...m(x), packageName: 'p' },
      { ...m(x, y), root: 'p.M', packageName: 'p' },
    ),
    native('a package that is not there', m(x), { ...m(x), root: 'p.M' }),
  ];
}

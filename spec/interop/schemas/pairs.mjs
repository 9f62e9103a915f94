// Histories of schemas and what is to follow each: what real Pulsar is asked about, strategy by
// strategy (record.mjs), and what the registry must answer in the same way.

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

const field = (name, type, more = {}) => ({ name, type, ...more });
const record = (...fields) => ({ type: 'record', name: 'P', fields });
const one = (type, more) => record(field('a', type, more));
const inner = (name, ...fields) => ({ type: 'record', name, fields });
const enumOf = (symbols, more = {}) => ({ type: 'enum', name: 'E', symbols, ...more });
const fixed = (size, more = {}) => ({ type: 'fixed', name: 'F', size, ...more });
const array = (items) => ({ type: 'array', items });
const map = (values) => ({ type: 'map', values });
const logical = (type, logicalType, more = {}) => ({ type, logicalType, ...more });
const a = field('a', 'int');
const b = field('b', 'string');
const b0 = field('b', 'string', { default: '' });
const c = field('c', 'long');
const c0 = field('c', 'long', { default: 0 });
const n = field('n', ['null', 'int'], { default: null });

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

const AVRO = {
  'the same twice': [record(a), record(a)],
  'a field more': [record(a), record(a, b)],
  'a field more, with a default': [record(a), record(a, b0)],
  'a field fewer': [record(a, b), record(a)],
  'a field fewer, with a default': [record(a, b0), record(a)],
  'a nullable field more': [record(a), record(a, n)],
  'a nullable field more, without a default': [record(a), record(a, field('n', ['null', 'int']))],
  'all fields others': [record(a), record(b)],
  'all fields others, with defaults': [record(field('a', 'int', { default: 1 })), record(b0)],
  'fields in another order': [record(a, b), record(b, a)],
  'a default more': [record(a, b), record(a, b0)],
  'a default fewer': [record(a, b0), record(a, b)],
  'another default': [record(a, b0), record(a, field('b', 'string', { default: 'x' }))],
  'a field renamed': [record(a), record(field('z', 'int'))],
  'a field renamed, with an alias': [record(a), record(field('z', 'int', { aliases: ['a'] }))],
  'a record renamed': [record(a), { ...record(a), name: 'Q' }],
  'a record renamed, with an alias': [record(a), { ...record(a), name: 'Q', aliases: ['P'] }],
  'a namespace more': [record(a), { ...record(a), namespace: 'x.y' }],
  'another namespace': [
    { ...record(a), namespace: 'x' },
    { ...record(a), namespace: 'y' },
  ],
  'a doc more': [record(a), { ...record(field('a', 'int', { doc: 'x' })), doc: 'y' }],
  'a property more': [record(a), record(field('a', 'int', { extra: 1 }))],
  'an order more': [record(a), record(field('a', 'int', { order: 'ignore' }))],
  'a type spelled out': [record(a), record(field('a', { type: 'int' }))],
  'no fields any more': [record(a), record()],
  'first fields': [record(), record(a)],
  'to nullable': [one('int'), one(['null', 'int'])],
  'to nullable, with a default': [one('int'), one(['null', 'int'], { default: null })],
  'from nullable': [one(['null', 'int']), one('int')],
  'a union in another order': [one(['null', 'int']), one(['int', 'null'])],
  'a union with more': [one(['null', 'int']), one(['null', 'int', 'string'])],
  'a union with fewer': [one(['null', 'int', 'string']), one(['null', 'int'])],
  'a union promoted': [one(['null', 'int']), one(['null', 'long'])],
  'a union of one': [one('int'), one(['int'])],
  'unions with nothing in common': [one(['null', 'int']), one(['string', 'boolean'])],
  'a union of int and long, then long': [one(['int', 'long']), one('long')],
  'a union of bytes and string, then string': [one(['bytes', 'string']), one('string')],
  'records in a union': [
    one(['null', inner('N', field('x', 'int'))]),
    one(['null', inner('N', field('x', 'int'), field('y', 'int', { default: 0 }))]),
  ],
  'a record in a union renamed': [
    one(['null', inner('N', field('x', 'int'))]),
    one(['null', inner('M', field('x', 'int'))]),
  ],
  'two records in a union, one renamed': [
    one([inner('N', field('x', 'int')), inner('M', field('y', 'string'))]),
    one([inner('N', field('x', 'int')), inner('O', field('y', 'string'))]),
  ],
  'a record in a union with another field': [
    one(['null', inner('N', field('x', 'int'))]),
    one(['null', inner('N', field('y', 'int'))]),
  ],
  'an enum with a symbol more': [one(enumOf(['A'])), one(enumOf(['A', 'B']))],
  'an enum with a symbol fewer': [one(enumOf(['A', 'B'])), one(enumOf(['A']))],
  'an enum with a symbol fewer and a default': [
    one(enumOf(['A', 'B'], { default: 'A' })),
    one(enumOf(['A'], { default: 'A' })),
  ],
  'an enum with other symbols': [one(enumOf(['A'])), one(enumOf(['B']))],
  'an enum in another order': [one(enumOf(['A', 'B'])), one(enumOf(['B', 'A']))],
  'an enum renamed': [one(enumOf(['A'])), one({ ...enumOf(['A']), name: 'G' })],
  'an enum renamed, with an alias': [
    one(enumOf(['A'])),
    one({ ...enumOf(['A']), name: 'G', aliases: ['E'] }),
  ],
  'an enum in another namespace': [one(enumOf(['A'])), one(enumOf(['A'], { namespace: 'x' }))],
  'an enum, then a string': [one(enumOf(['A'])), one('string')],
  'a string, then an enum': [one('string'), one(enumOf(['A']))],
  'a fixed of another size': [one(fixed(4)), one(fixed(8))],
  'a fixed renamed': [one(fixed(4)), one({ ...fixed(4), name: 'G' })],
  'a fixed renamed, with an alias': [
    one(fixed(4)),
    one({ ...fixed(4), name: 'G', aliases: ['F'] }),
  ],
  'a fixed, then bytes': [one(fixed(4)), one('bytes')],
  'bytes, then a fixed': [one('bytes'), one(fixed(4))],
  'an array promoted': [one(array('int')), one(array('long'))],
  'an array of another type': [one(array('int')), one(array('string'))],
  'an array, then one of its elements': [one(array('int')), one('int')],
  'an array of records with a field more': [
    one(array(inner('N', field('x', 'int')))),
    one(array(inner('N', field('x', 'int'), field('y', 'int')))),
  ],
  'an array of records with a defaulted field more': [
    one(array(inner('N', field('x', 'int')))),
    one(array(inner('N', field('x', 'int'), field('y', 'int', { default: 0 })))),
  ],
  'a map promoted': [one(map('int')), one(map('double'))],
  'a map of another type': [one(map('int')), one(map('string'))],
  'a map, then an array': [one(map('int')), one(array('int'))],
  'a map of nullable values': [one(map('int')), one(map(['null', 'int']))],
  'a record inside with a field more': [
    one(inner('N', field('x', 'int'))),
    one(inner('N', field('x', 'int'), field('y', 'int'))),
  ],
  'a record inside with a defaulted field more': [
    one(inner('N', field('x', 'int'))),
    one(inner('N', field('x', 'int'), field('y', 'int', { default: 0 }))),
  ],
  'a record inside renamed': [
    one(inner('N', field('x', 'int'))),
    one(inner('M', field('x', 'int'))),
  ],
  'a record inside in another namespace': [
    one({ ...inner('N', field('x', 'int')), namespace: 'x' }),
    one({ ...inner('N', field('x', 'int')), namespace: 'y' }),
  ],
  'a record, then an int': [one(inner('N', field('x', 'int'))), one('int')],
  'a type used twice': [
    record(field('x', inner('N', field('v', 'int'))), field('y', 'N')),
    record(field('x', inner('N', field('v', 'long'))), field('y', 'N')),
  ],
  'a record inside itself, with a field more': [
    record(field('next', ['null', 'P'])),
    record(field('next', ['null', 'P']), field('v', 'int')),
  ],
  'a record inside itself, with a defaulted field more': [
    record(field('next', ['null', 'P'])),
    record(field('next', ['null', 'P']), field('v', 'int', { default: 0 })),
  ],
  'a time, then a plain long': [one(logical('long', 'timestamp-millis')), one('long')],
  'a plain long, then a time': [one('long'), one(logical('long', 'timestamp-millis'))],
  'a time in another unit': [
    one(logical('long', 'timestamp-millis')),
    one(logical('long', 'timestamp-micros')),
  ],
  'a decimal of another scale': [
    one(logical('bytes', 'decimal', { precision: 9, scale: 2 })),
    one(logical('bytes', 'decimal', { precision: 9, scale: 3 })),
  ],
  'a date, then an int': [one(logical('int', 'date')), one('int')],
  'a uuid, then a string': [one(logical('string', 'uuid')), one('string')],
  'a java string': [one('string'), one({ type: 'string', 'avro.java.string': 'String' })],
  'a primitive alone': ['"string"', '"string"'],
  'primitives alone': ['"int"', '"long"'],
  'a record, then a primitive alone': [record(a), '"int"'],
  'an array alone': [array('int'), array('long')],
  'no JSON': [record(a), '{nonsense'],
  'an empty definition': [record(a), ''],
  'an unknown type': [record(a), one('Nope')],
  'a name that is none': [record(a), record(field('a-b', 'int'))],
  'a field twice': [record(a), record(a, a)],
  'a union in a union': [record(a), one(['null', ['int']])],
  'a union with a type twice': [record(a), one(['int', 'int'])],
  'a type defined twice': [record(a), record(field('x', inner('N', a)), field('y', inner('N', a)))],
  'a default of another type': [record(a), record(a, field('b', 'int', { default: 'x' }))],
  'a default of the second of a union': [
    record(a),
    record(a, field('b', ['null', 'int'], { default: 1 })),
  ],
  'an enum with a symbol twice': [record(a), one(enumOf(['A', 'A']))],
  'an enum with a default that is none': [record(a), one(enumOf(['A'], { default: 'B' }))],
  'a fixed without a size': [record(a), one({ type: 'fixed', name: 'F' })],
  'a record without fields': [record(a), { type: 'record', name: 'P' }],
  'a record without a name': [record(a), { type: 'record', fields: [] }],
};

/** Two schemas that are there already, and one to follow both. */
const HISTORIES = {
  'as the first was': [[record(a), record(a, b0)], record(a)],
  'what only the second can be read by': [[record(a, b), record(a, b0)], record(a)],
  'what only the second can read': [[record(a), record(a, b)], record(a, b, c0)],
  'what none can read': [[record(a), record(a, b0)], record(c)],
  'promoted step by step': [[one('int'), one('long')], one('float')],
  'widened and narrowed': [[one('long'), one('int')], one('long')],
  'a field that was there before': [[record(a, c), record(a)], record(a, field('c', 'string'))],
  'a defaulted field that was there before': [
    [record(a, c0), record(a)],
    record(a, field('c', 'string', { default: '' })),
  ],
  'an unreadable past': [[record(b), record(a)], record(a, n)],
  'a nullable field again': [[record(a, n), record(a)], record(a, n)],
};

/** Definitions of these types look like Avro's, and are judged like them. */
function asType(type) {
  const titles = ['a field more', 'a field more, with a default', 'a field fewer'];
  titles.push('a union promoted', 'a record inside renamed', 'no JSON', 'fields in another order');
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
      properties: pairProperties(beforeKey, beforeValue, beforeEncoding),
      afterProperties: pairProperties(afterKey, afterValue, afterEncoding),
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
      'separated, the value with a field more',
      ['', first],
      ['', third],
      ['SEPARATED', 'SEPARATED'],
    ),
  ];
}

const pairText = (key, value) => JSON.stringify({ key, value });

function pairProperties(key, value, encoding) {
  const half = (which, definition) => ({
    [`${which}.schema.name`]: '',
    [`${which}.schema.type`]: definition === '' ? 'STRING' : 'AVRO',
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
  ];
}

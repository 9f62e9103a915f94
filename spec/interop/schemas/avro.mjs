// Avro definitions, and what is to follow each.

import {
  a,
  array,
  b,
  b0,
  c,
  c0,
  enumOf,
  field,
  fixed,
  inner,
  logical,
  map,
  n,
  one,
  record,
} from './definitions.mjs';

const n1 = inner('N', field('x', 'int'));
const spaced = (type, namespace, more = {}) => ({ ...type, namespace, ...more });

/** Aliases are names in full, and the writer's types and fields take the reader's. */
const NAMED_OTHERWISE = {
  'an alias from another namespace': [
    one(fixed(4, { namespace: 'x' })),
    one(fixed(4, { name: 'G', aliases: ['x.F'] })),
  ],
  'an alias that lacks its namespace': [
    one(fixed(4, { namespace: 'x' })),
    one(fixed(4, { name: 'G', aliases: ['F'] })),
  ],
  'an alias in the namespace of its type': [
    one(fixed(4, { namespace: 'x' })),
    one(fixed(4, { name: 'G', namespace: 'x', aliases: ['F'] })),
  ],
  'a field alias inside of a record renamed': [
    one(n1),
    one(inner('M', field('y', 'int', { aliases: ['x'] }))),
  ],
  'a field alias inside of a record renamed, with an alias': [
    one(n1),
    one({ ...inner('M', field('y', 'int', { aliases: ['x'] })), aliases: ['N'] }),
  ],
  'an alias of a field that is still there': [
    record(a, field('z', 'int')),
    record(a, field('z', 'int', { aliases: ['a'] }), c0),
  ],
  'the same, with an alias of a field that is still there': [
    record(field('a', 'int', { aliases: ['z'] }), field('z', 'int')),
    record(field('a', 'int', { aliases: ['z'], doc: 'x' }), field('z', 'int')),
  ],
  'two fields that swap names by aliases': [
    record(field('a', 'int'), field('z', 'string')),
    record(field('z', 'int', { aliases: ['a'] }), field('a', 'string', { aliases: ['z'] })),
  ],
};

/** Of the branches that could read it, one is chosen by kind and name, and no other is tried. */
const IN_UNIONS = {
  'a record, then a union with another that would do': [
    one(n1),
    one([inner('N', field('y', 'string')), inner('M', field('x', 'int'))]),
  ],
  'a record, then a union with one of another name': [one(n1), one(['null', inner('M', c0)])],
  'a record, then a union of two that would do': [
    one(n1),
    one([inner('M', field('x', 'long')), spaced(inner('N', field('x', 'string')), 'y')]),
  ],
  'an enum, then a union with it in another namespace': [
    one(enumOf(['A'])),
    one(['null', enumOf(['A'], { namespace: 'x' })]),
  ],
  'an enum in a union that moves to another namespace': [
    one(['int', enumOf(['A'])]),
    one(['int', enumOf(['A'], { namespace: 'x' })]),
  ],
  'an enum in a union that moves and grows': [
    one(['int', enumOf(['A'])]),
    one(['int', enumOf(['A', 'B'], { namespace: 'x' })]),
  ],
  'a fixed, then a union with one of another size': [one(fixed(4)), one(['null', fixed(8)])],
  'a union in a namespace that changes': [
    spaced(one(['int', fixed(4), enumOf(['A'])]), 'x'),
    spaced(one(['int', fixed(4), enumOf(['A'])]), 'y'),
  ],
  'an int, then a union of what it can become': [one('int'), one(['string', 'double', 'long'])],
  'an array, then a union with an array of others': [
    one(array('int')),
    one(['null', array('string')]),
  ],
  'a record in itself, then in a union': [
    record(a, field('next', ['null', 'P'], { default: null })),
    record(a, field('next', ['null', 'P', 'int'], { default: null })),
  ],
  'a union alone': [record(a), ['null', record(a)]],
};

/** What the registry takes for the same, and what it does not. */
const WRITTEN_OTHERWISE = {
  'an alias more': [record(a), { ...record(a), aliases: ['Q'] }],
  'a field alias more': [record(a), record(field('a', 'int', { aliases: ['z'] }))],
  'an order that is the usual one': [record(a), record(field('a', 'int', { order: 'ascending' }))],
  'no namespace, said so': [record(a), spaced(record(a), '')],
  'a name in full': [spaced(record(a), 'x'), { ...record(a), name: 'x.P' }],
  'a default more in an enum': [one(enumOf(['A'])), one(enumOf(['A'], { default: 'A' }))],
  'a property more in a record': [record(a), { ...record(a), extra: { a: 1 } }],
  'a type that is defined behind its first use': [
    record(a),
    record(a, field('x', ['null', 'N'], { default: null }), field('y', n1, { default: { x: 1 } })),
  ],
  'a fixed that is defined twice in the same way': [
    record(field('x', fixed(4)), field('y', 'F')),
    record(field('x', fixed(4)), field('y', fixed(4))),
  ],
  'a fixed that is defined twice in two ways': [
    record(a),
    record(field('x', fixed(4)), field('y', fixed(8))),
  ],
  'a name with a dollar and letters of others': [record(a), record(a, field('$é', 'int'))],
};

export const AVRO = {
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
  ...NAMED_OTHERWISE,
  ...IN_UNIONS,
  ...WRITTEN_OTHERWISE,
};

/** Two schemas that are there already, and one to follow both. */
export const HISTORIES = {
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

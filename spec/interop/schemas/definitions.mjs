// What Avro definitions are written with here: records P with fields a, b and so on.

export const field = (name, type, more = {}) => ({ name, type, ...more });
export const record = (...fields) => ({ type: 'record', name: 'P', fields });
export const one = (type, more) => record(field('a', type, more));
export const inner = (name, ...fields) => ({ type: 'record', name, fields });
export const enumOf = (symbols, more = {}) => ({ type: 'enum', name: 'E', symbols, ...more });
export const fixed = (size, more = {}) => ({ type: 'fixed', name: 'F', size, ...more });
export const array = (items) => ({ type: 'array', items });
export const map = (values) => ({ type: 'map', values });
export const logical = (type, logicalType, more = {}) => ({ type, logicalType, ...more });
export const a = field('a', 'int');
export const b = field('b', 'string');
export const b0 = field('b', 'string', { default: '' });
export const c = field('c', 'long');
export const c0 = field('c', 'long', { default: 0 });
export const n = field('n', ['null', 'int'], { default: null });

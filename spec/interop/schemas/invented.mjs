// Avro definitions at random, and what may become of them: pairs to ask real Pulsar about that
// nobody has thought of (record.mjs --invented).

const PRIMITIVES = ['null', 'boolean', 'int', 'long', 'float', 'double', 'bytes', 'string'];
const LOGICAL = [
  { type: 'int', logicalType: 'date' },
  { type: 'long', logicalType: 'timestamp-millis' },
  { type: 'long', logicalType: 'timestamp-micros' },
  { type: 'string', logicalType: 'uuid' },
  { type: 'bytes', logicalType: 'decimal', precision: 4, scale: 2 },
  { type: 'bytes', logicalType: 'decimal', precision: 5, scale: 2 },
];
/** Few of each, so that they meet. */
const TYPE_NAMES = ['N', 'M', 'O'];
const NAMESPACES = ['x', 'x.y', ''];
const FIELD_NAMES = ['a', 'b', 'c', 'd'];
const SYMBOLS = ['A', 'B', 'C'];
const MOST_FIELDS = 3;
const MOST_DEPTH = 3;
const MOST_CHANGES = 3;

export class Inventor {
  #draw;

  /** `draw.whole(limit)`: from 0 to below `limit`. */
  constructor(draw) {
    this.#draw = draw;
  }

  /** A record, as JSON text. */
  definition() {
    return this.#text({ type: 'record', name: 'P', fields: this.#fields(0) });
  }

  /** The same with some changes. */
  changed(text) {
    const whole = { root: JSON.parse(text) };
    for (let left = 1 + this.#draw.whole(MOST_CHANGES); left > 0; left--) {
      const places = [...placesIn(whole, 'root')];
      this.#change(this.#one(places));
    }
    return this.#text(whole.root);
  }

  #text(definition) {
    const tidied = this.#rarely(20) ? definition : eachDefinedOnce(definition);
    return JSON.stringify(tidied);
  }

  #one(of) {
    return of[this.#draw.whole(of.length)];
  }

  #rarely(oneIn) {
    return this.#draw.whole(oneIn) === 0;
  }

  #type(depth) {
    const kinds = ['primitive', 'primitive', 'logical', 'name', 'enum', 'fixed'];
    if (depth < MOST_DEPTH) kinds.push('record', 'array', 'map', 'union', 'union');
    switch (this.#one(kinds)) {
      case 'primitive':
        return this.#one(PRIMITIVES);
      case 'logical':
        return { ...this.#one(LOGICAL) };
      case 'name':
        return this.#one(['P', ...TYPE_NAMES]);
      case 'enum':
        return this.#enum();
      case 'fixed':
        return this.#named({ type: 'fixed', size: this.#one([4, 4, 8]) });
      case 'record':
        return this.#named({ type: 'record', fields: this.#fields(depth + 1) });
      case 'array':
        return { type: 'array', items: this.#type(depth + 1) };
      case 'map':
        return { type: 'map', values: this.#type(depth + 1) };
      default:
        return this.#union(depth + 1);
    }
  }

  #named({ type, ...more }) {
    const definition = { type, name: this.#one(TYPE_NAMES) };
    if (this.#rarely(4)) definition.namespace = this.#one(NAMESPACES);
    if (this.#rarely(5)) definition.aliases = [this.#alias()];
    return { ...definition, ...more };
  }

  #alias() {
    const name = this.#one(TYPE_NAMES);
    return this.#rarely(3) ? `${this.#one(['x', 'x.y'])}.${name}` : name;
  }

  #enum() {
    const symbols = SYMBOLS.slice(this.#draw.whole(2), 2 + this.#draw.whole(2));
    const definition = this.#named({ type: 'enum', symbols });
    if (this.#rarely(4)) definition.default = this.#one(symbols);
    return definition;
  }

  #union(depth) {
    const branches = Array.from({ length: 1 + this.#draw.whole(3) }, () => this.#type(depth));
    const flat = branches.flat();
    const titles = flat.map(titleOf);
    return flat.filter((_, i) => titles.indexOf(titles[i]) === i);
  }

  #fields(depth) {
    const names = FIELD_NAMES.filter(() => !this.#rarely(2)).slice(0, MOST_FIELDS);
    return names.map((name) => this.#field(name, depth));
  }

  #field(name, depth) {
    const field = { name, type: this.#type(depth) };
    if (this.#rarely(2)) field.default = this.#default(field.type);
    if (this.#rarely(8)) field.aliases = [this.#one(FIELD_NAMES)];
    return field;
  }

  /** Mostly one that fits. */
  #default(type) {
    if (this.#rarely(30)) return this.#one([null, 1, 1.5, 'A', true, {}, []]);
    if (Array.isArray(type)) return this.#default(this.#rarely(4) ? this.#one(type) : type[0]);
    if (typeof type === 'object') {
      if (type.type === 'array') return this.#rarely(2) ? [] : [this.#default(type.items)];
      if (type.type === 'map') return this.#rarely(2) ? {} : { k: this.#default(type.values) };
      if (type.type === 'record') return this.#record(type);
      if (type.type === 'fixed') return '\u0001'.repeat(type.size);
      if (type.type === 'enum') return this.#one(type.symbols) ?? 'A';
      return this.#default(type.type);
    }
    return { null: null, boolean: true, string: 'A', bytes: 'A' }[type] ?? this.#one([0, 1]);
  }

  #record({ fields }) {
    const given = fields.filter((field) => !('default' in field) || this.#rarely(2));
    return Object.fromEntries(given.map(({ name, type }) => [name, this.#default(type)]));
  }

  #change({ holder, key, kind }) {
    const value = holder[key];
    switch (kind) {
      case 'field':
        return this.#changeField(value);
      case 'fields':
        return this.#changeFields(value);
      case 'union':
        return this.#changeUnion(holder, key);
      case 'named':
        return this.#changeNamed(value);
      default:
        holder[key] = this.#otherType(value);
    }
  }

  #otherType(value) {
    switch (this.#draw.whole(7)) {
      case 0:
        return Array.isArray(value) ? value : ['null', value];
      case 1:
        return Array.isArray(value) ? value : [value];
      case 2:
        return typeof value === 'object' && value.logicalType ? value.type : value;
      case 3:
        return typeof value === 'string' ? { type: value } : value;
      case 4:
        return { int: 'long', long: 'double', string: 'bytes', bytes: 'string' }[value] ?? value;
      default:
        return this.#type(1);
    }
  }

  #changeField(field) {
    switch (this.#draw.whole(7)) {
      case 0:
        field.default = this.#default(field.type);
        return;
      case 1:
        delete field.default;
        return;
      case 2:
        field.aliases = [field.name];
        field.name = this.#one(FIELD_NAMES);
        return;
      case 3:
        field.name = this.#one(FIELD_NAMES);
        return;
      case 4:
        field.aliases = [this.#one(FIELD_NAMES)];
        return;
      case 5:
        field.order = this.#one(['ascending', 'descending', 'ignore']);
        return;
      default:
        field[this.#one(['doc', 'other'])] = this.#one(['one', 'two']);
    }
  }

  #changeFields(fields) {
    const at = this.#draw.whole(fields.length + 1);
    switch (this.#draw.whole(3)) {
      case 0:
        fields.splice(at, 0, this.#field(this.#one(FIELD_NAMES), 1));
        return;
      case 1:
        fields.splice(at, 1);
        return;
      default:
        fields.reverse();
    }
  }

  #changeUnion(holder, key) {
    const union = holder[key];
    const at = this.#draw.whole(union.length + 1);
    switch (this.#draw.whole(4)) {
      case 0:
        union.splice(at, 0, this.#type(2));
        return;
      case 1:
        union.splice(at, 1);
        return;
      case 2:
        if (union.length > 0) holder[key] = this.#one(union);
        return;
      default:
        union.reverse();
    }
  }

  #changeNamed(type) {
    switch (this.#draw.whole(6)) {
      case 0:
        type.aliases = [type.name];
        type.name = this.#one(TYPE_NAMES);
        return;
      case 1:
        type.name = this.#one(TYPE_NAMES);
        return;
      case 2:
        type.namespace = this.#one(NAMESPACES);
        return;
      case 3:
        type.aliases = [this.#alias()];
        return;
      case 4:
        type[this.#one(['doc', 'other'])] = this.#one(['one', 'two']);
        return;
      default:
        if (type.type === 'fixed') type.size = this.#one([4, 8]);
        if (type.type === 'enum') Object.assign(type, { symbols: this.#enum().symbols });
    }
  }
}

/** What can be changed below `holder[key]`, which is a type. */
function* placesIn(holder, key) {
  const value = holder[key];
  yield { holder, key, kind: 'type' };
  if (Array.isArray(value)) {
    yield { holder, key, kind: 'union' };
    for (const i of value.keys()) yield* placesIn(value, i);
    return;
  }
  if (value === null || typeof value !== 'object') return;
  if ('items' in value) yield* placesIn(value, 'items');
  if ('values' in value) yield* placesIn(value, 'values');
  if ('name' in value) yield { holder, key, kind: 'named' };
  if (!Array.isArray(value.fields)) return;
  yield { holder: value, key: 'fields', kind: 'fields' };
  for (const [i, field] of value.fields.entries()) {
    yield { holder: value.fields, key: i, kind: 'field' };
    yield* placesIn(field, 'type');
  }
}

/** Each name is defined where it comes first, and named from then on. */
function eachDefinedOnce(definition) {
  const known = new Map();
  const tidy = (type, outer) => {
    if (Array.isArray(type)) return type.map((part) => tidy(part, outer));
    if (typeof type === 'string') {
      return PRIMITIVES.includes(type) || known.has(fullName(type, outer)) ? type : 'int';
    }
    if ('items' in type) return { ...type, items: tidy(type.items, outer) };
    if ('values' in type) return { ...type, values: tidy(type.values, outer) };
    if (!('name' in type)) return type;
    const namespace = type.namespace ?? outer;
    const name = fullName(type.name, namespace);
    if (known.has(name)) return name;
    known.set(name, type);
    if (!('fields' in type)) return type;
    const tidied = type.fields.map((each) => ({ ...each, type: tidy(each.type, namespace) }));
    return { ...type, fields: tidied };
  };
  return tidy(definition, '');
}

function fullName(name, namespace) {
  return name.includes('.') || namespace === '' ? name : `${namespace}.${name}`;
}

function titleOf(type) {
  return typeof type === 'string' ? type : (type.name ?? type.type);
}

// The JSON of PROTOBUF_NATIVE schemas: a Protobuf descriptor set from a short description.

const TYPES = { double: 1, float: 2, int64: 3, int32: 5, bool: 8, string: 9, bytes: 12 };
const MESSAGE = 11;
const LABELS = { optional: 1, required: 2, repeated: 3 };
const FILE = 'M.proto';

/**
 * `{root, messages: {name: [{name, number, type, label?}...]}}` as the definition's text; a type
 * that is no primitive names a message.
 */
export function descriptor({ root, messages, packageName = '', syntax = 'proto2' }) {
  const described = Object.entries(messages).map(([name, fields]) =>
    bytesField(4, Buffer.concat([stringField(1, name), ...fields.map(fieldOf)])),
  );
  const file = Buffer.concat([
    stringField(1, FILE),
    ...(packageName === '' ? [] : [stringField(2, packageName)]),
    ...described,
    stringField(12, syntax),
  ]);
  return JSON.stringify({
    fileDescriptorSet: bytesField(1, file).toString('base64'),
    rootMessageTypeName: root,
    rootFileDescriptorName: FILE,
  });
}

/** A FieldDescriptorProto: its numbers are those of descriptor.proto. */
function fieldOf({ name, number, type, label = 'optional' }) {
  const parts = [stringField(1, name), intField(3, number), intField(4, LABELS[label])];
  const isPrimitive = type in TYPES;
  parts.push(intField(5, isPrimitive ? TYPES[type] : MESSAGE));
  if (!isPrimitive) parts.push(stringField(6, type));
  return bytesField(2, Buffer.concat(parts));
}

const stringField = (number, text) => bytesField(number, Buffer.from(text));
const intField = (number, value) => Buffer.concat([Buffer.from([number << 3]), varint(value)]);
const bytesField = (number, bytes) =>
  Buffer.concat([Buffer.from([(number << 3) | 2]), varint(bytes.length), bytes]);

function varint(value) {
  const bytes = [];
  for (let rest = value; ; rest >>>= 7) {
    if (rest < 128) return Buffer.from([...bytes, rest]);
    bytes.push((rest & 127) | 128);
  }
}

/**
 * Definitions of PROTOBUF_NATIVE schemas: JSON that holds a FileDescriptorSet
 * (google/protobuf/descriptor.proto) and says which of its messages is meant.
 */

interface Definition {
  /** In base64. */
  readonly fileDescriptorSet: string;
  /** With its package. */
  readonly rootMessageTypeName: string;
  readonly rootFileDescriptorName: string;
}

/**
 * Full name of the message that is meant, which may be given without its package; undefined where
 * the definition cannot be read, or holds no such message.
 */
export function rootMessage(text: string): string | undefined {
  try {
    const definition = JSON.parse(text) as Definition;
    const { rootFileDescriptorName: fileName, rootMessageTypeName: root } = definition;
    const files = parts(Buffer.from(definition.fileDescriptorSet, 'base64'), FIELD.file);
    const file = files.find((each) => textIn(each, FIELD.name) === fileName);
    if (file === undefined) return undefined;
    const packageName = textIn(file, FIELD.package);
    const prefix = packageName === '' ? '' : `${packageName}.`;
    const path = root.startsWith(prefix) ? root.slice(prefix.length) : root;
    return holds(file, path) ? `${prefix}${path}` : undefined;
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError || error instanceof RangeError) {
      return undefined;
    }
    throw error;
  }
}

/** Field numbers of descriptor.proto; a name is field 1 of files and of messages. */
const FIELD = { file: 1, name: 1, package: 2, message: 4, nested: 3 };

/** Whether a file has the message: a name with those of the messages that it lies in. */
function holds(file: Buffer, path: string): boolean {
  let among = parts(file, FIELD.message);
  for (const name of path.split('.')) {
    const found = among.find((each) => textIn(each, FIELD.name) === name);
    if (found === undefined) return false;
    among = parts(found, FIELD.nested);
  }
  return true;
}

function textIn(message: Buffer, field: number): string {
  return parts(message, field).at(-1)?.toString() ?? '';
}

/** What a message holds in fields that have a length. Throws RangeError where bytes end early. */
function parts(message: Buffer, field: number): readonly Buffer[] {
  const found: Buffer[] = [];
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = message.readUInt8(at++);
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
  };
  while (at < message.length) {
    const tag = varint();
    const kind = tag % 8;
    if (kind === 0) varint();
    else if (kind === 1) at += 8;
    else if (kind === 5) at += 4;
    else if (kind !== 2) throw new RangeError(`No Protobuf field has kind ${kind}`);
    else {
      const length = varint();
      if (at + length > message.length) throw new RangeError('A Protobuf message ends early');
      if (Math.floor(tag / 8) === field) found.push(message.subarray(at, at + length));
      at += length;
    }
  }
  return found;
}

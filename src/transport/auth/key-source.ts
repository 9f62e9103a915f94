/**
 * Where a key or a password file stands, in the forms that Pulsar takes: `file:///path`, a plain
 * path, `data:...;base64,...`, or the base64 text itself.
 */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { BrokerError } from '../../base/errors.ts';

/**
 * The bytes that an option points to. Throws `bad-option`, which names the option and, where there
 * is one, the path, but never the value: it may be the secret itself.
 */
export function readSource(option: string, value: string): Buffer {
  if (value.startsWith('data:')) return dataOf(option, value);
  const path = value.startsWith('file:') ? pathOf(value) : value;
  if (value.startsWith('file:') || existsSync(path)) {
    try {
      return readFileSync(path);
    } catch (error) {
      const { code = 'no file' } = error as NodeJS.ErrnoException;
      throw new BrokerError('bad-option', `${option}: cannot read ${path} (${code})`);
    }
  }
  if (/^[A-Za-z0-9+/_-]+={0,2}$/.test(value)) return Buffer.from(value, 'base64');
  throw new BrokerError('bad-option', `${option}: is neither a file that exists nor base64`);
}

/** `file:///path`, and the forms with fewer slashes that Java takes as well. */
function pathOf(url: string): string {
  return url.startsWith('file://') ? fileURLToPath(url) : decodeURIComponent(url.slice(5));
}

/** RFC 2397: `data:[type][;base64],content`. */
function dataOf(option: string, url: string): Buffer {
  const comma = url.indexOf(',');
  if (comma < 0) throw new BrokerError('bad-option', `${option}: a data: URL needs a comma`);
  const content = url.slice(comma + 1);
  if (url.slice(0, comma).endsWith(';base64')) return Buffer.from(content, 'base64');
  return Buffer.from(decodeURIComponent(content));
}

/**
 * A plain folder that can lose its power without a file system of its own: `power.c`, compiled
 * here and loaded into the broker, keeps what unsynced writes replace, and this puts it back.
 */
import { execFileSync } from 'node:child_process';
import {
  closeSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import type { Volume } from './volume.ts';

/** Throws what is missing: a C compiler, or a system that loads what it compiles. */
export function shimVolume(work: string): Volume {
  const path = join(work, 'data');
  const logs = join(work, 'power-log');
  const library = join(work, 'power.so');
  const source = resolve('spec/crash/power.c');
  mkdirSync(path, { recursive: true });
  mkdirSync(logs, { recursive: true });
  const options = ['-O2', '-shared', '-fPIC', '-o', library, source, '-ldl', '-lpthread'];
  execFileSync('cc', options, { stdio: ['ignore', 'ignore', 'pipe'] });
  const volume = {
    path,
    env: { LD_PRELOAD: library, POWER_DATA: `${path}/`, POWER_LOG: logs },
    cut: () => writeFileSync(join(logs, 'cut'), ''),
    restore: () => putBack(path, logs),
    remove: () => {},
  };
  tryOnce(volume);
  return volume;
}

interface Shim extends Volume {
  readonly env: Readonly<Record<string, string>>;
  cut(): void;
  restore(): void;
}

/** What a program synced must be there after a cut, what it did not sync must be gone. */
function tryOnce(volume: Shim): void {
  const file = join(volume.path, 'probe');
  const program = `
    const fs = require('node:fs');
    const file = fs.openSync(${JSON.stringify(file)}, 'w');
    fs.writeSync(file, 'synced');
    fs.fsyncSync(file);
    fs.writeSync(file, 'lost', 2);
    fs.writeSync(file, 'lost', 100);`;
  const env = { ...process.env, ...volume.env };
  execFileSync(process.execPath, ['-e', program], { env, stdio: ['ignore', 'ignore', 'pipe'] });
  volume.cut();
  volume.restore();
  const left = readFileSync(file, 'utf8');
  rmSync(file);
  if (left !== 'synced') throw new Error('what was not synced cannot be taken back here');
}

/** Where the records of a log say what a write replaced. */
const RECORD_HEAD_BYTES = 24;

function putBack(path: string, logs: string): void {
  rmSync(join(logs, 'cut'), { force: true });
  const files = new Map(filesBelow(path).map((file) => [keyOf(file), file]));
  for (const name of readdirSync(logs)) {
    const file = files.get(name);
    if (file !== undefined) undo(file, readFileSync(join(logs, name)));
    rmSync(join(logs, name));
  }
}

/** Undoes writes, the last one first. A record that was cut short is of a write that never was. */
function undo(file: string, log: Buffer): void {
  const records: { at: number; bytes: Buffer; size: number }[] = [];
  for (let from = 0; from + RECORD_HEAD_BYTES <= log.length; ) {
    const length = Number(log.readBigInt64LE(from + 8));
    const start = from + RECORD_HEAD_BYTES;
    if (start + length > log.length) break;
    records.push({
      at: Number(log.readBigInt64LE(from)),
      bytes: log.subarray(start, start + length),
      size: Number(log.readBigInt64LE(from + 16)),
    });
    from = start + length;
  }
  const descriptor = openSync(file, 'r+');
  for (const { at, bytes, size } of records.reverse()) {
    writeSync(descriptor, bytes, 0, bytes.length, at);
    ftruncateSync(descriptor, size);
  }
  closeSync(descriptor);
}

function filesBelow(folder: string): string[] {
  const entries = readdirSync(folder, { withFileTypes: true, recursive: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

/** As `power.c` names a file's log. */
function keyOf(file: string): string {
  const { ino, birthtimeNs } = statSync(file, { bigint: true });
  const seconds = birthtimeNs / 1_000_000_000n;
  return `${ino}-${seconds}${String(birthtimeNs % 1_000_000_000n).padStart(9, '0')}`;
}

/**
 * Copies the data folder while it is written: see decision 17. First nothing is given back any
 * more. Then the state environment is copied by LMDB, as of one of its transactions. Then the
 * newest segment is left: what is in it and in those before never changes again, and holds every
 * record that the copied state needs and all that came after. So the copy is what a crash right
 * after that record would have left, and a start knows how to go on from there.
 */
import { join } from 'node:path';
import { crc32c } from '@node-rs/crc32';
import { assert } from '../../base/assert.ts';
import { BrokerError } from '../../base/errors.ts';
import type { Backup, BackupFile, Manifest } from '../backup.ts';
import type { OpenEnvironment } from './environment.ts';
import { FOLDER_VERSION } from './folder.ts';
import type { LmdbJournal } from './journal.ts';
import { FILE, UNFINISHED } from './new-file.ts';
import type { LmdbSettings } from './options.ts';
import { Projection, STATE_MAP_BYTES, STATE_TABLES } from './projection.ts';
import type { Hold, Reclaimer } from './reclaim.ts';
import type { Room } from './room.ts';
import type { Segment } from './segment.ts';
import type { Segments } from './segments.ts';

/** What a backup needs of the storage around it. */
export interface BackupHost {
  readonly settings: LmdbSettings;
  readonly openEnvironment: OpenEnvironment;
  readonly journalDir: string;
  readonly projection: Projection;
  readonly segments: Segments;
  readonly journal: LmdbJournal;
  readonly reclaimer: Reclaimer;
  readonly room: Room;
  /** Why the folder cannot be read any more. */
  readonly refusal: BrokerError | undefined;
}

/** Rejects with `storage-full` where the disk has no room for a copy of the state environment. */
export async function takeBackup(host: BackupHost): Promise<Backup> {
  const { settings, journalDir, reclaimer, journal, segments } = host;
  const { files } = settings;
  const stateDir = join(journalDir, `backup${UNFINISHED}`);
  const hold = await reclaimer.hold();
  const close = async () => {
    hold.end();
    await files.remove(stateDir);
  };
  try {
    requireRoom(host);
    await files.remove(stateDir);
    const state = join(stateDir, FILE);
    await host.projection.copyTo(state);
    const indexed = await indexedIn(state, host);
    const position = await journal.seal();
    const sealed = [...segments].filter((segment) => segment !== segments.newest);
    hold.keep(sealed);
    const since = goesBackToTheFirst(sealed) ? 0 : indexed;
    const read: Manifest['files'][number][] = [];
    const onRead = (file: Manifest['files'][number]) => read.push(file);
    const createdAtMs = settings.clock.nowMs();
    return {
      files: [
        fileOf('state', state, host, onRead),
        ...sealed.map((segment) => segmentFile(segment, host, hold, onRead)),
      ],
      manifest: () => {
        assert(read.length === sealed.length + 1, 'a manifest is written behind all files');
        return { format: 1, folder: FOLDER_VERSION, createdAtMs, position, since, files: read };
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Every record there ever was is still there: the state can be built anew as of any of them. */
function goesBackToTheFirst(segments: readonly Segment[]): boolean {
  return segments.every(({ first }, i) => first === (segments[i - 1]?.last ?? 0) + 1);
}

function requireRoom({ settings, projection, room }: BackupHost): void {
  const { files, dir } = settings;
  const bytes = files.usedBytesOf(projection.file);
  if (!room.isShort && files.diskOf(dir).freeBytes >= bytes + settings.reserveBytes) return;
  throw new BrokerError(
    'storage-full',
    `A backup needs ${Math.ceil(bytes / 1024)} KiB of the disk of ${dir} beside what is kept ` +
      'free: free some.',
  );
}

/** The last record that the copied state knows; reading it shows that the copy can be opened. */
async function indexedIn(file: string, host: BackupHost): Promise<number> {
  const options = { file, mapBytes: STATE_MAP_BYTES, tables: STATE_TABLES, readOnly: true };
  const environment = host.openEnvironment(options);
  const copied = new Projection(environment, file);
  try {
    return copied.progress().indexed;
  } finally {
    await copied.close();
  }
}

type OnRead = (file: Manifest['files'][number]) => void;

function segmentFile(segment: Segment, host: BackupHost, hold: Hold, onRead: OnRead): BackupFile {
  return fileOf(`journal/${segment.number}`, segment.file, host, (file) => {
    hold.release(segment);
    onRead(file);
  });
}

/** Of a file that serves again, LMDB uses only the first part. */
function fileOf(folder: string, file: string, host: BackupHost, onRead: OnRead): BackupFile {
  const { files } = host.settings;
  const bytes = files.usedBytesOf(file);
  const path = `${folder}/${FILE}`;
  return {
    path,
    bytes,
    async *read() {
      let checksum = 0;
      for await (const chunk of files.read(file, bytes)) {
        requireReadable(host);
        checksum = crc32c(chunk, checksum);
        yield chunk;
      }
      onRead({ path, bytes, crc32c: checksum });
    },
  };
}

/** While segments are kept for a backup their space does not come back: the broker goes first. */
function requireReadable({ refusal, room, settings }: BackupHost): void {
  if (refusal !== undefined) throw refusal;
  if (!room.isShort) return;
  throw new BrokerError(
    'storage-full',
    `The disk of ${settings.dir} ran short while it was backed up, so the backup was given up: ` +
      'free some of the disk and begin again.',
  );
}

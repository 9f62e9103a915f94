/**
 * Ends the broker at random moments while it compacts a topic. Whatever became of the compaction,
 * a reader of the compacted topic must see the last value of each key up to where the last complete
 * one ended, and all that came after it; nothing that was left may stay on the disk.
 */
import { readdirSync } from 'node:fs';
import { setTimeout as after } from 'node:timers/promises';
import { untilLost } from './client.ts';
import { Broken } from './history.ts';
import { KeyedTopic } from './keyed-topic.ts';
import { type Access, type CrashReport, Stage, type StageOptions } from './stage.ts';

export interface CompactionReport extends CrashReport {
  readonly round: number;
  /** Whether the end came in the middle of a compaction. */
  readonly isInterrupted: boolean;
  readonly storedEntries: number;
}

export interface CompactionOptions extends StageOptions {
  readonly rounds: number;
  readonly onCompaction: (report: CompactionReport) => void;
}

/** A table too small for all keys, and so slow that it takes a while. */
const SLOW = { velamqCompactionMemoryMB: 1, velamqCompactionMBPerSecond: 8 };

const LOAD_MS = { often: 1_000, rarely: 3_000 };

const TOPIC = 'persistent/public/default/keyed';

/** Runs the rounds; throws at the first promise that does not hold. */
export async function runCompactionRounds(options: CompactionOptions): Promise<void> {
  const { chance, rounds, onCompaction } = options;
  const stage = new Stage(options, 'compacted-data', SLOW);
  const topic = new KeyedTopic(TOPIC.replace('/', '://'), chance.fork());
  await stage.session(async ({ connect }) => topic.create(await connect()));
  for (let round = 1; round <= rounds; round++) {
    let status = '';
    const report = await stage.crash(LOAD_MS, async (access, isOver) => {
      const compacting = compactAgainAndAgain(access, isOver, (now) => {
        status = now;
      });
      const publishing = topic.publish(await access.connect(), isOver);
      await untilLost([compacting, publishing], isOver);
    });
    const isInterrupted = status === 'RUNNING';
    onCompaction({ round, ...report, isInterrupted, storedEntries: topic.storedEntries });
    await stage.session(async (access) => {
      checkNoScratch(stage.dataFolder);
      const { cursors } = await documentOf<InternalStats>(access, 'internalStats');
      const [ledgerId, entryId] = cursors['__compaction']?.markDeletePosition.split(':') ?? [];
      const compactedUpTo = { ledgerId: Number(ledgerId ?? -1), entryId: Number(entryId ?? -1) };
      await topic.check(await access.connect(), compactedUpTo);
    });
  }
  await stage.session(checkNothingIsLeft);
  await stage.end('kill');
}

interface InternalStats {
  readonly cursors: Readonly<Record<string, { readonly markDeletePosition: string }>>;
  readonly totalSize: number;
  readonly compactedLedger: { readonly size: number };
}

/** Asks for one compaction after the other, and tells how the last one goes. */
async function compactAgainAndAgain(
  access: Access,
  isOver: () => boolean,
  onStatus: (status: string) => void,
): Promise<void> {
  while (!isOver()) {
    try {
      await compactOnce(access, onStatus);
    } catch (error) {
      if (!isOver()) throw error;
    }
  }
}

/** Until it has succeeded, or the broker is gone. */
async function compactOnce(access: Access, onStatus: (status: string) => void): Promise<void> {
  await call(access, 'compaction', 'PUT');
  onStatus('RUNNING');
  for (let status = 'RUNNING'; status === 'RUNNING'; ) {
    await after(10);
    const now = await documentOf<{ status: string; lastError: string }>(access, 'compaction');
    if (now.status === 'ERROR') throw new Broken(`a compaction failed: ${now.lastError}`);
    status = now.status;
    onStatus(status);
  }
}

/** What a crash leaves of the keys of a compaction goes at the start. */
function checkNoScratch(folder: string): void {
  const left = readdirSync(folder).filter((name) => name.startsWith('scratch-'));
  if (left.length > 0) throw new Broken(`a start left ${left.join(', ')}`);
}

/** That what the last compaction replaces is given back may take as long as its record. */
const GIVEN_BACK_MS = 10_000;

/** Of what interrupted compactions stored nothing is alive: only the topic and its last one. */
async function checkNothingIsLeft(access: Access): Promise<void> {
  await compactOnce(access, () => {});
  const endMs = performance.now() + GIVEN_BACK_MS;
  for (;;) {
    const { totalSize, compactedLedger } = await documentOf<InternalStats>(access, 'internalStats');
    const metrics = await call(access, undefined, 'GET');
    const [, live] = /^velamq_journal_live_bytes\{.*\} (\d+)$/m.exec(metrics) ?? [];
    const known = totalSize + compactedLedger.size;
    if (Number(live) === known) return;
    if (performance.now() > endMs) {
      throw new Broken(`${live} bytes are alive, ${known} of them in the topic and compacted`);
    }
    await after(10);
  }
}

async function documentOf<Document>(access: Access, what: string): Promise<Document> {
  return JSON.parse(await call(access, what, 'GET')) as Document;
}

/** The answer of a door of the topic, or the metrics. */
async function call({ httpPort }: Access, what: string | undefined, method: string) {
  const path = what === undefined ? 'metrics' : `admin/v2/${TOPIC}/${what}`;
  const answer = await fetch(`http://127.0.0.1:${httpPort}/${path}`, { method });
  const text = await answer.text();
  if (!answer.ok) throw new Broken(`${method} ${path}: ${answer.status} ${text}`);
  return text;
}

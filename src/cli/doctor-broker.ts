/** What the doctor asks a running broker, over REST alone. */
import type { Context } from './contexts.ts';
import { bodyOf, open, reasonIn } from './rest.ts';

export interface Check {
  readonly problems: readonly string[];
  /** What is worth knowing, in plain lines. */
  readonly lines: readonly string[];
  /** The same for programs. */
  readonly facts: Readonly<Record<string, unknown>>;
}

/** Gauges of `/metrics` that the doctor reads. */
interface Gauges {
  readonly journalBytes: number | undefined;
  readonly liveBytes: number | undefined;
  readonly segments: number | undefined;
  readonly isShort: number | undefined;
}

const GAUGES: Readonly<Record<keyof Gauges, string>> = {
  journalBytes: 'velamq_journal_bytes',
  liveBytes: 'velamq_journal_live_bytes',
  segments: 'velamq_journal_segments',
  isShort: 'velamq_storage_short',
};

export async function checkBroker(context: Context): Promise<Check> {
  const problems: string[] = [];
  const lines = [`Broker at ${context.url}`];
  const ask = async (path: string): Promise<string | undefined> => {
    try {
      const response = await open(context, { method: 'GET', path });
      const status = response.statusCode ?? 0;
      const body = await bodyOf(response);
      if (status >= 200 && status < 300) return body.toString('utf8');
      problems.push(`GET /${path} answers ${status}: ${reasonIn(status, body)}`);
    } catch (error) {
      problems.push((error as Error).message);
    }
    return undefined;
  };
  const health = await ask('admin/v2/brokers/health');
  if (health === undefined) return { problems, lines, facts: { url: context.url } };
  lines.push(`Health: ${health}.`);
  const version = await ask('admin/v2/brokers/version');
  if (version !== undefined) lines.push(`It speaks as Pulsar ${version}.`);
  const clusters = await ask('admin/v2/clusters');
  if (clusters === '[]') problems.push('There is no cluster: tenants and namespaces need one.');
  const gauges = gaugesIn((await ask('metrics')) ?? '');
  const { journalBytes = 0, liveBytes = 0, segments = 0, isShort } = gauges;
  lines.push(`Storage: ${segments} segments of ${journalBytes} bytes, ${liveBytes} needed.`);
  if (isShort === 1) {
    problems.push('Its disk is short of room: topics take no messages until some is free.');
  }
  return { problems, lines, facts: { url: context.url, health, version, ...gauges } };
}

function gaugesIn(metrics: string): Gauges {
  const gauge = (name: string) => {
    const line = new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)`, 'm').exec(metrics);
    return line === null ? undefined : Number(line[1]);
  };
  return {
    journalBytes: gauge(GAUGES.journalBytes),
    liveBytes: gauge(GAUGES.liveBytes),
    segments: gauge(GAUGES.segments),
    isShort: gauge(GAUGES.isShort),
  };
}

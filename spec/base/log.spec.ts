import { describe, expect, it } from 'vitest';
import { createLog, type LogOptions, moduleLevels, silentLog } from '../../src/base/log.ts';

function logTo(lines: string[], options: Partial<LogOptions> = {}) {
  const clock = { nowMs: () => Date.UTC(2026, 0, 2, 3, 4, 5, 6) };
  const write = (line: string) => void lines.push(line);
  return createLog({ level: 'info', format: 'json', clock, write, ...options });
}

describe('the log', () => {
  it('writes one JSON object a line, with the time of its clock', () => {
    const lines: string[] = [];
    logTo(lines).info('topic loaded', { topic: 't', entries: 3n });
    expect(lines).toEqual([
      '{"topic":"t","entries":"3","time":"2026-01-02T03:04:05.006Z","level":"info",' +
        '"message":"topic loaded"}\n',
    ]);
  });

  it('writes a line for people', () => {
    const lines: string[] = [];
    const log = logTo(lines, { format: 'human' });
    log.warn('slow\ndisk', { flushMs: 812, where: 'journal 3' });
    expect(lines).toEqual(['03:04:05.006Z WARN  slow disk flushMs=812 where="journal 3"\n']);
  });

  it('drops what is less severe than its level', () => {
    const lines: string[] = [];
    const log = logTo(lines, { level: 'warn' });
    log.debug('a');
    log.info('b');
    log.warn('c');
    log.error('d');
    expect(lines.map((line) => JSON.parse(line).message)).toEqual(['c', 'd']);
  });

  it('adds the fields of the log it came from, and lets a line replace them', () => {
    const lines: string[] = [];
    const log = logTo(lines).with({ connection: 7 }).with({ role: 'r' });
    log.info('a');
    log.info('b', { role: 's' });
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([
      { connection: 7, role: 'r' },
      { connection: 7, role: 's' },
    ]);
  });

  it.each(['json', 'human'] as const)('tells an error with its causes as %s', (format) => {
    const lines: string[] = [];
    const error = new Error('append failed', { cause: new RangeError('disk full') });
    logTo(lines, { format }).error('step', { error });
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(/Error: append failed[\s\S]*Caused by: RangeError: disk full/);
  });

  it('has levels by part of the broker, and says which part it is', () => {
    const lines: string[] = [];
    const log = logTo(lines, { level: 'warn', levels: { rest: 'debug' } });
    log.of('rest').with({ request: '7' }).debug('a');
    log.of('protocol').info('b');
    log.of('protocol').warn('c');
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([
      { message: 'a', module: 'rest', request: '7' },
      { message: 'c', module: 'protocol' },
    ]);
  });

  it('reads levels by part as the option has them', () => {
    expect(moduleLevels('')).toEqual({});
    expect(moduleLevels('rest=debug, protocol = warn')).toEqual({
      rest: 'debug',
      protocol: 'warn',
    });
  });

  it.each(['json', 'human'] as const)('hides what looks like a credential as %s', (format) => {
    const lines: string[] = [];
    const jwt = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhIn0.c2lnbmF0dXJl';
    logTo(lines, { format }).error(`sent ${jwt}`, {
      password: 'geheim-1',
      nested: { clientSecret: 'geheim-2', fine: 'shown' },
      header: 'Authorization: Basic Z2VoZWltLTM=',
      url: 'http://user:geheim-4@host:80/x',
      error: new Error(`Bearer ${jwt} is over`),
    });
    expect(lines[0]).not.toMatch(/geheim|eyJ|c2lnbmF0dXJl|Z2VoZWlt/);
    expect(lines[0]).toContain('shown');
    expect(lines[0]).toContain('http://***@host:80/x');
  });

  it('writes so many lines of one sentence a second, and tells how many it left out', () => {
    const lines: string[] = [];
    let nowMs = 5_000;
    const log = logTo(lines, { repeatsPerSecond: 2, clock: { nowMs: () => nowMs } });
    for (let client = 0; client < 5; client += 1) log.with({ client }).warn('turned away');
    log.of('rest').warn('something else');
    const said = () => lines.splice(0).map((line) => JSON.parse(line));
    expect(said()).toMatchObject([{ client: 0 }, { client: 1 }, { message: 'something else' }]);
    nowMs = 6_000;
    log.warn('turned away');
    const message = 'lines that repeat one another were left out';
    expect(said()).toMatchObject([
      { level: 'warn', message, sentence: 'turned away', lines: 3 },
      { message: 'turned away' },
    ]);
  });

  it('counts sentences as one from the 256th on that differ within a second', () => {
    const lines: string[] = [];
    const log = logTo(lines, { repeatsPerSecond: 1 });
    for (let n = 0; n < 1_000; n += 1) log.info(`sentence ${n}`);
    expect(lines).toHaveLength(257);
  });

  it('writes all lines of level debug', () => {
    const lines: string[] = [];
    const log = logTo(lines, { repeatsPerSecond: 1, level: 'debug' });
    for (let n = 0; n < 3; n += 1) log.debug('a request was answered');
    expect(lines).toHaveLength(3);
  });

  it('can say nothing at all', () => {
    expect(silentLog.with({ a: 1 }).of('rest')).toBe(silentLog);
    expect(silentLog.error('x')).toBeUndefined();
  });
});

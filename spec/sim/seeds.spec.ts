/**
 * Worlds that failed once, made small: the broker was wrong, or one of those who look on. They do
 * not fail again.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { pathsBelow } from '../tidy/source.ts';
import type { Plan } from './plan.ts';
import { simulate } from './simulate.ts';

interface Found {
  /** What was wrong. */
  readonly reason: string;
  /** The promise that was broken. */
  readonly broke: string;
  readonly plan: Plan;
}

const files = pathsBelow('spec/data/seeds').filter((path) => path.endsWith('.json'));

describe('a world that failed once', () => {
  it.each(files)('%s', async (path) => {
    const found = JSON.parse(readFileSync(join(process.cwd(), path), 'utf8')) as Found;
    expect(found.reason).not.toBe('');
    expect((await simulate(found.plan)).violation).toBeUndefined();
  });
});

import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['spec/**/*.spec.ts'],
    exclude: ['spec/interop/**'],
    pool: 'forks',
    testTimeout: 30_000,
    hookTimeout: 30_000,
    // A condition is waited for as long as its case may take: machines are slow at times.
    expect: { poll: { timeout: 25_000 } },
  },
});

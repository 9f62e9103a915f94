#!/usr/bin/env node
import { existsSync } from 'node:fs';

const built = new URL('../dist/cli/run.js', import.meta.url);
if (existsSync(built)) {
  const { run } = await import(built.href);
  await run(process.argv.slice(2));
} else {
  console.error('velamq: not built yet; run npm run build');
  process.exitCode = 1;
}

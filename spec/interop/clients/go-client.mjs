// The official Go client's sources with its tests, as the module proxy has them: copied into .check/,
// told of other ports, and built.

import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { resolve } from 'node:path';
import { need, once, run } from '../toolchain.mjs';

const suite = resolve(import.meta.dirname, '../../../.check/go-client');
const containers = resolve(import.meta.dirname, 'container');
const goMod = resolve(import.meta.dirname, '../go/go.mod');

/** They are in the tests' sources, so they are the same in every run; nobody else's, it is hoped. */
export const PORTS = {
  binary: 26650,
  binaryTls: 26651,
  http: 28080,
  httpTls: 28443,
};

/** What the tests have in their sources, and what stands there instead. */
const ADDRESSES = [
  [/(localhost|127\.0\.0\.1):6650/g, `$1:${PORTS.binary}`],
  [/(localhost|127\.0\.0\.1):6651/g, `$1:${PORTS.binaryTls}`],
  [/(localhost|127\.0\.0\.1):8080/g, `$1:${PORTS.http}`],
  [/(localhost|127\.0\.0\.1):8443/g, `$1:${PORTS.httpTls}`],
];

/**
 * The built tests of the client and of its admin library, what their broker is to be told, and the
 * file of each test. Built when the client's version has changed.
 */
export function prepared() {
  const tests = resolve(suite, 'pulsar/pulsar.test');
  const adminTests = resolve(suite, 'pulsaradmin/pkg/admin/admin.test');
  const sources = [goMod, import.meta.filename, ...filesBelow(containers)];
  once('go-client', sources, adminTests, () => {
    need('go', ['version'], 'Go 1.24 or later (go)');
    copyModule();
    run('go', ['mod', 'edit', '-replace', `${TESTCONTAINERS}=${containers}`], { cwd: suite });
    build(['-o', tests, './pulsar']);
    build(['-o', adminTests, './pulsaradmin/pkg/admin']);
  });
  const integration = resolve(suite, 'integration-tests');
  const adminToken = readFileSync(resolve(integration, 'tokens/admin-token'), 'utf8').trim();
  return {
    tests,
    adminTests,
    adminToken,
    settings: settingsIn(integration),
    fileOf: filesOfTests(),
  };
}

const TESTCONTAINERS = 'github.com/testcontainers/testcontainers-go';

/** The cache of modules is read only, and so would its copy be. */
function copyModule() {
  const cwd = resolve(goMod, '..');
  run('go', ['mod', 'download', CLIENT], { cwd });
  const list = execFileSync('go', ['list', '-m', '-f', '{{.Dir}}', CLIENT], { cwd });
  rmSync(suite, { recursive: true, force: true });
  cpSync(list.toString().trim(), suite, { recursive: true });
  for (const file of filesBelow(suite)) {
    chmodSync(file, 0o644);
    if (!file.endsWith('.go')) continue;
    const text = readFileSync(file, 'utf8');
    const told = ADDRESSES.reduce((so, [from, to]) => so.replace(from, to), text);
    if (told !== text) writeFileSync(file, told);
  }
}

const CLIENT = 'github.com/apache/pulsar-client-go';

const build = (args) => run('go', ['test', '-mod=mod', '-c', ...args], { cwd: suite });

/** The client's own standalone.conf, with its files where they are and ports that are free. */
function settingsIn(integration) {
  const conf = readFileSync(resolve(integration, 'conf/standalone.conf'), 'utf8')
    .replaceAll('/pulsar/certs', resolve(integration, 'certs'))
    .replaceAll('/pulsar/tokens', resolve(integration, 'tokens'));
  const pairs = conf.matchAll(/^(?!#)([^=\n]+)=(.*)$/gm);
  const settings = Object.fromEntries([...pairs].map(([, key, value]) => [key, value]));
  for (const key of ['brokerServicePort', 'webServicePort']) delete settings[key];
  return {
    ...settings,
    brokerServicePortTls: PORTS.binaryTls,
    webServicePortTls: PORTS.httpTls,
    basicAuthConf: resolve(integration, 'conf/.htpasswd'),
  };
}

/** In which file of the client's tests a test is. */
function filesOfTests() {
  const folder = resolve(suite, 'pulsar');
  const files = new Map();
  for (const file of readdirSync(folder).filter((name) => name.endsWith('_test.go'))) {
    const text = readFileSync(resolve(folder, file), 'utf8');
    for (const [, test] of text.matchAll(/^func (Test\w+)\(/gm)) files.set(test, file);
  }
  return (test) => files.get(test);
}

function filesBelow(folder) {
  if (!existsSync(folder)) return [];
  const files = [];
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = resolve(folder, entry.name);
    if (entry.isDirectory()) {
      chmodSync(path, 0o755);
      files.push(...filesBelow(path));
    } else files.push(path);
  }
  return files;
}

// The official clients, installed once into .check/: a Python environment with pulsar-client, the
// Go suite's binary, and the Java suite's classes. Steps are skipped when nothing changed since the
// last run.

import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';

const root = resolve(import.meta.dirname, '../..');
const check = resolve(root, '.check');
const goFolder = resolve(import.meta.dirname, 'go');
const javaFolder = resolve(import.meta.dirname, 'java');
const requirements = resolve(import.meta.dirname, 'python/requirements.txt');

/** The path of a Python 3 that has pulsar-client. */
export function pythonInterpreter() {
  const home = resolve(check, 'python');
  const python = resolve(home, 'bin/python');
  once('python', [requirements], python, () => {
    need('python3', ['--version'], 'Python 3.9 or later (python3)');
    rmSync(home, { recursive: true, force: true });
    run('python3', ['-m', 'venv', home]);
    run(python, ['-m', 'pip', 'install', '--quiet', '--requirement', requirements]);
  });
  return python;
}

/** The path of the built Go suite. */
export function goSuite() {
  const binary = resolve(check, 'go-suite');
  const sources = readdirSync(goFolder).map((name) => resolve(goFolder, name));
  once('go', sources, binary, () => {
    need('go', ['version'], 'Go 1.24 or later (go)');
    run('go', ['build', '-o', binary, '.'], { cwd: goFolder });
  });
  return binary;
}

/** The command that runs the Java suite, or another program that is built with it. */
export function javaSuite(program = 'Suite') {
  const classes = resolve(check, 'java');
  const classPathFile = resolve(check, 'java.classpath');
  const pom = resolve(javaFolder, 'pom.xml');
  const folder = resolve(javaFolder, 'src');
  const sources = readdirSync(folder).map((name) => resolve(folder, name));
  once('java', [pom, ...sources], resolve(classes, 'Suite.class'), () => {
    need('javac', ['--version'], 'A JDK 17 or later (javac)');
    need('mvn', ['--version'], 'Maven (mvn)');
    rmSync(classes, { recursive: true, force: true });
    const resolved = `-Dmdep.outputFile=${classPathFile}`;
    run('mvn', ['-q', '-B', '-f', pom, 'dependency:build-classpath', resolved]);
    const libraries = readFileSync(classPathFile, 'utf8').trim();
    run('javac', ['-nowarn', '-Xlint:none', '-d', classes, '-cp', libraries, ...sources]);
  });
  const classPath = [classes, readFileSync(classPathFile, 'utf8').trim()].join(':');
  return ['java', '-Xmx1g', ...JAVA_FLAGS, '-cp', classPath, program];
}

/** The command that runs pulsar-admin call by call on the broker whose REST interface is at `url`. */
export function adminTool(url) {
  const folder = resolve(import.meta.dirname, 'admin');
  const [classes, classPathFile] = [resolve(check, 'admin'), resolve(check, 'admin.classpath')];
  const [pom, source] = [resolve(folder, 'pom.xml'), resolve(folder, 'AdminWalk.java')];
  once('admin', [pom, source], resolve(classes, 'AdminWalk.class'), () => {
    need('javac', ['--version'], 'A JDK 17 or later (javac)');
    need('mvn', ['--version'], 'Maven (mvn)');
    const resolved = `-Dmdep.outputFile=${classPathFile}`;
    run('mvn', ['-q', '-B', '-f', pom, 'dependency:build-classpath', resolved]);
    const libraries = readFileSync(classPathFile, 'utf8').trim();
    run('javac', ['-nowarn', '-Xlint:none', '-d', classes, '-cp', libraries, source]);
  });
  const classPath = [classes, readFileSync(classPathFile, 'utf8').trim()].join(':');
  const quiet = '-Dorg.slf4j.simpleLogger.defaultLogLevel=off';
  return ['java', '-Xmx512m', quiet, ...JAVA_FLAGS.slice(0, 2), '-cp', classPath, 'AdminWalk', url];
}

/** What the client's networking library wants of newer Javas, and the log's level. */
const JAVA_FLAGS = [
  '--add-opens=java.base/java.nio=ALL-UNNAMED',
  '--add-opens=java.base/sun.net=ALL-UNNAMED',
  '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn',
];

/** Makes `product` in .check/, but for one that was made of the same `sources`. */
export function once(name, sources, product, make) {
  mkdirSync(check, { recursive: true });
  const stamp = digest(sources);
  const stampFile = resolve(check, `${name}.stamp`);
  const known = existsSync(stampFile) && readFileSync(stampFile, 'utf8');
  if (known === stamp && existsSync(product)) return;
  console.log(`interop: preparing ${name} in .check/`);
  make();
  writeFileSync(stampFile, stamp);
}

function digest(files) {
  const hash = createHash('sha256');
  for (const file of files.sort()) hash.update(file).update(readFileSync(file));
  return hash.digest('hex');
}

/** Throws unless the program of this `title` is there. */
export function need(program, args, title) {
  const { error, status } = spawnSync(program, args, { stdio: 'ignore' });
  if (error || status !== 0) throw new Error(`${title} is needed for the interop specs`);
}

/** Runs a program to its end; throws unless it ends with 0. */
export function run(program, args, options = {}) {
  const { error, status } = spawnSync(program, args, { stdio: 'inherit', ...options });
  if (error) throw error;
  if (status !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${status}`);
}

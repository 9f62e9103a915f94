/** The house rules, as a test: walls between layers, sizes, banned calls, nothing dead. */
import { describe, expect, it } from 'vitest';
import { errorCodes, wireErrorOf } from '../src/base/errors.ts';
import { limitsOf } from '../src/base/limits.ts';
import { configWith, schema } from '../src/base/options.ts';
import { ServerError } from '../src/wire/messages.ts';
import { contentOf, pathsBelow, type SourceFile, sourcesOf } from './tidy/source.ts';

const src = sourcesOf('src');
const everything = [...src, ...sourcesOf('spec', 'bench')];

/** Files that a program wrote, or that hold a table; they may be longer. */
const LONG_FILES: readonly string[] = [];

/** Each folder of `src` and what it may import beside itself; the longest match counts. */
const WALLS: Readonly<Record<string, readonly string[]>> = {
  'src/main.ts': ['src/'],
  'src/embedded.ts': ['src/base/', 'src/main.ts'],
  'src/core.ts': ['src/base/', 'src/wire/', 'src/storage/*', 'src/actors/', 'src/transport/'],
  'src/base/': [],
  'src/wire/': ['src/base/'],
  'src/storage/': ['src/base/'],
  'src/storage/lmdb/': ['src/base/', 'src/storage/*'],
  'src/storage/memory/': ['src/base/', 'src/storage/*'],
  'src/actors/': ['src/base/', 'src/storage/*'],
  'src/client/': ['src/base/', 'src/wire/'],
  'src/transport/': ['src/base/', 'src/wire/', 'src/actors/', 'src/storage/*'],
  'src/cli/tokens.ts': ['src/base/', 'src/cli/', 'src/transport/auth/'],
  'src/cli/admin/messages.ts': ['src/base/', 'src/cli/', 'src/wire/'],
  'src/offline.ts': ['src/base/', 'src/storage/', 'src/examination.ts'],
  'src/examination.ts': ['src/storage/*'],
  'src/cli/': ['src/base/', 'src/client/', 'src/main.ts', 'src/offline.ts'],
};

/** The files of the storage that know the file system; the rest of it runs in the simulation. */
const FILE_SYSTEM = [
  'backup-folder',
  'environment',
  'file-check',
  'files',
  'folder',
  'inspect',
  'new-file',
  'restore',
].map((name) => `src/storage/lmdb/${name}.ts`);

/** What is measured of the process itself. */
const PROCESS_METRICS = 'src/transport/metrics/process-metrics.ts';

/** The only folders that may import a package or a part of Node. */
const PACKAGES: Readonly<Record<string, readonly string[]>> = {
  lmdb: ['src/storage/lmdb/environment.ts'],
  msgpackr: ['src/storage/lmdb/'],
  nats: ['src/transport/nats/'],
  xstate: ['src/actors/'],
  fastify: ['src/transport/admin/', 'src/transport/metrics/'],
  commander: ['src/cli/'],
  jose: ['src/transport/auth/', 'src/cli/tokens.ts'],
  '@node-rs/bcrypt': ['src/transport/auth/passwords.ts'],
  'apache-md5': ['src/transport/auth/passwords.ts'],
  'unix-crypt-td-js': ['src/transport/auth/passwords.ts'],
  re2js: ['src/transport/pulsar/topic-pattern.ts'],
  '@node-rs/crc32': ['src/wire/', 'src/storage/lmdb/'],
  'node:fs': [...FILE_SYSTEM, 'src/cli/', 'src/transport/auth/key-source.ts'],
  'node:fs/promises': [
    ...FILE_SYSTEM,
    PROCESS_METRICS,
    'src/cli/',
    'src/embedded.ts',
    'src/transport/tls/certificates.ts',
  ],
  'node:perf_hooks': [PROCESS_METRICS],
  'node:v8': [PROCESS_METRICS],
  'node:util': ['src/transport/otel/'],
  'node:os': ['src/embedded.ts'],
  'node:path': ['src/storage/lmdb/', 'src/cli/', 'src/embedded.ts'],
  'node:zlib': ['src/wire/', 'src/transport/otel/'],
  'node:crypto': ['src/wire/', 'src/transport/auth/', 'src/cli/'],
  'node:url': ['src/transport/auth/key-source.ts'],
  fzstd: ['src/wire/'],
  'node:buffer': ['src/wire/'],
  'node:net': [
    'src/transport/ports.ts',
    'src/transport/pulsar/listener.ts',
    'src/transport/admin/',
    'src/transport/pulsar/node-socket.ts',
    'src/transport/tls/',
  ],
  'node:tls': [
    'src/transport/pulsar/listener.ts',
    'src/transport/pulsar/node-socket.ts',
    'src/transport/tls/',
  ],
  'node:http': ['src/transport/', 'src/cli/rest.ts'],
  'node:https': ['src/cli/rest.ts', 'src/transport/admin/server.ts'],
  'node:stream': ['src/transport/admin/'],
};

/** Time, chance and the process come in through `base`, so that a simulation can own them. */
const BANNED: readonly { readonly call: RegExp; readonly only: readonly string[] }[] = [
  { call: /\bDate\.now\b|\bnew Date\(\)/, only: ['src/base/clock.ts'] },
  { call: /\bperformance\b/, only: ['src/base/clock.ts', PROCESS_METRICS] },
  {
    call: /\b(setTimeout|setInterval|setImmediate)\b/,
    only: ['src/base/clock.ts'],
  },
  {
    call: /\bMath\.random\b|\brandomUUID\b|\brandomBytes\b|\bgetRandomValues\b/,
    only: ['src/base/random.ts'],
  },
  { call: /\bprocess\.(hrtime|nextTick)\b/, only: [] },
  {
    call: /\bprocess\b/,
    only: ['src/cli/terminal.ts', 'src/storage/lmdb/folder.ts', 'src/transport/metrics/'],
  },
  { call: /\bconsole\b/, only: [] },
];

/** Packages that nobody imports yet: a cluster will be built on them. */
const AHEAD_OF_USE = ['nats'];
/** Packages that scripts run, or that only hold types. */
const PROGRAMS: Readonly<Record<string, string>> = {
  '@biomejs/biome': 'biome',
  typescript: 'tsc',
  vitest: 'vitest',
};

const isIn = (path: string, places: readonly string[]) =>
  places.some((place) => {
    if (!place.endsWith('/*'))
      return path === place || (place.endsWith('/') && path.startsWith(place));
    return path.startsWith(place.slice(0, -1)) && !path.slice(place.length - 1).includes('/');
  });

/** The package that an import is of, without a path inside it. */
const packageOf = ({ specifier, target }: SourceFile['imports'][number]): string[] => {
  if (target !== undefined || specifier.startsWith('node:')) return [];
  const depth = specifier.startsWith('@') ? 2 : 1;
  return [specifier.split('/').slice(0, depth).join('/')];
};

const failuresOf = (files: readonly SourceFile[], check: (file: SourceFile) => string[]) =>
  files.flatMap((file) => check(file).map((what) => `${file.path}: ${what}`));

describe('walls', () => {
  const places = Object.keys(WALLS).sort((a, b) => b.length - a.length);

  it('stand around every folder of src', () => {
    const outside = src.filter(({ path }) => !places.some((place) => isIn(path, [place])));
    expect(outside.map(({ path }) => path)).toEqual([]);
  });

  it('let a module import only from a lower layer or its own folder', () => {
    const crossings = failuresOf(src, ({ path, imports }) => {
      const place = places.find((candidate) => isIn(path, [candidate])) ?? '';
      const allowed = [place, ...(WALLS[place] ?? [])];
      const targets = imports.flatMap(({ target }) => target ?? []);
      return targets.filter((target) => !isIn(target, allowed)).map((t) => `imports ${t}`);
    });
    expect(crossings).toEqual([]);
  });

  it('keep the folders of actors apart: they meet through what all may see', () => {
    const shared: readonly (string | undefined)[] = [undefined, 'runtime', 'policies'];
    const folderOf = (path: string) => /^src\/actors\/(\w+)\//.exec(path)?.[1];
    const crossings = failuresOf(src, ({ path, imports }) => {
      const own = folderOf(path);
      if (own === undefined) return [];
      return imports.flatMap(({ target = '' }) => {
        const other = folderOf(target);
        const meets = other === own || shared.includes(other);
        return meets || /\/(commands|events)\.ts$/.test(target) ? [] : [`imports ${target}`];
      });
    });
    expect(crossings).toEqual([]);
  });

  it('keep packages and Node where they belong', () => {
    const strays = failuresOf(src, ({ path, imports }) =>
      imports
        .filter(
          ({ target, specifier }) => target === undefined && !isIn(path, PACKAGES[specifier] ?? []),
        )
        .map(({ specifier }) => `imports ${specifier}`),
    );
    expect(strays).toEqual([]);
  });

  it('leave decisions without time, chance and waiting', () => {
    const decisions = src.filter(({ path }) => /\/(decide|evolve)[\w-]*\.ts$/.test(path));
    const breaches = failuresOf(decisions, ({ code, imports }) => [
      ...(/\b(async|await|Promise)\b/.test(code) ? ['waits'] : []),
      ...imports
        .filter(({ specifier }) => /^node:|\/(clock|random)\.ts$/.test(specifier))
        .map(({ specifier }) => `imports ${specifier}`),
    ]);
    expect(breaches).toEqual([]);
  });

  it('keep banned calls out', () => {
    const calls = failuresOf(src, ({ path, code }) =>
      BANNED.filter(({ call, only }) => call.test(code) && !isIn(path, only)).map(
        ({ call }) => `uses ${call.exec(code)?.[0]}`,
      ),
    );
    expect(calls).toEqual([]);
  });
});

describe('sizes', () => {
  it('files stay under 500 lines', () => {
    const long = everything.filter(
      ({ path, lines }) => lines.length >= 500 && !LONG_FILES.includes(path),
    );
    expect(long.map(({ path, lines }) => `${path}: ${lines.length}`)).toEqual([]);
  });

  it('functions stay under 70 lines', () => {
    const long = failuresOf(everything, ({ functions }) =>
      functions
        .filter(({ name, length }) => length >= 70 && name !== 'describe')
        .map(({ name, line, length }) => `${name} at line ${line} has ${length} lines`),
    );
    expect(long).toEqual([]);
  });

  it('lines end by column 100', () => {
    const wide = failuresOf(everything, ({ lines }) =>
      lines.flatMap((line, index) => (line.length > 100 ? [`line ${index + 1}`] : [])),
    );
    expect(wide).toEqual([]);
  });
});

describe('names and notes', () => {
  it('no folder or file is a drawer for everything', () => {
    const paths = ['src', 'spec', 'bench'].flatMap(pathsBelow);
    const drawers = /(^|\/)(utils?|helpers?|common|managers?|misc)(\.ts)?$/;
    expect(paths.filter((path) => drawers.test(path))).toEqual([]);
  });

  it('nothing is left for later, silenced or typed away', () => {
    // Written in halves, or this rule would find itself.
    const notes = [
      'TO' + 'DO',
      'FIX' + 'ME',
      '@ts-' + 'ignore',
      '@ts-' + 'nocheck',
      'biome-' + 'ignore',
    ];
    const found = failuresOf(everything, ({ text, code }) => [
      ...notes.filter((note) => text.includes(note)),
      ...(/(:|\bas|<)\s*any\b/.test(code) ? ['uses any'] : []),
    ]);
    expect(found).toEqual([]);
  });

  it('every file says first what it is for', () => {
    const silent = src.filter(({ text }) => !/^(#!.*\n)?\/(\*\*|\/)/.test(text));
    expect(silent.map(({ path }) => path)).toEqual([]);
  });

  it('no spec is focused, skipped or still to be written', () => {
    const found = failuresOf(everything, ({ code }) => {
      const call = /\b(describe|it|test)\.(only|skip|todo|skipIf|runIf|fails)\b/.exec(code);
      return call === null ? [] : [call[0]];
    });
    expect(found).toEqual([]);
  });
});

/** How the help of an option begins whose only value is "off". */
const NOT_YET = 'Not available in this version';
/** Kept for what later versions bring; a code is never given another meaning. */
const RESERVED_CODES: readonly string[] = ['authentication', 'not-implemented'];

describe('nothing is dead', () => {
  /**
   * Where the product begins. Then what only others need: the memory storage, on which specs and
   * the simulation run, and the codecs of whole entries, which clients use and a broker does not.
   */
  const roots = [
    'src/embedded.ts',
    'src/cli/run.ts',
    'src/storage/memory/open.ts',
    'src/wire/batch.ts',
    'src/wire/entry.ts',
  ];

  it('every file of src is reached from where the product begins', () => {
    const byPath = new Map(src.map((file) => [file.path, file]));
    const reached = new Set<string>();
    const open = [...roots];
    for (let path = open.pop(); path !== undefined; path = open.pop()) {
      if (reached.has(path)) continue;
      reached.add(path);
      for (const { target } of byPath.get(path)?.imports ?? []) if (target) open.push(target);
    }
    expect(src.map(({ path }) => path).filter((path) => !reached.has(path))).toEqual([]);
  });

  it('every export is used by another file', () => {
    const used = new Set<string>();
    for (const { target, names } of everything.flatMap(({ imports }) => imports)) {
      for (const name of names) used.add(`${target} ${name}`);
    }
    const dead = failuresOf(src, ({ path, exports, code }) =>
      exports
        .filter(({ name, isType }) => {
          if (roots.includes(path) || used.has(`${path} ${name}`) || used.has(`${path} *`))
            return false;
          // A type may be exported because an exported function speaks of it.
          return !isType || (code.match(new RegExp(`\\b${name}\\b`, 'g')) ?? []).length < 2;
        })
        .map(({ name }) => name),
    );
    expect(dead).toEqual([]);
  });

  it('every dependency is imported by somebody, and every import is a dependency', () => {
    const { dependencies, devDependencies, scripts } = JSON.parse(
      contentOf('package.json'),
    ) as Record<'dependencies' | 'devDependencies' | 'scripts', Readonly<Record<string, string>>>;
    const usedIn = (files: readonly SourceFile[]) =>
      new Set(files.flatMap(({ imports }) => imports.flatMap(packageOf)));
    const [shipped, all] = [usedIn(src), usedIn(everything)];
    const run = new Set(Object.values(scripts).flatMap((script) => script.split(/[\s&]+/)));
    const isIdle = (name: string) =>
      !all.has(name) && !run.has(PROGRAMS[name] ?? '') && !name.startsWith('@types/');
    expect({
      unused: Object.keys(dependencies).filter((name) => !shipped.has(name)),
      unusedByDevelopers: Object.keys(devDependencies).filter(isIdle),
      missing: [...shipped].filter((name) => !(name in dependencies)),
      missingForDevelopers: [...all].filter(
        (name) => !(name in dependencies) && !(name in devDependencies),
      ),
    }).toEqual({
      unused: AHEAD_OF_USE,
      unusedByDevelopers: [],
      missing: [],
      missingForDevelopers: [],
    });
  });

  it('every option is read by somebody', () => {
    const readers = src.filter(({ path }) => !path.startsWith('src/base/options/'));
    const text = readers.map(({ code }) => code).join('\n');
    const unread = Object.entries(schema).filter(
      ([key, { help }]) => !new RegExp(`\\b${key}\\b`).test(text) && !help.startsWith(NOT_YET),
    );
    expect(unread.map(([key]) => key)).toEqual([]);
  });

  it('every bound is enforced by somebody', () => {
    const text = src
      .filter(({ path }) => path !== 'src/base/limits.ts')
      .map(({ code }) => code)
      .join('\n');
    const names = Object.keys(limitsOf(configWith()));
    expect(names.filter((name) => !new RegExp(`\\b${name}\\b`).test(text))).toEqual([]);
  });

  it('every error code is raised by somebody', () => {
    const texts = src.filter(({ path }) => path !== 'src/base/errors.ts').map(({ text }) => text);
    const silent = errorCodes.filter(
      (code) => !RESERVED_CODES.includes(code) && !texts.some((text) => text.includes(`'${code}'`)),
    );
    expect(silent).toEqual([]);
  });
});

describe('the error registry', () => {
  it('has each code once, in lower case', () => {
    const source = contentOf('src/base/errors.ts');
    const registered = [...source.matchAll(/^ {2}'?([\w-]+)'?: \{ wire:/gm)].map(
      ([, code]) => code,
    );
    expect(registered).toEqual(errorCodes);
    expect(new Set(registered).size).toBe(registered.length);
    expect(errorCodes.filter((code) => !/^[a-z]+(-[a-z]+)*$/.test(code))).toEqual([]);
  });

  it('has the names of all errors that the protocol knows, and of no others', () => {
    const [, union = ''] = /ServerErrorName =([^;]*);/.exec(contentOf('src/base/errors.ts')) ?? [];
    const named = [...union.matchAll(/'(\w+)'/g)].map(([, name]) => name);
    expect(named).toEqual(Object.keys(ServerError));
    expect(errorCodes.map(wireErrorOf).filter((name) => !named.includes(name))).toEqual([]);
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { needsNoServer } from '../../src/base/options/foreign-keys.ts';
import { parseListeners } from '../../src/base/options/listeners.ts';
import { parseProperties } from '../../src/base/options/properties.ts';
import { configWith, loadConfig, schema } from '../../src/base/options.ts';

const file = (text: string) => ({ path: 'broker.conf', text });
const firstValue = (text: string) => parseProperties(text, 'f')[0]?.value;

describe('the configuration', () => {
  it('is made of the defaults when nothing is given', () => {
    const { config, warnings } = loadConfig({});
    expect(config.brokerServicePort).toBe(6650);
    expect(config.brokerDeleteInactiveTopicsMaxInactiveDurationSeconds).toBeUndefined();
    expect(config.subscriptionTypesEnabled).toEqual([
      'Exclusive',
      'Shared',
      'Failover',
      'Key_Shared',
    ]);
    expect(warnings).toEqual([]);
  });

  it('takes the file, variables over it and flags over both', () => {
    const { config } = loadConfig({
      file: file('clusterName=a\nmaxMessageSize=1000\nkeepAliveIntervalSeconds=7'),
      env: { PULSAR_PREFIX_maxMessageSize: '2000', PULSAR_PREFIX_clusterName: 'b', HOME: '/' },
      flags: [{ name: '--cluster', key: 'clusterName', value: 'c' }],
    });
    expect(config).toMatchObject({
      clusterName: 'c',
      maxMessageSize: 2000,
      keepAliveIntervalSeconds: 7,
    });
  });

  it('cannot be changed after loading', () => {
    const { config } = loadConfig({});
    expect(() => Object.assign(config, { clusterName: 'other' })).toThrow(TypeError);
    expect(() => Object.assign(config.subscriptionTypesEnabled, ['x'])).toThrow(TypeError);
  });

  it('reads an empty value as the default, as Pulsar does', () => {
    expect(loadConfig({ file: file('maxTenants=\nclusterName =  ') }).config).toEqual(
      loadConfig({}).config,
    );
  });

  it('lets the last of two lines with the same key win', () => {
    const { config } = loadConfig({ file: file('maxTenants=1\nmaxTenants=2') });
    expect(config.maxTenants).toBe(2);
  });

  it.each([
    ['brokerServicePort=70000', 'a whole number from 0 to 65535'],
    ['brokerServicePort=6650x', 'a whole number from 0 to 65535'],
    ['maxMessageSize=0', 'a whole number from 1 to 2147473407'],
    ['maxTenants=1.5', 'a whole number'],
    ['allowAutoTopicCreation=yes', 'true or false'],
    ['allowAutoTopicCreationType=both', 'one of non-partitioned, partitioned'],
    ['subscriptionTypesEnabled=Shared,Sharded', 'some of Exclusive, Shared, Failover'],
    ['bindAddress=a b', 'a host name or an IP address'],
  ])('refuses %s in one line that says where it stands', (line, mustBe) => {
    const attempt = () => loadConfig({ file: file(`# first\n\n${line}`) });
    expect(attempt).toThrow(`broker.conf:3: ${line}: must be ${mustBe}`);
    expect(attempt).toThrow(expect.objectContaining({ code: 'bad-option' }));
  });

  it('names the variable or the flag that holds a bad value', () => {
    expect(() => loadConfig({ env: { PULSAR_PREFIX_maxTenants: 'x' } })).toThrow(
      'environment variable PULSAR_PREFIX_maxTenants: maxTenants=x: must be',
    );
    const flags = [{ name: '--port', key: 'brokerServicePort', value: '-1' }] as const;
    expect(() => loadConfig({ flags })).toThrow('--port: brokerServicePort=-1: must be');
  });

  it('refuses permissions where nobody says who they are', () => {
    expect(() => loadConfig({ file: file('authorizationEnabled=true') })).toThrow(
      'broker.conf:1: authorizationEnabled=true: needs authenticationEnabled=true',
    );
    const both = 'authorizationEnabled=true\nauthenticationEnabled=true\nsuperUserRoles=a, b,';
    expect(loadConfig({ file: file(both) }).config.superUserRoles).toEqual(['a', 'b']);
  });

  it('forgives a bad value that a later source replaces', () => {
    const sources = { file: file('maxTenants=x'), env: { PULSAR_PREFIX_maxTenants: '3' } };
    expect(loadConfig(sources).config.maxTenants).toBe(3);
  });

  it.each(['tlsEnabledWithKeyStore=true'])(
    'refuses %s rather than run without the protection that was asked for',
    (line) => {
      expect(() => loadConfig({ file: file(line) })).toThrow('because this version cannot do it');
      const off = `${line.split('=')[0]}=false`;
      expect(loadConfig({ file: file(off) }).warnings).toEqual([]);
    },
  );

  it.each([
    'pulsarChannelWriteBufferLowWaterMark=70000',
    'managedLedgerMinLedgerRolloverTimeMinutes=300',
    'webServicePort=6650',
  ])('refuses %s, which contradicts another option', (line) => {
    expect(() => loadConfig({ file: file(`\n${line}`) })).toThrow(`broker.conf:2: ${line}: `);
  });

  it('lets the system choose both ports', () => {
    const sources = { file: file('brokerServicePort=0\nwebServicePort=0') };
    expect(loadConfig(sources).config.webServicePort).toBe(0);
  });
});

describe('ports and listeners', () => {
  it('are closed where a plain port is left empty and there is one for TLS', () => {
    const lines = ['brokerServicePort=', 'brokerServicePortTls=6651', 'webServicePortTls=8443'];
    const { config } = loadConfig({ file: file(lines.join('\n')) });
    expect(config.brokerServicePort).toBeUndefined();
    expect(config.brokerServicePortTls).toBe(6651);
    expect([config.webServicePort, config.webServicePortTls]).toEqual([8080, 8443]);
  });

  it.each([
    ['brokerServicePort=', 'brokerServicePort: needs a port, or a brokerServicePortTls'],
    ['webServicePort=', 'webServicePort: needs a port, or a webServicePortTls'],
    ['brokerServicePortTls=8080', 'webServicePort=8080: is the brokerServicePortTls already'],
    ['advertisedListeners=a', 'advertisedListeners=a: must be name:pulsar://host:port'],
    ['advertisedListeners=a:http://h:1', 'must be name:pulsar://'],
    ['advertisedListeners=a:pulsar://h:1,a:pulsar://h:2', 'must be name:pulsar://'],
    ['advertisedListeners=a:pulsar://h', 'must be name:pulsar://'],
    ['internalListenerName=b\nadvertisedListeners=a:pulsar://h:1', 'b: none of advertisedLis'],
    ['advertisedAddress=h\nadvertisedListeners=a:pulsar://h:1', 'goes with no advertisedListeners'],
  ])('are refused as %s', (line, reason) => {
    expect(() => loadConfig({ file: file(line) })).toThrow(reason);
  });

  it('have names, and several schemes each', () => {
    const urls = 'in:pulsar://a:1, in:pulsar+ssl://a:2,out:pulsar://[::1]:3,out:https://b.c:4';
    const { config } = loadConfig({ file: file(`advertisedListeners=${urls}`) });
    expect([...(parseListeners(config.advertisedListeners) ?? [])]).toEqual([
      ['in', { pulsar: 'pulsar://a:1', 'pulsar+ssl': 'pulsar+ssl://a:2' }],
      ['out', { pulsar: 'pulsar://[::1]:3', https: 'https://b.c:4' }],
    ]);
  });
});

describe('keys that are not options', () => {
  it('are each a warning with their place when nobody knows them', () => {
    const { warnings } = loadConfig({ file: file('a=1\nbrokerServicePrt=1') });
    expect(warnings).toEqual([
      'broker.conf:1: unknown option a, ignored',
      'broker.conf:2: unknown option brokerServicePrt, ignored',
    ]);
  });

  it('are said to be true where they ask for what is always so', () => {
    const key = 'isDelayedDeliveryDeliverAtTimeStrict';
    const { warnings } = loadConfig({ file: file(`${key}=false`) });
    expect(warnings).toEqual([`broker.conf:1: ${key} is always true in VelaMQ`]);
  });

  it('are said once to have no effect when they configure BookKeeper or ZooKeeper', () => {
    const text =
      'zookeeperServers=zk:2181\njournalSyncData=false\ndbStorage_writeCacheMaxSizeMb=1\n' +
      'bookkeeperClientTimeoutInSeconds=3\nnettyMaxFrameSizeBytes=5\nnumIOThreads=2';
    expect(loadConfig({ file: file(text) }).warnings).toEqual([
      'no effect, as VelaMQ has no BookKeeper, ZooKeeper or JVM of its own: zookeeperServers, ' +
        'journalSyncData, dbStorage_writeCacheMaxSizeMb, bookkeeperClientTimeoutInSeconds, ' +
        'nettyMaxFrameSizeBytes, numIOThreads',
    ]);
  });

  it('are not all listed when a whole file of them is used', () => {
    const keys = Array.from({ length: 20 }, (_, n) => `bookkeeperClient${n}`);
    const [warning] = loadConfig({ file: file(keys.join('=1\n')) }).warnings;
    expect(warning).toMatch(/bookkeeperClient7 and 12 more$/);
  });

  it('are said once to be ignored when Pulsar has them and this version does not', () => {
    const text = 'loadBalancerEnabled=false\nwebSocketServiceEnabled=false';
    expect(loadConfig({ file: file(text) }).warnings).toEqual([
      'Pulsar options that this version ignores: loadBalancerEnabled, webSocketServiceEnabled',
    ]);
  });

  it('never include an option of the schema', () => {
    expect(Object.keys(schema).filter(needsNoServer)).toEqual([
      'managedLedgerMaxEntriesPerLedger',
      'managedLedgerMinLedgerRolloverTimeMinutes',
      'managedLedgerMaxLedgerRolloverTimeMinutes',
      'managedLedgerMaxSizePerLedgerMbytes',
      'managedLedgerCacheSizeMB',
    ]);
    const text = `${Object.keys(schema).join('=\n')}=\nbrokerServicePort=1\nwebServicePort=2`;
    expect(loadConfig({ file: file(text) }).warnings).toEqual([]);
  });
});

describe('the schema', () => {
  it('accepts each of its own defaults', () => {
    for (const [key, option] of Object.entries(schema)) {
      if (option.default === undefined || option.default === '') continue;
      const sources = { file: file(`${key}=${option.default}`) };
      expect(loadConfig(sources).config, key).toEqual(loadConfig({}).config);
    }
  });

  it('explains each option in a line', () => {
    for (const [key, option] of Object.entries(schema)) {
      expect(option.help.length, key).toBeGreaterThan(9);
      expect(option.help, key).not.toMatch(/[\r\n]|\.$/);
    }
  });
});

describe('a configuration for the embedded use', () => {
  it('is made of defaults and what is given', () => {
    expect(configWith({ clusterName: 'c' })).toEqual({
      ...loadConfig({}).config,
      clusterName: 'c',
    });
    expect(Object.isFrozen(configWith())).toBe(true);
  });
});

describe('a property file', () => {
  it('separates key and value by =, : or blanks', () => {
    const text = 'a=1\nb:2\nc 3\n  d  =  4\ne\t:5\nf = g = h\ni';
    const pairs = parseProperties(text, 'f').map(({ key, value }) => [key, value]);
    expect(pairs).toEqual([
      ['a', '1'],
      ['b', '2'],
      ['c', '3'],
      ['d', '4'],
      ['e', '5'],
      ['f', 'g = h'],
      ['i', ''],
    ]);
  });

  it('skips blank lines and comments, and counts lines by any line break', () => {
    const text = '\uFEFF# one\r\n! two\r\n\r\n   # three\ra=1\nb=2';
    expect(parseProperties(text, 'f')).toEqual([
      { key: 'a', value: '1', line: 5 },
      { key: 'b', value: '2', line: 6 },
    ]);
  });

  it('joins a line that ends in an odd number of backslashes with the next', () => {
    const text = 'list=a,\\\n    b,\\\n\tc\neven=x\\\\\nlast=end\\';
    expect(parseProperties(text, 'f')).toEqual([
      { key: 'list', value: 'a,b,c', line: 1 },
      { key: 'even', value: 'x\\', line: 4 },
      { key: 'last', value: 'end', line: 5 },
    ]);
  });

  it('keeps a # inside a value and inside a joined line', () => {
    expect(firstValue('a=1 # not a comment')).toBe('1 # not a comment');
    expect(firstValue('a=1,\\\n#2')).toBe('1,#2');
  });

  it('understands escapes', () => {
    expect(parseProperties('a\\ b\\=c=\\u00e9\\t\\q', 'f')).toEqual([
      { key: 'a b=c', value: 'é\tq', line: 1 },
    ]);
    expect(() => parseProperties('x=1\ny=\\u12', 'f.conf')).toThrow('f.conf:2:');
  });

  it('gives back every key and value that was escaped into it', () => {
    const escapeText = (text: string) =>
      text.replace(/[\s\S]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.string({ minLength: 1 }), fc.string())), (pairs) => {
        const text = pairs.map((pair) => pair.map(escapeText).join('=')).join('\n');
        const read = parseProperties(text, 'f').map(({ key, value }) => [key, value]);
        expect(read).toEqual(pairs);
      }),
    );
  });

  it('never fails otherwise, whatever it holds', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'ab=: \\\n\r#!\t') }), (text) => {
        for (const { line } of parseProperties(text, 'f')) expect(line).toBeGreaterThan(0);
      }),
    );
  });
});

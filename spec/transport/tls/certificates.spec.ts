import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer } from 'node:tls';
import { afterEach, describe, expect, it } from 'vitest';
import { createLog } from '../../../src/base/log.ts';
import { configWith } from '../../../src/base/options.ts';
import { Certificates } from '../../../src/transport/tls/certificates.ts';
import { openSslCiphers } from '../../../src/transport/tls/cipher-names.ts';
import { ManualClock } from '../pulsar/manual-clock.ts';
import { connectTls, pemFile, withTls } from './files.ts';

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** A TLS server on files that can be written again. */
async function serve(values: { readonly tlsCertRefreshCheckDurationSec?: number } = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'velamq-tls-'));
  closing.push(() => rmSync(folder, { recursive: true }));
  const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
  const install = (name: string) => {
    copyFileSync(pemFile(`${name}.pem`), cert);
    copyFileSync(pemFile(`${name}.key`), key);
  };
  install('server');
  const clock = new ManualClock();
  const lines: string[] = [];
  let heard = (): void => {};
  const log = createLog({
    level: 'info',
    format: 'human',
    clock,
    write: (line) => {
      lines.push(line);
      heard();
    },
  });
  const paths = { tlsCertificateFilePath: cert, tlsKeyFilePath: key };
  const config = configWith({ ...withTls, ...paths, ...values });
  const certificates = await Certificates.open(config, clock, log);
  closing.push(() => certificates.close());
  const port = certificates.port('binary');
  const server = createServer(port.options, (socket) => socket.end());
  port.follow(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(() => server.close());
  return {
    install,
    spoil: () => writeFileSync(key, 'half a k'),
    /** Until the next look has said what it found. */
    look: async () => {
      const said = new Promise<void>((resolve) => {
        heard = resolve;
      });
      clock.advance(300_000);
      await said;
      return lines.at(-1) ?? '';
    },
    clock,
    lines,
    async organisation() {
      const socket = await connectTls((server.address() as AddressInfo).port);
      const { subject } = socket.getPeerCertificate();
      socket.destroy();
      return subject.O;
    },
  };
}

describe('certificates', () => {
  it('are read again when their files change, for connections from then on', async () => {
    const served = await serve();
    expect(await served.organisation()).toBeUndefined();
    served.install('renewed');
    expect(await served.organisation()).toBeUndefined();
    expect(await served.look()).toContain('TLS certificates were read again');
    expect(await served.organisation()).toBe('renewed');
    served.install('server');
    await served.look();
    expect(await served.organisation()).toBeUndefined();
  });

  it('stay as they are while their files are half written', async () => {
    const served = await serve();
    served.spoil();
    const line = await served.look();
    expect(line).toContain('the old ones stay');
    expect(line).not.toContain('half a k');
    expect(await served.organisation()).toBeUndefined();
    served.install('renewed');
    await served.look();
    expect(await served.organisation()).toBe('renewed');
  });

  it('are not looked at again where the configuration says so', async () => {
    const served = await serve({ tlsCertRefreshCheckDurationSec: 0 });
    served.install('renewed');
    served.clock.advance(86_400_000);
    expect(await served.organisation()).toBeUndefined();
    expect(served.lines).toEqual([]);
  });
});

describe('names of cipher suites', () => {
  it.each([
    ['TLS_AES_256_GCM_SHA384', 'TLS_AES_256_GCM_SHA384'],
    ['ECDHE-RSA-AES128-GCM-SHA256', 'ECDHE-RSA-AES128-GCM-SHA256'],
    ['TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256', 'ECDHE-RSA-AES128-GCM-SHA256'],
    ['TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256', 'ECDHE-ECDSA-CHACHA20-POLY1305'],
    ['TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384', 'ECDHE-RSA-AES256-SHA384'],
    ['TLS_RSA_WITH_AES_128_CBC_SHA', 'AES128-SHA'],
    ['TLS_DHE_RSA_WITH_AES_128_GCM_SHA256', 'DHE-RSA-AES128-GCM-SHA256'],
  ])('%s is %s', (name, own) => {
    expect(openSslCiphers('tlsCiphers', name)).toBe(own);
  });

  it('are refused where nobody knows them', () => {
    const bad = 'TLS_AES_256_GCM_SHA384,TLS_RSA_WITH_ROT13';
    expect(() => openSslCiphers('tlsCiphers', bad)).toThrow('tlsCiphers=TLS_RSA_WITH_ROT13');
  });
});

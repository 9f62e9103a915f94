import { expect, it } from 'vitest';
import { createLog, startVelaMQ } from '../../../src/embedded.ts';
import { RawClient } from '../pulsar/raw-client.ts';
import { byToken, inBase64, TOKENS, token } from './tokens.ts';

const BASIC = 'org.apache.pulsar.broker.authentication.AuthenticationProviderBasic';
const HASH = '$apr1$abcdefgh$paCto.rW8wn6thJ8b0QQY.';

it('secrets are in no line of the log, no answer of REST, and no error', async () => {
  let told = '';
  const write = (text: string) => {
    told += text;
  };
  const log = createLog({ level: 'debug', format: 'json', clock: still, write });
  const config = {
    ...byToken,
    authenticationProviders: [TOKENS, BASIC] as const,
    basicAuthConf: inBase64(Buffer.from(`bob:${HASH}\n`)),
  };
  const broker = await startVelaMQ({ config, log });
  const good = await token({ sub: 'alice' });
  const late = await token({ sub: 'alice', exp: 1 });
  const basic = (pair: string) => ['basic', pair, `Basic ${inBase64(Buffer.from(pair))}`] as const;
  const shown = [
    ['token', good, `Bearer ${good}`],
    ['token', late, `Bearer ${late}`],
    basic('bob:secret1'),
    basic('bob:mistaken'),
  ] as const;
  for (const [method, data, authorization] of shown) {
    const client = await RawClient.open(Number(new URL(broker.serviceUrl).port));
    const auth_data = Buffer.from(data);
    const version = { client_version: 'Raw-v1', protocol_version: 21 };
    client.say('CONNECT', { ...version, auth_method_name: method, auth_data });
    write(String((await client.next()).body['message']));
    client.close();
    for (const path of ['configuration/runtime', 'version', 'nowhere']) {
      const headers = { authorization, 'x-pulsar-auth-method-name': method };
      const url = `${broker.webServiceUrl}/admin/v2/brokers/${path}`;
      write(await (await fetch(url, { headers })).text());
    }
  }
  await broker.close();
  expect(told).toContain('authentication failed');
  const secrets = [good, late, 'secret1', 'mistaken', HASH, byToken.tokenSecretKey ?? ''];
  for (const secret of [...secrets, config.basicAuthConf, ...shown.map(([, , sent]) => sent)]) {
    expect(told.includes(secret), secret).toBe(false);
  }
});

const still = { nowMs: () => 0 };

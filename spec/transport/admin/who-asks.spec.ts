import { describe, expect, it } from 'vitest';
import type { BrokerConfig } from '../../../src/base/options.ts';
import { byToken, token } from '../auth/tokens.ts';
import { startRest } from './rest.ts';

const CLUSTERS = '/admin/v2/clusters';
const bearer = (data: string) => ({ authorization: `Bearer ${data}` });
const named = { 'x-pulsar-auth-method-name': 'token' };

async function ask(
  headers: Record<string, string>,
  path = CLUSTERS,
  values: Partial<BrokerConfig> = {},
) {
  const rest = await startRest({ ...byToken, ...values });
  const { status, text } = await rest.ask(path, { headers });
  return { status, text };
}

const refused = (reason: string) => ({ status: 401, text: JSON.stringify({ reason }) });

describe('a HTTP request', () => {
  it('is served with a good token, whether it names the method or not', async () => {
    const headers = bearer(await token({ sub: 'alice' }));
    expect(await ask(headers)).toMatchObject({ status: 200 });
    expect(await ask({ ...headers, ...named })).toMatchObject({ status: 200 });
  });

  it('is refused without credentials, or with bad ones', async () => {
    const expired = bearer(await token({ sub: 'alice', exp: 1 }));
    const reason = 'Authentication required';
    expect(await ask({})).toEqual(refused(reason));
    expect(await ask(bearer('nonsense'))).toEqual(refused(reason));
    expect(await ask(expired)).toEqual(refused(reason));
    expect(await ask({ authorization: 'Basic YTpi' })).toEqual(refused(reason));
  });

  it('is told why where it names its method', async () => {
    const expired = bearer(await token({ sub: 'alice', exp: 1 }));
    const why = 'Failed to authentication token: "exp" claim timestamp check failed';
    expect(await ask({ ...expired, ...named })).toEqual(refused(why));
    expect(await ask(named)).toEqual(refused('Invalid HTTP Authorization header'));
    const unknown = 'Unsupported authentication method: [nope].';
    expect(await ask({ 'x-pulsar-auth-method-name': 'nope' })).toEqual(refused(unknown));
  });

  it('without credentials is of the anonymous role where there is one', async () => {
    const values = { anonymousUserRole: 'guest' };
    expect(await ask({}, CLUSTERS, values)).toMatchObject({ status: 200 });
    expect(await ask(bearer('nonsense'), CLUSTERS, values)).toMatchObject({ status: 200 });
    const forced = await ask({ ...bearer('nonsense'), ...named }, CLUSTERS, values);
    expect(forced).toMatchObject({ status: 401 });
  });

  it('for health needs credentials, for metrics and the status none', async () => {
    expect(await ask({}, '/admin/v2/brokers/health')).toMatchObject({ status: 401 });
    expect(await ask({}, '/lookup/v2/topic/persistent/a/b/c')).toMatchObject({ status: 401 });
    expect(await ask({}, '/metrics')).toMatchObject({ status: 200 });
    expect(await ask({}, '/status.html')).toMatchObject({ status: 200 });
  });

  it('for metrics needs them where the configuration says so', async () => {
    const values = { authenticateMetricsEndpoint: true };
    for (const path of ['/metrics', '/metrics/', '/metrics?x=1']) {
      expect(await ask({}, path, values)).toMatchObject({ status: 401 });
    }
    const headers = bearer(await token({ sub: 'prometheus' }));
    expect(await ask(headers, '/metrics', values)).toMatchObject({ status: 200 });
  });
});

describe('the listing of options', () => {
  it('leaves secrets out', async () => {
    const headers = bearer(await token({ sub: 'alice' }));
    const { text } = await ask(headers, '/admin/v2/brokers/configuration/runtime');
    expect(JSON.parse(text)).toMatchObject({ tokenAuthClaim: 'sub' });
    expect(text).not.toContain('tokenSecretKey');
    expect(text).not.toContain(byToken.tokenSecretKey);
  });
});

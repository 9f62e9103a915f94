// The switch that scenarios have over the broker's process and network, as a small HTTP server:
// POST /kill, /start, /restart, /with/KEY=VALUE&KEY=VALUE, /without, /relay, /cut/N and /freeze/N; and of
// another broker, which asks for credentials (guarded.mjs), /guarded and /token/ROLE/SECONDS. It answers when
// the thing is done.

import { createServer } from 'node:http';
import { startRelay } from './relay.mjs';

/** Starts the switch for `broker` (of broker.mjs) and `guarded` (of guarded.mjs); `url` is for the suites. */
export async function startControl(broker, guarded) {
  const relays = [];
  const target = new URL(broker.serviceUrl.replace('pulsar:', 'http:')).host;

  const actions = {
    kill: () => broker.kill(),
    start: () => broker.start(),
    restart: () => broker.restart(),
    with: (settings) => broker.configure(Object.fromEntries(new URLSearchParams(settings))),
    without: () => broker.configure({}),
    relay: async () => {
      const relay = await startRelay({ target, keep: false });
      relays.push(relay);
      return { id: relays.length - 1, serviceUrl: `pulsar://127.0.0.1:${relay.port}` };
    },
    cut: (id) => relays[id].cut(),
    freeze: (id) => relays[id].freeze(),
    guarded: () => guarded.description(),
    token: async (role, seconds) => ({ token: await guarded.token(role, seconds) }),
  };

  const server = createServer(async (request, response) => {
    const [, action, ...given] = request.url.split('/');
    try {
      const answer = await actions[action](...given);
      response.end(JSON.stringify(answer ?? {}));
    } catch (error) {
      response.statusCode = 500;
      response.end(String(error));
    }
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    close: async () => {
      await Promise.all(relays.map((relay) => relay.close()));
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

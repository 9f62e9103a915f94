// A TCP relay in front of a broker. It keeps the raw bytes of both directions of every connection
// (for record.mjs), and can break connections as networks do (for the network scenarios). It
// changes no byte on the way.
//
//   node spec/interop/relay.mjs --listen 7650 --target localhost:6650   shows sizes as they pass

import { connect, createServer } from 'node:net';
import { pathToFileURL } from 'node:url';

/**
 * Starts a relay. The result has
 * - `port`, where it listens on 127.0.0.1;
 * - `conversations`, in order of connection: `clientToServer` and `serverToClient` are chunks;
 * - `cut()`: both sides see their connections break;
 * - `freeze()`: clients see a break, the broker sees connections that are open and silent;
 * - `close()`.
 */
export async function startRelay({ target, listen = 0, onChunk = () => {}, keep = true }) {
  const [host, port] = target.split(':');
  const conversations = [];
  const pairs = new Set();
  const frozen = new Set();
  const server = createServer((client) => {
    const pair = { client, broker: connect({ host, port: Number(port) }) };
    const conversation = { clientToServer: [], serverToClient: [] };
    if (keep) conversations.push(conversation);
    pairs.add(pair);
    forward(client, pair.broker, keep && conversation.clientToServer, 'c2s');
    forward(pair.broker, client, keep && conversation.serverToClient, 's2c');
    client.on('close', () => {
      if (pairs.delete(pair)) pair.broker.destroy();
    });
    pair.broker.on('close', () => {
      frozen.delete(pair.broker);
      if (pairs.delete(pair)) client.destroy();
    });
  });

  function forward(from, to, chunks, direction) {
    from.setNoDelay(true);
    from.on('data', (chunk) => {
      if (chunks) chunks.push(chunk);
      onChunk(direction, chunk);
      if (!to.destroyed && !to.write(chunk)) from.pause();
    });
    to.on('drain', () => from.resume());
    from.on('end', () => to.end());
    // The close that follows an error ends the other side.
    from.on('error', () => {});
  }

  function freeze() {
    for (const pair of pairs) {
      pairs.delete(pair);
      frozen.add(pair.broker);
      pair.broker.removeAllListeners('data');
      pair.broker.pause();
      pair.client.removeAllListeners('end');
      pair.client.destroy();
    }
  }

  function cut() {
    for (const pair of pairs) {
      pairs.delete(pair);
      pair.client.destroy();
      pair.broker.destroy();
    }
  }

  await new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(listen, '127.0.0.1', resolve);
  });
  return {
    port: server.address().port,
    conversations,
    cut,
    freeze,
    async close() {
      cut();
      for (const socket of frozen) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function main(args) {
  const value = (name, fallback) => {
    const at = args.indexOf(name);
    return at < 0 ? fallback : args[at + 1];
  };
  const relay = await startRelay({
    target: value('--target', 'localhost:6650'),
    listen: Number(value('--listen', '7650')),
    onChunk: (direction, chunk) => console.log(`${direction} ${chunk.length} bytes`),
    keep: false,
  });
  console.log(`listening on pulsar://localhost:${relay.port}`);
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) await main(process.argv.slice(2));

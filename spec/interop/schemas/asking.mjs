// Asks real Pulsar which schema may follow which, under each strategy.
//
// An outcome is `same` (the version of an equal schema), `yes` (a version of its own), `no`
// (incompatible), `bad` (no definition at all), or `failed` (an exception of Avro's, no answer).

export const STRATEGIES = [
  ...['ALWAYS_COMPATIBLE', 'ALWAYS_INCOMPATIBLE', 'BACKWARD', 'FORWARD', 'FULL'],
  ...['BACKWARD_TRANSITIVE', 'FORWARD_TRANSITIVE', 'FULL_TRANSITIVE'],
];

/** How many pairs are asked about at a time. */
const LANES = 8;

/** Gives each of the pairs (pairs.mjs) its `outcomes`, or `unusable` where none can come first. */
export async function askAbout(table, adminUrl) {
  const run = Date.now().toString(36);
  const ask = asking(`${adminUrl}/admin/v2`);
  for (const row of table) row.outcomes = {};
  for (const strategy of STRATEGIES) {
    await askUnder(strategy, table, { ask, namespace: `public/schemas-${run}-${strategy}` });
  }
  return table;
}

/** Each strategy has a namespace, each pair a topic; what comes before is stored unjudged. */
async function askUnder(strategy, table, { ask, namespace }) {
  await ask('PUT', `namespaces/${namespace}`);
  const follow = async (name) => {
    const path = `namespaces/${namespace}/schemaCompatibilityStrategy`;
    const { status, body } = await ask('PUT', path, name);
    if (status !== 204) throw new Error(body);
  };
  const path = (i) => `schemas/${namespace}/pair-${i}/schema`;
  const versions = [];
  await follow('ALWAYS_COMPATIBLE');
  await inLanes(table, async (row, i) => {
    for (const schema of row.before) {
      const { type, properties = {} } = row;
      const { status, body } = await ask('POST', path(i), { type, schema, properties });
      if (status === 200) versions[i] = JSON.parse(body).version.version;
      else row.unusable = body;
    }
  });
  await follow(strategy);
  await inLanes(table, async (row, i) => {
    if (row.unusable !== undefined) return;
    const { type, afterType = type, after, properties = {}, afterProperties = properties } = row;
    const schema = { type: afterType, schema: after, properties: afterProperties };
    row.outcomes[strategy] = outcomeOf(await ask('POST', path(i), schema), versions[i], row);
  });
}

async function inLanes(table, work) {
  let next = 0;
  const lane = async () => {
    while (next < table.length) {
      const i = next++;
      await work(table[i], i);
    }
  };
  await Promise.all(Array.from({ length: LANES }, lane));
}

function outcomeOf({ status, body }, newest, { title }) {
  if (status === 200) return JSON.parse(body).version.version > newest ? 'yes' : 'same';
  if (status === 409) return 'no';
  if (status === 422) return 'bad';
  if (status === 500) return 'failed';
  throw new Error(`${title}: ${status} ${body}`);
}

function asking(admin) {
  return async (method, path, body) => {
    const response = await fetch(`${admin}/${path}`, {
      method,
      headers: { 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: response.status, body: await response.text() };
  };
}

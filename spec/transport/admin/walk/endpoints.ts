/** The endpoints that are walked: `spec/data/rest/endpoints.txt`, by area. */
import { readFileSync } from 'node:fs';

export interface Endpoint {
  readonly area: string;
  readonly methods: readonly string[];
  /** With `{name}` where a name goes. */
  readonly path: string;
}

/** `folder`: where `endpoints.txt` is. */
export function endpointsIn(folder: URL): readonly Endpoint[] {
  const endpoints: Endpoint[] = [];
  let area = '';
  for (const line of readFileSync(new URL('endpoints.txt', folder), 'utf8').split('\n')) {
    const [first = '', second = ''] = line.split(' ');
    if (first === '#') area = second;
    else if (first !== '') endpoints.push({ area, methods: first.split(','), path: second });
  }
  return endpoints;
}

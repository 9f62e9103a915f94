/** Where answers differ on purpose, and why: `spec/data/rest/differences.json`. */
import { readFileSync } from 'node:fs';

interface Row {
  readonly why: string;
  /** Forms of a request and of both answers; any where it is left out. */
  readonly request?: string;
  readonly pulsar?: string;
  readonly here?: string;
}

export class Differences {
  readonly #rows: readonly (Row & { used: boolean })[];

  /** `folder`: where `differences.json` is. */
  constructor(folder: URL) {
    const text = readFileSync(new URL('differences.json', folder), 'utf8');
    this.#rows = (JSON.parse(text) as Row[]).map((row) => ({ ...row, used: false }));
  }

  /** Whether one broker may answer a request so, and the other so. */
  allows(request: string, pulsar: string, here: string): boolean {
    const row = this.#rows.find(
      (one) => isLike(request, one.request) && isLike(pulsar, one.pulsar) && isLike(here, one.here),
    );
    if (row !== undefined) row.used = true;
    return row !== undefined;
  }

  /** Reasons that nothing differs for any more. */
  get unused(): readonly string[] {
    return this.#rows.filter(({ used }) => !used).map(({ why }) => why);
  }
}

function isLike(text: string, form: string | undefined): boolean {
  return form === undefined || new RegExp(form).test(text);
}

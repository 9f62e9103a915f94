/** What the command line of `npm run sim` asks for. */
import { parseArgs } from 'node:util';

export const HELP = `npm run sim -- --seed N [--trace]     replay a seed, and tell its story
npm run sim -- --plan FILE [--trace]  replay a plan that was made smaller
npm run sim -- --seeds N [--from S]   run N seeds from S on
npm run sim -- --minutes M            run seeds for M minutes
               --with FEATURE         with either: of these seeds those whose worlds have it, as
                                      a run lists features at its end
               --shrink               with --seed or --plan: make what fails smaller
               --help                 say this
`;

export interface Asked {
  readonly help?: boolean;
  readonly seed?: number;
  readonly plan?: string;
  readonly seeds?: number;
  readonly from?: number;
  readonly minutes?: number;
  readonly with?: string;
  readonly trace?: boolean;
  readonly shrink?: boolean;
  /** How this program tells its own children what to run. */
  readonly hunt?: string;
}

const OPTIONS = {
  help: { type: 'boolean' },
  seed: { type: 'string' },
  plan: { type: 'string' },
  seeds: { type: 'string' },
  from: { type: 'string' },
  minutes: { type: 'string' },
  with: { type: 'string' },
  trace: { type: 'boolean' },
  shrink: { type: 'boolean' },
  hunt: { type: 'string' },
} as const;

/** Options that are numbers; time may be a part of a minute. */
const NUMBERS = { seed: /^\d+$/, seeds: /^\d+$/, from: /^\d+$/, minutes: /^\d+(\.\d+)?$/ };

/** What is asked for, or a line that says what cannot be understood. */
export function askedBy(args: readonly string[]): Asked | string {
  const parsed = parsedOf(args);
  if (typeof parsed === 'string') return parsed;
  const { seed, seeds, from, minutes, ...rest } = parsed;
  const numbers: Record<string, number> = {};
  for (const [name, text] of Object.entries({ seed, seeds, from, minutes })) {
    if (text === undefined) continue;
    if (!NUMBERS[name as keyof typeof NUMBERS].test(text)) return `--${name} ${text}: no number`;
    numbers[name] = Number(text);
  }
  return { ...rest, ...numbers };
}

function parsedOf(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: OPTIONS }).values;
  } catch (error) {
    const { code, message } = error as Error & { readonly code?: string };
    if (code?.startsWith('ERR_PARSE_ARGS_') !== true) throw error;
    // Node goes on to say how such an option could be given after all.
    return message.split('. ')[0]!;
  }
}

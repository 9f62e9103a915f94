/** `velamq completion`: a script that completes commands, nouns, verbs and flags in a shell. */
import { NOUNS, verbsOf } from './admin/nouns.ts';
import type { RunCommand } from './command.ts';

/** The words that may follow other words. */
type Words = ReadonlyMap<string, readonly string[]>;

const SHELLS: Readonly<Record<string, (words: Words) => string>> = { bash, zsh, fish };

/** `commands` are those of `velamq` itself. */
export function completion(commands: readonly string[]): RunCommand {
  return async ([shell = ''], terminal) => {
    const script = SHELLS[shell];
    if (script === undefined) {
      terminal.err('Usage: velamq completion bash|zsh|fish\n');
      return shell === '--help' || shell === '-h' ? 0 : 1;
    }
    terminal.out(script(await wordsOf(commands)));
    return 0;
  };
}

async function wordsOf(commands: readonly string[]): Promise<Words> {
  const words = new Map<string, readonly string[]>([['', commands]]);
  words.set('completion', Object.keys(SHELLS));
  words.set('context', ['set', 'use', 'list', 'remove']);
  words.set(
    'admin',
    NOUNS.map(({ name }) => name),
  );
  for (const noun of NOUNS) {
    const verbs = await verbsOf(noun);
    words.set(
      `admin ${noun.name}`,
      verbs.map(({ name }) => name),
    );
    for (const { name, flags } of verbs) {
      words.set(`admin ${noun.name} ${name}`, [
        ...flags.map((flag) => flag.names.at(-1)!),
        '--help',
      ]);
    }
  }
  return words;
}

/** The words before the one at the cursor choose what may follow; beyond a verb its flags do. */
function bash(words: Words): string {
  const cases = [...words].map(([path, next]) => `    "${path}") words="${next.join(' ')}" ;;\n`);
  return `\
# bash completion for velamq: source <(velamq completion bash)
_velamq() {
  local current="\${COMP_WORDS[COMP_CWORD]}" path="" words="" count=$((COMP_CWORD - 1))
  [ "$count" -gt 3 ] && count=3
  [ "\${COMP_WORDS[1]}" != admin ] && [ "$count" -gt 1 ] && count=1
  path="\${COMP_WORDS[*]:1:count}"
  case "$path" in
${cases.join('')}  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
  [ -z "$words" ] && COMPREPLY=($(compgen -f -- "$current"))
}
complete -F _velamq velamq
`;
}

/** With the words of bash, which zsh understands. */
function zsh(words: Words): string {
  return `#compdef velamq\nautoload -U +X bashcompinit && bashcompinit\n${bash(words)}`;
}

function fish(words: Words): string {
  const lines = [...words].map(([path, next]) => {
    const depth = path === '' ? 0 : path.split(' ').length;
    return `complete -c velamq -f -n '__velamq_at "${path}" ${depth}' -a '${next.join(' ')}'\n`;
  });
  return `\
# fish completion for velamq: velamq completion fish | source
function __velamq_at
  set -l words (commandline -opc)[2..-1]
  set -l count (count $words)
  test $count -eq $argv[2]; or test $argv[2] -eq 3 -a $count -gt 3; or return 1
  test $argv[2] -eq 0; or test "$words[1..$argv[2]]" = "$argv[1]"
end
${lines.join('')}`;
}

/**
 * Conversations with a broker as text: `#` begins one and says what it is about, `+` is a request
 * that prepares it, `>` a request and the `<` below it the answer.
 */
export interface Turn {
  /** `METHOD path [@content-type] [body]` */
  readonly request: string;
  /** `status [body]`; undefined: it only prepares what follows. */
  readonly answer: string | undefined;
}

export interface Conversation {
  readonly title: string;
  readonly turns: readonly Turn[];
}

export function conversationsOf(text: string): readonly Conversation[] {
  const conversations: { title: string; turns: Turn[] }[] = [];
  const lines = text.split('\n');
  for (const [index, line] of lines.entries()) {
    const rest = line.slice(2);
    const turns = conversations.at(-1)?.turns;
    if (line.startsWith('# ')) conversations.push({ title: rest, turns: [] });
    if (line.startsWith('+ ')) turns?.push({ request: rest, answer: undefined });
    if (line.startsWith('> ')) {
      turns?.push({ request: rest, answer: (lines[index + 1] ?? '').slice(2) });
    }
  }
  return conversations;
}

export function textOf(conversations: readonly Conversation[]): string {
  return conversations
    .map(({ title, turns }) => {
      const lines = turns.map(({ request, answer }, index) => {
        if (answer === undefined) return `+ ${request}`;
        const gap = index > 0 && turns[index - 1]?.answer === undefined ? '\n' : '';
        return `${gap}> ${request}\n< ${answer}`.trimEnd();
      });
      return `# ${title}\n${lines.join('\n')}\n`;
    })
    .join('\n');
}

/** The parts of a request. */
export function requestOf(request: string): {
  readonly method: string;
  readonly path: string;
  readonly type: string | undefined;
  readonly body: string | undefined;
} {
  const [method = '', path = '', ...words] = request.split(' ');
  const type = words[0]?.startsWith('@') ? words.shift()?.slice(1) : undefined;
  return { method, path, type, body: words.length > 0 ? words.join(' ') : undefined };
}

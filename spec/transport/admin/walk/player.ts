/** Plays conversations to a broker. */
import { type Conversation, requestOf, type Turn } from './conversation.ts';
import { normalised, type Where } from './normal.ts';

/** Throws where a preparation fails. */
export async function played(conversation: Conversation, where: Where): Promise<Conversation> {
  const turns: Turn[] = [];
  for (const { request, answer } of conversation.turns) {
    const { status, heard } = await ask(where, request);
    if (answer !== undefined) {
      turns.push({ request, answer: heard });
      continue;
    }
    if (status >= 400 && status !== 409) throw new Error(`${request}: ${heard}`);
    turns.push({ request, answer: undefined });
  }
  return { ...conversation, turns };
}

async function ask(where: Where, request: string): Promise<{ status: number; heard: string }> {
  const { method, path, type = 'application/json', body } = requestOf(request);
  const answer = fetch(`http://${where.http}${path}`, {
    method,
    redirect: 'manual',
    ...(body === undefined ? {} : { body, headers: { 'content-type': type } }),
    signal: AbortSignal.timeout(PATIENCE_MS),
  });
  const response = await answer.catch((error: unknown) => {
    if (error instanceof Error && error.name === 'TimeoutError') return undefined;
    throw error;
  });
  if (response === undefined) return { status: 0, heard: '{no answer}' };
  const { status } = response;
  return { status, heard: normalised(status, await response.text(), where) };
}

/** Pulsar leaves some requests that it cannot parse without an answer. */
const PATIENCE_MS = 8_000;

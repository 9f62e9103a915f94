/** Two brokers' answers to the same conversation, side by side. */
import type { Conversation } from './conversation.ts';
import type { Differences } from './differences.ts';

/** What differs and may not, as lines of text. */
export function contrasts(
  pulsar: Conversation,
  here: Conversation,
  differences: Differences,
): readonly string[] {
  return pulsar.turns.flatMap(({ request, answer: there }, index) => {
    const turn = here.turns[index];
    if (turn?.request !== request) return [`${request}: not asked here`];
    const answer = turn.answer;
    if (there === undefined || answer === undefined || there === answer) return [];
    if (differences.allows(request, there, answer)) return [];
    return [`${request}\n  Pulsar ${there}\n  here   ${answer}`];
  });
}

/**
 * Where a subscription's entries come from. Those of a persistent topic are stored: a cursor reads
 * them, remembers which are done with and finds them again. Those of a non-persistent topic pass by
 * once, so that nothing is left to read, to acknowledge or to go back to.
 */
import type { CursorCommand } from '../cursor/commands.ts';
import { cursorActor } from '../names.ts';
import type { Decision } from '../runtime/behaviour.ts';
import type { SubscriptionState } from './state.ts';

/** Without a cursor, whoever waits for an answer hears that it is done: there was nothing to do. */
export function tellSource(
  { isPersistent, topicId, name }: SubscriptionState,
  decision: Decision,
  command: CursorCommand,
): void {
  if (isPersistent) decision.tell(cursorActor(topicId, name), command);
  else if (command.type === 'ack') answerAck(decision, command);
  else if ('reply' in command && command.reply !== undefined) decision.answer(command.reply);
}

function answerAck(
  decision: Decision,
  { consumerId, reply }: Extract<CursorCommand, { readonly type: 'ack' }>,
): void {
  if (reply === undefined) return;
  const { recipient, requestId } = reply;
  decision.reply(recipient, {
    type: 'ack-answered',
    consumerId,
    requestId,
    refusal: undefined,
  });
}

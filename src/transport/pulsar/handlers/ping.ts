/** PING: answered at once. */
import type { Session } from '../session.ts';

export function ping(session: Session): void {
  session.outbox.command('PONG', {});
}

/** AUTH_RESPONSE: nobody is challenged while authentication is off, and no answer is defined. */
import type { CommandAuthResponse } from '../../../wire/messages.ts';
import type { Session } from '../session.ts';

export function authResponse(session: Session, _command: CommandAuthResponse): void {
  session.log.debug('an AUTH_RESPONSE without a challenge was ignored');
}

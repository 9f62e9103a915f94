/**
 * AUTH_RESPONSE: nobody is challenged while authentication is off, so it answers nothing that was
 * asked. Pulsar hangs up on whoever sends one.
 */
import { refuse } from '../../../base/errors.ts';
import { MINUS_ONE } from '../../../wire/long.ts';
import type { CommandAuthResponse } from '../../../wire/messages.ts';
import type { Session } from '../session.ts';

export function authResponse(session: Session, _command: CommandAuthResponse): void {
  session.refuse(MINUS_ONE, NOT_CHALLENGED);
  session.link.close('an AUTH_RESPONSE without a challenge');
}

const NOT_CHALLENGED = refuse('authentication', 'Failed to authenticate');

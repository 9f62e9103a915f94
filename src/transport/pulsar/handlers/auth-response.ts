/**
 * AUTH_RESPONSE: new credentials of a client whose old ones have expired. One that says nothing, or
 * comes while authentication is off, ends the connection, as in Pulsar.
 */
import { refuse } from '../../../base/errors.ts';
import { MINUS_ONE } from '../../../wire/long.ts';
import type { CommandAuthResponse } from '../../../wire/messages.ts';
import type { Session } from '../session.ts';
import { violation } from '../translate.ts';

export function authResponse(session: Session, { response }: CommandAuthResponse): void {
  if (session.login === undefined) {
    session.refuse(MINUS_ONE, NOT_CHALLENGED);
    session.link.hangUp('an AUTH_RESPONSE without a challenge');
    return;
  }
  const { auth_method_name: method, auth_data: data } = response ?? {};
  if (method === undefined || data === undefined) throw violation('an AUTH_RESPONSE of nothing');
  session.login.renew(data);
}

const NOT_CHALLENGED = refuse('authentication', 'Failed to authenticate');

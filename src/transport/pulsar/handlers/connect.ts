/**
 * CONNECT: the handshake. Answers the lower of both protocol versions, and only features that work:
 * clients act on what is announced.
 */
import { refuse } from '../../../base/errors.ts';
import { MINUS_ONE } from '../../../wire/long.ts';
import type { CommandConnect } from '../../../wire/messages.ts';
import { Login } from '../login.ts';
import type { Session } from '../session.ts';
import { violation } from '../translate.ts';

/** The newest protocol version spoken here. */
const PROTOCOL_VERSION = 21;

/** The protocol version that brought broker entry metadata to clients. */
const BROKER_ENTRIES_FROM = 18;

export function connect(session: Session, command: CommandConnect): void {
  if (session.state !== 'handshake') throw violation('a second CONNECT');
  session.clientVersion = command.client_version;
  session.protocolVersion = Math.min(command.protocol_version ?? 0, PROTOCOL_VERSION);
  const { supports_broker_entry_metadata: understands = false } = command.feature_flags ?? {};
  const isNew = session.protocolVersion >= BROKER_ENTRIES_FROM;
  const { exposesBrokerEntries } = session.context.options;
  session.takesBrokerEntries = exposesBrokerEntries && isNew && understands;
  const { authentication } = session.context;
  if (authentication === undefined) {
    welcome(session);
    return;
  }
  session.state = 'authenticating';
  session.login = new Login(session, authentication, command);
  session.login.begin(command, () => {
    const refusal = objection(session, command);
    if (refusal === undefined) {
      welcome(session);
      return;
    }
    session.refuse(MINUS_ONE, refusal);
    session.link.hangUp(refusal.message);
  });
}

/** Who may speak for others has to, and nobody else may. */
function objection(session: Session, { proxy_version: version }: CommandConnect) {
  const { identity, context } = session;
  const { authorization } = context;
  if (authorization === undefined || identity === undefined) return undefined;
  const isProxy = authorization.isProxy(identity.role);
  const speaksForOthers = identity.originalPrincipal !== undefined;
  if (!authorization.isSound(identity) || speaksForOthers !== isProxy) {
    return refuse('authorization', 'Invalid roles.');
  }
  if (isProxy || version === undefined) return undefined;
  const message = 'Must not set proxyVersion without connecting as a ProxyRole.';
  return refuse('authorization', message);
}

function welcome(session: Session): void {
  const { serverVersion, maxMessageBytes } = session.context.options;
  session.state = 'connected';
  session.link.connected();
  session.outbox.command('CONNECTED', {
    server_version: serverVersion,
    protocol_version: session.protocolVersion,
    max_message_size: maxMessageBytes,
    feature_flags: {
      supports_topic_watchers: true,
      supports_topic_watcher_reconcile: true,
      supports_get_partitioned_metadata_without_auto_creation: true,
    },
  });
  session.log.debug('client connected', {
    client: session.clientVersion,
    protocolVersion: session.protocolVersion,
    role: session.identity?.role,
  });
}

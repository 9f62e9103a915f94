/** Observations as lines that people read; the whole of them is the trace of a world. */
import type { Observation, Position } from './observation.ts';

/** Commands that have a line of their own. */
const TOLD: ReadonlySet<string> = new Set([
  'SEND',
  'SEND_RECEIPT',
  'SEND_ERROR',
  'MESSAGE',
  'ACK',
  'ACK_RESPONSE',
  'FLOW',
  'REDELIVER_UNACKNOWLEDGED_MESSAGES',
  'SEEK',
  'ACTIVE_CONSUMER_CHANGE',
  'PRODUCER_SUCCESS',
  'PING',
  'PONG',
]);

/** Undefined for what says nothing that another line does not say. */
export function lineOf(seen: Observation): string | undefined {
  switch (seen.type) {
    case 'linked':
    case 'unlinked':
      return `c${seen.link} ${seen.type}`;
    case 'heard':
    case 'said':
      return TOLD.has(seen.command.name)
        ? undefined
        : `c${seen.link} ${seen.type} ${seen.command.name}`;
    case 'producer-opened': {
      const { name, topic, mode } = seen.producer;
      const state = seen.ready ? 'opened' : 'waits';
      const what = `${name}, ${mode}, ${short(topic)}, last ${seen.lastSequenceId}`;
      return `${who(seen.producer)} ${state}: ${what}`;
    }
    case 'producer-closed':
      return `${who(seen.producer)} closed`;
    case 'sent':
      return `${who(seen.producer)} sent #${seen.sequenceId}: ${messages(seen.content?.messages)}`;
    case 'receipt':
      return `${who(seen.producer)} receipt #${seen.sequenceId} at ${at(seen.position)}`;
    case 'send-error':
      return `${who(seen.producer)} error #${seen.sequenceId}: ${seen.error}`;
    case 'subscribed': {
      const { type, topic, subscription } = seen.consumer;
      return `${who(seen.consumer)} subscribed: ${type} ${subscription} of ${short(topic)}`;
    }
    case 'delivered': {
      const again = seen.redeliveries > 0 ? `, again ${seen.redeliveries}` : '';
      const part = seen.ackSet.length > 0 ? `, left ${seen.ackSet.join()}` : '';
      const what = messages(seen.content?.messages);
      return `${who(seen.consumer)} got ${at(seen.position)}: ${what}${again}${part}`;
    }
    case 'acked': {
      const how = seen.isCumulative ? 'acks up to' : 'acks';
      const ids = seen.ids.map((id) => at(id) + (id.ackSet ? ` left ${id.ackSet.join()}` : ''));
      const asks = seen.requestId === undefined ? '' : `, asks ${seen.requestId}`;
      return `${who(seen.consumer)} ${how} ${ids.join(' ')}${asks}`;
    }
    case 'ack-answered':
      return `${who(seen.acked.consumer)} ack answered ${seen.error ?? 'ok'}`;
    case 'nacked':
      return `${who(seen.consumer)} wants again ${seen.ids?.map(at).join(' ') ?? 'all'}`;
    case 'flow':
      return `${who(seen.consumer)} permits +${seen.permits}`;
    case 'seek':
      return `${who(seen.consumer)} seeks ${seen.to === undefined ? seen.timeMs : at(seen.to)}`;
    case 'sought':
      return `${who(seen.consumer)} sought ${seen.ok ? 'ok' : 'refused'}`;
    case 'active':
      return `${who(seen.consumer)} is ${seen.active ? 'active' : 'inactive'}`;
    case 'stats':
      return `${who(seen.consumer)} stats: ${seen.permits} ${seen.unacked} ${seen.backlog}`;
    case 'consumer-closing':
    case 'consumer-closed':
    case 'unsubscribing':
    case 'unsubscribed':
    case 'unsubscribe-refused':
      return `${who(seen.consumer)} ${seen.type}`;
    default:
      return worldLine(seen);
  }
}

/** What is not about one client. */
function worldLine(
  seen: Extract<Observation, { readonly type: 'broker' | 'fault' | 'record' | 'log' }>,
): string {
  switch (seen.type) {
    case 'broker':
      return `== the broker ${seen.what}`;
    case 'fault':
      return `== fault: ${seen.what}`;
    case 'record':
      return `disk: record ${seen.record.sequence}, ${seen.record.events.length} events`;
    case 'log':
      return `log ${seen.level}: ${seen.message} ${seen.detail}`;
  }
}

function who({ link, id }: { readonly link: number; readonly id: number }): string {
  return `c${link}/${id}`;
}

function at({ ledger, entry }: Position): string {
  return `${ledger}:${entry}`;
}

function short(topic: string): string {
  return topic.slice(topic.lastIndexOf('/') + 1);
}

function messages(list: readonly number[] | undefined): string {
  if (list === undefined) return 'nothing that was ever sent';
  return list.length > 2 ? `m${list[0]}..m${list.at(-1)}` : list.map((m) => `m${m}`).join(' ');
}

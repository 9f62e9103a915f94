/** Producers and consumers as statistics see them. */
import type { ConsumerView, ProducerView } from '../../../src/actors/views.ts';
import { SOME_MS } from './fake-broker.ts';

export function producer(view: Partial<ProducerView> = {}): ProducerView {
  return {
    producerId: 0,
    dropped: 0,
    name: 'p',
    accessMode: 'Shared',
    address: '127.0.0.1:47726',
    clientVersion: 'Pulsar-CPP-v4.2.0',
    connectedAtMs: SOME_MS,
    metadata: {},
    in: { messages: 0, bytes: 0 },
    ...view,
  };
}

export function consumer(view: Partial<ConsumerView> = {}): ConsumerView {
  return {
    consumerId: 0,
    name: 'c',
    address: '127.0.0.1:47726',
    clientVersion: 'Pulsar-CPP-v4.2.0',
    connectedAtMs: SOME_MS,
    metadata: {},
    priorityLevel: 0,
    permits: 1000,
    unacked: 0,
    blocked: false,
    out: { messages: 0, bytes: 0 },
    acked: 0,
    redelivered: 0,
    messagesPerEntry: 0,
    lastAckedAtMs: 0,
    firstDeliveredAtMs: 0,
    lastDeliveredAtMs: 0,
    firstFlowAtMs: 0,
    lastFlowAtMs: 0,
    hashRanges: [],
    drainingHashes: [],
    drainedHashes: 0,
    ...view,
  };
}

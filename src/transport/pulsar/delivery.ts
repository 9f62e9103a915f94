/** Entries -> MESSAGE frames. One object carries the header's fields for all of them. */
import type { Deliver, DeliveryRun } from '../../actors/ports.ts';
import type { Long } from '../../base/long.ts';
import { entryStep } from '../../base/position.ts';
import { encodeBrokerEntryHeader } from '../../wire/entry.ts';
import type { MessageHeader } from '../../wire/hot.ts';
import type { Consumer } from './handles.ts';
import type { Outbox } from './outbox.ts';

export class Delivery {
  readonly #header = new Header();

  /** `exposed`: the client is told what the broker noted of each entry. */
  write(
    outbox: Outbox,
    consumer: Consumer,
    { runs, consumerEpoch }: Deliver,
    exposed: boolean,
  ): void {
    const header = this.#header;
    header.consumer_id = consumer.id;
    header.partition = consumer.topic.partition;
    header.consumer_epoch = consumerEpoch;
    for (const run of runs) {
      if (exposed && run.brokerEntries !== undefined) this.#writeNoted(outbox, run);
      else this.#writeRun(outbox, run);
    }
  }

  #writeNoted(outbox: Outbox, run: DeliveryRun): void {
    const header = this.#headerOf(run);
    for (const [i, entry] of run.entries.entries()) {
      const { index, timestampMs } = run.brokerEntries![i]!;
      const preamble = encodeBrokerEntryHeader({ index, broker_timestamp: timestampMs });
      header.entryId = run.firstEntryId + i;
      outbox.message(header, entry, preamble);
    }
  }

  #headerOf(run: DeliveryRun): Header {
    const header = this.#header;
    header.ledgerId = run.ledgerId;
    header.redelivery_count = run.redeliveryCount;
    header.ack_set = run.ackSet;
    return header;
  }

  #writeRun(outbox: Outbox, run: DeliveryRun): void {
    const header = this.#headerOf(run);
    const step = entryStep(run.ledgerId);
    let entryId = run.firstEntryId;
    for (const entry of run.entries) {
      header.entryId = entryId;
      entryId += step;
      outbox.message(header, entry);
    }
  }
}

/** Pulsar sends partition -1 for a topic that is no partition. */
class Header implements MessageHeader {
  consumer_id: Long = 0;
  ledgerId: Long = 0;
  entryId: Long = 0;
  partition: number | undefined = -1;
  redelivery_count = 0;
  ack_set: readonly Long[] | undefined = undefined;
  consumer_epoch: Long | undefined = undefined;
}

"""What is sent arrives, as it was sent: order, batches, codecs, metadata, sequence ids."""

import pulsar
from stage import (
    Shared,
    data_of,
    nothing_comes,
    numbered,
    receive,
    same,
    scenario,
    send_all,
    send_batch,
    text_of,
)


@scenario
def messages_arrive_in_order(t):
    consumer = t.consumer()
    producer = t.producer()
    ids = send_all(producer, numbered(100))
    messages = receive(consumer, 100, acknowledge=True)
    same(data_of(messages), numbered(100))
    nothing_comes(consumer)
    received = [message.message_id() for message in messages]
    positions = [(i.ledger_id(), i.entry_id()) for i in ids]
    same([(i.ledger_id(), i.entry_id()) for i in received], positions, "ids of the messages")
    t.observe(
        entry_ids=[i.entry_id() for i in ids[:3]] + [ids[-1].entry_id()],
        partitions=sorted({i.partition() for i in received}),
        batch_indexes=sorted({i.batch_index() for i in received}),
        redelivery_counts=sorted({m.redelivery_count() for m in messages}),
        topic_of_message=t.plain(messages[0].topic_name()),
    )


@scenario
def a_batch_is_one_entry(t):
    consumer = t.consumer()
    producer = t.producer(
        batching_enabled=True, batching_max_messages=10, batching_max_publish_delay_ms=60_000
    )
    ids = send_all(producer, numbered(100))
    messages = receive(consumer, 100, acknowledge=True)
    same(data_of(messages), numbered(100))
    t.observe(
        positions=[(i.entry_id(), i.batch_index()) for i in ids[8:12]],
        entries=len({i.entry_id() for i in ids}),
        received=[
            (m.message_id().entry_id(), m.message_id().batch_index()) for m in messages[8:12]
        ],
    )


@scenario
def a_batch_of_one_has_a_batch_index(t):
    consumer = t.consumer()
    producer = t.producer(batching_enabled=True, batching_max_publish_delay_ms=1)
    producer.send(b"alone")
    message_id = receive(consumer, 1)[0].message_id()
    t.observe(batch_index=message_id.batch_index(), entry_id=message_id.entry_id())


@scenario
def key_based_batches_hold_one_key_each(t):
    consumer = t.consumer()
    producer = t.producer(
        batching_enabled=True,
        batching_type=pulsar.BatchingType.KeyBased,
        batching_max_messages=1000,
        batching_max_publish_delay_ms=60_000,
    )
    for i in range(12):
        producer.send_async(b"%d" % i, lambda *_: None, partition_key=f"key-{i % 3}")
    producer.flush()
    messages = receive(consumer, 12)
    keys_of_entry = {}
    for message in messages:
        entry = message.message_id().entry_id()
        keys_of_entry.setdefault(entry, set()).add(message.partition_key())
    t.observe(entries=len(keys_of_entry))
    assert all(len(keys) == 1 for keys in keys_of_entry.values()), keys_of_entry


@scenario
def lz4_passes_through(t):
    compression(t, pulsar.CompressionType.LZ4)


@scenario
def zlib_passes_through(t):
    compression(t, pulsar.CompressionType.ZLib)


@scenario
def zstd_passes_through(t):
    compression(t, pulsar.CompressionType.ZSTD)


@scenario
def snappy_passes_through(t):
    compression(t, pulsar.CompressionType.SNAPPY)


def compression(t, codec):
    consumer = t.consumer()
    single = t.producer(compression_type=codec)
    single.send(b"well compressible " * 5000)
    send_batch(t, [b"batched " * 200] * 50, compression_type=codec)
    messages = receive(consumer, 51, acknowledge=True)
    same(data_of(messages)[:1], [b"well compressible " * 5000])
    same(set(data_of(messages)[1:]), {b"batched " * 200})
    t.observe(entry_of_last=messages[-1].message_id().entry_id())


@scenario
def metadata_arrives_as_sent(t):
    consumer = t.consumer()
    producer = t.producer(producer_name="the-producer", properties={"of": "producer"})
    producer.send(
        b"payload",
        properties={"a": "1", "": "empty key", "empty": "", "snow": "☃", "long": "x" * 10_000},
        partition_key="partition key ☃",
        ordering_key="ordering key ☃",
        event_timestamp=1_700_000_000_123,
        sequence_id=77,
    )
    message = receive(consumer, 1)[0]
    t.observe(
        properties={k: v[:20] for k, v in message.properties().items()},
        partition_key=message.partition_key(),
        ordering_key=message.ordering_key(),
        event_timestamp=message.event_timestamp(),
        producer_name=message.producer_name(),
        schema_version=str(message.schema_version()),
        has_publish_time=message.publish_timestamp() > 1_700_000_000_000,
    )


@scenario
def metadata_in_a_batch_arrives_as_sent(t):
    consumer = t.consumer()
    producer = t.producer(
        batching_enabled=True, batching_max_messages=3, batching_max_publish_delay_ms=60_000
    )
    for i in range(3):
        producer.send_async(
            b"%d" % i,
            lambda *_: None,
            properties={"i": str(i)},
            partition_key=f"key-{i}",
            ordering_key=f"order-{i}",
            event_timestamp=1000 + i,
        )
    messages = receive(consumer, 3)
    t.observe(
        keys=[m.partition_key() for m in messages],
        ordering_keys=[m.ordering_key() for m in messages],
        properties=[m.properties() for m in messages],
        event_timestamps=[m.event_timestamp() for m in messages],
    )


@scenario
def an_empty_message_is_a_message(t):
    consumer = t.consumer()
    t.producer().send(b"")
    same(data_of(receive(consumer, 1)), [b""])


@scenario
def ten_thousand_messages_keep_their_order(t):
    consumer = t.consumer()
    producer = t.producer(
        batching_enabled=True, max_pending_messages=20_000, block_if_queue_full=True
    )
    send_all(producer, numbered(10_000))
    same(data_of(receive(consumer, 10_000, acknowledge=True)), numbered(10_000))
    nothing_comes(consumer)


@scenario
def two_producers_keep_their_own_order(t):
    consumer = t.consumer()
    producers = [t.producer(producer_name=f"p{i}") for i in range(2)]
    for i in range(200):
        for producer in producers:
            producer.send_async(b"%d" % i, lambda *_: None)
    for producer in producers:
        producer.flush()
    messages = receive(consumer, 400)
    for name in ("p0", "p1"):
        own = [int(m.data()) for m in messages if m.producer_name() == name]
        same(own, list(range(200)), f"messages of {name}")


@scenario
def sequence_ids_are_the_producers_own(t):
    consumer = t.consumer()
    producer = t.producer(producer_name="sequenced", initial_sequence_id=40)
    before = producer.last_sequence_id()
    producer.send(b"41")
    after_one = producer.last_sequence_id()
    producer.send(b"100", sequence_id=100)
    after_jump = producer.last_sequence_id()
    producer.send(b"again 100", sequence_id=100)
    producer.send(b"7", sequence_id=7)
    after_back = producer.last_sequence_id()
    producer.close()
    reopened = t.producer(producer_name="sequenced")
    t.observe(
        before=before,
        after_one=after_one,
        after_jump=after_jump,
        after_back=after_back,
        reopened=reopened.last_sequence_id(),
        delivered=text_of(receive(consumer, 4)),
    )


@scenario
def a_slow_consumer_does_not_stop_producers(t):
    consumer = t.consumer(receiver_queue_size=1)
    quick = t.consumer(subscription="quick", kind=Shared)
    producer = t.producer(max_pending_messages=5000, block_if_queue_full=True)
    send_all(producer, numbered(3000))
    same(len(receive(quick, 3000)), 3000)
    same(data_of(receive(consumer, 3000, acknowledge=True)), numbered(3000))

"""Messages at and beyond the size limit, and chunked ones."""

import threading

import pulsar
from stage import data_of, eventually, nothing_comes, receive, same, scenario

LIMIT = 5 * 1024 * 1024


def filled(size, seed=0):
    """Bytes that no codec makes much smaller."""
    import random

    return random.Random(seed).randbytes(size)


@scenario
def five_megabytes_arrive(t):
    consumer = t.consumer(receiver_queue_size=5)
    producer = t.producer(max_pending_messages=10)
    payloads = [filled(LIMIT - 1024, seed) for seed in range(4)]
    for payload in payloads:
        producer.send(payload)
    for payload in payloads:
        message = receive(consumer, 1, acknowledge=True)[0]
        assert message.data() == payload, "the payload changed"


@scenario
def the_limit_is_where_pulsar_has_it(t):
    consumer = t.consumer()
    producer = t.producer()

    def accepted(size):
        try:
            producer.send(filled(size))
        except pulsar.PulsarException as error:
            return type(error).__name__
        same(len(receive(consumer, 1, acknowledge=True)[0].data()), size)
        return "accepted"

    sizes = {"limit-100": LIMIT - 100, "limit": LIMIT, "limit+1": LIMIT + 1}
    t.observe(**{name: accepted(size) for name, size in sizes.items()})
    producer.send(b"still usable")
    same(data_of(receive(consumer, 1)), [b"still usable"])


@scenario
def a_compressed_message_counts_its_compressed_size(t):
    consumer = t.consumer()
    producer = t.producer(compression_type=pulsar.CompressionType.ZSTD)
    payload = b"a" * (LIMIT - 100)
    producer.send(payload)
    assert receive(consumer, 1)[0].data() == payload


@scenario
def a_large_batch_arrives(t):
    consumer = t.consumer()
    producer = t.producer(
        batching_enabled=True,
        batching_max_messages=100,
        batching_max_allowed_size_in_bytes=4 * 1024 * 1024,
        batching_max_publish_delay_ms=1000,
    )
    for i in range(100):
        producer.send_async(filled(30_000, i), lambda *_: None)
    producer.flush()
    messages = receive(consumer, 100)
    for i, message in enumerate(messages):
        assert message.data() == filled(30_000, i), f"message {i} changed"


@scenario
def a_chunked_message_arrives_whole(t):
    consumer = t.consumer()
    producer = t.producer(chunking_enabled=True)
    payload = filled(2 * LIMIT + 1000)
    producer.send(b"before")
    message_id = producer.send(payload, properties={"p": "chunked"}, partition_key="key")
    producer.send(b"after")
    messages = receive(consumer, 3, acknowledge=True)
    assert messages[1].data() == payload, "the payload changed"
    nothing_comes(consumer)
    t.observe(
        around=[data_of(messages)[0].decode(), data_of(messages)[2].decode()],
        properties=messages[1].properties(),
        key=messages[1].partition_key(),
        receipt_is_the_message=message_id == messages[1].message_id(),
        entry_of_receipt=message_id.entry_id(),
    )
    eventually(lambda: t.admin.backlog(t.topic()) == 0, "all chunks are acknowledged")


@scenario
def a_chunked_message_may_be_compressed(t):
    consumer = t.consumer()
    producer = t.producer(chunking_enabled=True, compression_type=pulsar.CompressionType.LZ4)
    payload = filled(LIMIT + 5000) + b"z" * LIMIT
    producer.send(payload)
    assert receive(consumer, 1)[0].data() == payload


@scenario
def chunks_of_two_producers_interleave(t):
    consumer = t.consumer()
    payloads = {f"p{i}": filled(3 * LIMIT // 2, i) for i in range(2)}

    def send(name):
        producer = t.producer(producer_name=name, chunking_enabled=True)
        for _ in range(3):
            producer.send(payloads[name])

    senders = [threading.Thread(target=send, args=(name,)) for name in payloads]
    for each in senders:
        each.start()
    messages = receive(consumer, 6, acknowledge=True)
    for each in senders:
        each.join()
    for message in messages:
        assert message.data() == payloads[message.producer_name()], "the payload changed"
    same(sorted(m.producer_name() for m in messages), ["p0"] * 3 + ["p1"] * 3)


@scenario
def an_unacknowledged_chunked_message_comes_again(t):
    producer = t.producer(chunking_enabled=True)
    payload = filled(LIMIT + LIMIT // 2)
    consumer = t.consumer()
    producer.send(payload)
    assert receive(consumer, 1)[0].data() == payload
    consumer.close()
    again = t.consumer()
    assert receive(again, 1, acknowledge=True)[0].data() == payload


@scenario
def seek_to_a_chunked_message_starts_at_its_first_chunk(t):
    consumer = t.consumer(start_message_id_inclusive=True)
    producer = t.producer(chunking_enabled=True)
    producer.send(b"before")
    producer.send(filled(LIMIT + 1000))
    producer.send(b"after")
    messages = receive(consumer, 3)
    consumer.seek(messages[1].message_id())
    same([len(d) for d in data_of(receive(consumer, 2))], [LIMIT + 1000, 5])


@scenario
def a_reader_reads_chunked_messages(t):
    producer = t.producer(chunking_enabled=True)
    producer.send(filled(LIMIT + 1000))
    producer.send(b"after")
    reader = t.client.create_reader(t.topic(), pulsar.MessageId.earliest)
    sizes = [len(reader.read_next(15_000).data()) for _ in range(2)]
    same(sizes, [LIMIT + 1000, 5])
    same(reader.has_message_available(), False)

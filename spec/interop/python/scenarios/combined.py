"""Features that meet: readers at the borders of batches, dead letters of keys
and of batches, deduplication beside seeks, tables over compaction."""

import time

import pulsar
from stage import (
    Exclusive,
    KeyShared,
    Shared,
    data_of,
    drain,
    eventually,
    numbered,
    path_of,
    read_all,
    receive,
    scenario,
    send_all,
    send_batch,
    text_of,
)

TYPES = {"exclusive": Exclusive, "shared": Shared, "key_shared": KeyShared}


def letters_to(topic):
    return pulsar.ConsumerDeadLetterPolicy(
        max_redeliver_count=1, dead_letter_topic=topic, initial_subscription_name="sub"
    )


@scenario
def readers_at_borders_of_batches(t):
    """A batch of three, a single message, a batch of two: from each of them."""
    send_batch(t, numbered(3))
    send_all(t.producer(), numbered(1, 3))
    send_batch(t, numbered(2, 4))
    first = t.client.create_reader(t.topic(), pulsar.MessageId.earliest)
    ids = [message.message_id() for message in read_all(first)]
    for i, at in enumerate(ids):
        for inclusive in (False, True):
            reader = t.client.create_reader(t.topic(), at, start_message_id_inclusive=inclusive)
            t.observe(**{f"{i}, inclusive {inclusive}": text_of(read_all(reader))})
            reader.seek(at)
            t.observe(**{f"{i}, inclusive {inclusive}, sought": text_of(read_all(reader))})
            reader.close()


@scenario
def dead_letters_of_keys_and_batches(t):
    """Batches by key: all messages of one key are refused until they are letters."""
    dead = t.topic("dead")
    consumer = t.consumer(
        kind=KeyShared,
        negative_ack_redelivery_delay_ms=100,
        batch_index_ack_enabled=True,
        dead_letter_policy=letters_to(dead),
    )
    producer = t.producer(
        batching_enabled=True,
        batching_type=pulsar.BatchingType.KeyBased,
        batching_max_publish_delay_ms=60_000,
    )
    for i, text in enumerate(numbered(6)):
        producer.send_async(text, None, partition_key=["bad", "good"][i % 2])
    producer.flush()
    came = {}
    while messages := drain(consumer, quiet_ms=1_500):
        for message in messages:
            came[message.partition_key()] = came.get(message.partition_key(), 0) + 1
            if message.partition_key() == "good":
                consumer.acknowledge(message)
            else:
                consumer.negative_acknowledge(message)
    t.observe(came=came, letters=sorted(text_of(receive(t.consumer(dead), 3))))
    eventually(lambda: t.admin.backlog(t.topic()) == 0, "all is acknowledged")


@scenario
def duplicates_after_a_seek(t):
    t.producer().close()
    t.admin.post(path_of(t.topic()) + "/deduplicationEnabled", True)
    time.sleep(0.6)
    consumer = t.consumer()
    last = []
    for name in ("p", "p", "q"):
        producer = t.producer(producer_name=name, batching_enabled=False)
        last.append(producer.last_sequence_id())
        for at in (3, 5, 4, 5, 7):
            producer.send(f"{name}{at}".encode(), sequence_id=at)
        producer.close()
    t.observe(last=last, delivered=text_of(drain(consumer)))
    consumer.seek(pulsar.MessageId.earliest)
    t.observe(after_a_seek=text_of(drain(consumer)))


@scenario
def a_reader_reset_over_rest(t):
    """It comes again and goes on where it was."""
    producer = t.producer()
    send_all(producer, numbered(4))
    reader = t.client.create_reader(t.topic(), pulsar.MessageId.earliest)
    read_all(reader)
    subscriptions = lambda: t.admin.stats(t.topic())["subscriptions"]  # noqa: E731
    (name,) = subscriptions()
    t.admin.post(path_of(t.topic()) + f"/subscription/{name}/resetcursor/0")
    eventually(lambda: subscriptions().get(name, {}).get("consumers"), "the reader is back")
    send_all(producer, numbered(2, 4))
    texts = []
    try:
        while True:
            texts.append(reader.read_next(1_000).data().decode())
    except pulsar.Timeout:
        pass
    t.observe(read_on=texts)


@scenario
def seeks_while_messages_are_refused(t):
    """(Who is active after a seek on failover waits a second: the Java suite has that.)"""
    for name, kind in TYPES.items():
        topic = t.topic(name)
        send_all(t.producer(topic, batching_enabled=False), numbered(5))
        consumer = t.consumer(topic, kind=kind, negative_ack_redelivery_delay_ms=1_500)
        messages = receive(consumer, 5)
        consumer.negative_acknowledge(messages[0])
        consumer.negative_acknowledge(messages[3])
        consumer.acknowledge(messages[1])
        eventually(lambda: t.admin.backlog(topic) == 4, "it is acknowledged")  # noqa: B023
        consumer.seek(messages[1].message_id())
        after = set(data_of(drain(consumer)))
        t.observe(**{f"{name} after": sorted(one.decode() for one in after)})
        time.sleep(2)
        t.observe(**{f"{name} later": sorted(set(text_of(drain(consumer))))})


@scenario
def a_table_over_compaction(t):
    producer = t.producer(batching_enabled=False)
    before = t.client.create_table_view(t.topic())
    for key, text in (("a", b"1"), ("b", b"1"), ("a", b"2"), ("b", b""), ("c", b"1")):
        producer.send(text, partition_key=key)
    t.admin.put(path_of(t.topic()) + "/compaction")
    status = lambda: t.admin.get(path_of(t.topic()) + "/compaction")["status"]  # noqa: E731
    eventually(lambda: status() == "SUCCESS", "it is compacted")
    producer.send(b"", partition_key="c")
    producer.send(b"last", partition_key="d")
    after = t.client.create_table_view(t.topic())
    for name, table in (("before", before), ("after", after)):
        eventually(lambda: table.get("d") == b"last", "it has the last")  # noqa: B023
        shown = {}
        table.for_each(lambda key, value: shown.update({key: value.decode()}))  # noqa: B023
        t.observe(**{name: shown})

"""Seek: by message id, to either end, and by time."""

import pulsar
from stage import (
    Earliest,
    Failover,
    KeyShared,
    Shared,
    data_of,
    drain,
    eventually,
    nothing_comes,
    numbered,
    receive,
    same,
    scenario,
    send_all,
    send_batch,
    text_of,
)


def settled(t, left=0, topic=None):
    """An acknowledgement that is still on its way would count after the seek."""
    eventually(lambda: t.admin.backlog(topic or t.topic()) == left, "acknowledgements arrived")


@scenario
def seek_to_a_message(t):
    for inclusive in (False, True):
        topic = t.topic(f"inclusive-{inclusive}")
        consumer = t.consumer(topic, start_message_id_inclusive=inclusive)
        ids = send_all(t.producer(topic), numbered(10))
        receive(consumer, 10, acknowledge=True)
        settled(t, topic=topic)
        consumer.seek(ids[6])
        t.observe(**{f"inclusive {inclusive}": text_of(drain(consumer))})


@scenario
def seek_to_the_ends(t):
    consumer = t.consumer()
    producer = t.producer()
    send_all(producer, numbered(5))
    receive(consumer, 2, acknowledge=True)
    settled(t, left=3)
    consumer.seek(pulsar.MessageId.earliest)
    same(data_of(receive(consumer, 5, acknowledge=True)), numbered(5))
    settled(t)
    consumer.seek(pulsar.MessageId.earliest)
    consumer.seek(pulsar.MessageId.latest)
    producer.send(b"new")
    same(data_of(receive(consumer, 1)), [b"new"])
    nothing_comes(consumer)
    t.observe(backlog_after=t.admin.backlog(t.topic()))


@scenario
def seek_by_time(t):
    consumer = t.consumer()
    producer = t.producer()
    import time

    for payload in numbered(6):
        producer.send(payload)
        # Publish times must differ for a time to tell messages apart.
        start = time.time()
        eventually(lambda start=start: time.time() - start > 0.01, "the clock moves")
    times = [message.publish_timestamp() for message in receive(consumer, 6)]
    for name, when in {
        "at the third": times[2],
        "just after the third": times[2] + 1,
        "before all": times[0] - 60_000,
        "after all": times[5] + 60_000,
    }.items():
        consumer.seek(when)
        t.observe(**{name: text_of(drain(consumer, quiet_ms=300))})


@scenario
def seek_into_a_batch(t):
    for inclusive in (False, True):
        topic = t.topic(f"inclusive-{inclusive}")
        consumer = t.consumer(topic, start_message_id_inclusive=inclusive)
        send_batch(t, numbered(5), topic)
        send_batch(t, numbered(5, 5), topic)
        ids = [m.message_id() for m in receive(consumer, 10)]
        consumer.seek(ids[6])
        t.observe(**{f"inclusive {inclusive}": text_of(drain(consumer))})


@scenario
def seek_takes_back_acknowledgements(t):
    consumer = t.consumer(kind=Shared)
    ids = send_all(t.producer(), numbered(10))
    messages = receive(consumer, 10)
    for at in (1, 4, 8):
        consumer.acknowledge(messages[at])
    settled(t, left=7)
    consumer.seek(ids[3])
    same(data_of(receive(consumer, 6, acknowledge=True)), numbered(6, 4))
    eventually(lambda: t.admin.backlog(t.topic()) <= 1, "the rest is acknowledged")


@scenario
def seek_moves_all_consumers_of_the_subscription(t):
    for name, kind in (("shared", Shared), ("key_shared", KeyShared), ("failover", Failover)):
        topic = t.topic(name)
        one = t.new_client().subscribe(topic, "sub", kind, initial_position=Earliest)
        two = t.new_client().subscribe(topic, "sub", kind, initial_position=Earliest)
        send_all(t.producer(topic), numbered(20))
        eventually(
            lambda: drain_both(one, two) and t.admin.backlog(topic) == 0,
            f"{name}: everything is acknowledged",
        )
        one.seek(pulsar.MessageId.earliest)
        after = []

        def complete():
            after.extend(drain(one, quiet_ms=100) + drain(two, quiet_ms=100))
            return len(set(data_of(after))) == 20

        eventually(complete, f"{name}: everything comes again")


def drain_both(one, two):
    for consumer in (one, two):
        drain(consumer, acknowledge=True, quiet_ms=100)
    return True


@scenario
def seek_on_a_partitioned_topic(t):
    """This client may drop messages that come before all partitions are done: look by reopening."""
    t.admin.create_partitioned(t.topic(), 3)
    consumer = t.consumer()
    producer = t.producer()
    for payload in numbered(9):
        producer.send(payload)

    def backlogs():
        return [t.admin.backlog(f"{t.topic()}-partition-{i}") for i in range(3)]

    first = receive(consumer, 9, acknowledge=True)[0]
    for where in (pulsar.MessageId.earliest, first.publish_timestamp() - 1000):
        eventually(lambda: backlogs() == [0, 0, 0], "all is acknowledged")
        consumer.seek(where)
        same(backlogs(), [3, 3, 3], f"backlogs after a seek to {where}")
        consumer.close()
        consumer = t.consumer()
        again = receive(consumer, 9, acknowledge=True)
        same(sorted(data_of(again)), numbered(9))


@scenario
def seek_beyond_the_end_means_latest(t):
    consumer = t.consumer()
    producer = t.producer()
    last = send_all(producer, numbered(3))[-1]
    receive(consumer, 3, acknowledge=True)
    settled(t)
    beyond = pulsar.MessageId(-1, last.ledger_id(), last.entry_id() + 1000, -1)
    consumer.seek(beyond)
    producer.send(b"new")
    t.observe(delivered=text_of(drain(consumer)))


@scenario
def seek_before_the_first_message_means_earliest(t):
    consumer = t.consumer()
    first = send_all(t.producer(), numbered(3))[0]
    receive(consumer, 3, acknowledge=True)
    settled(t)
    consumer.seek(pulsar.MessageId(-1, max(first.ledger_id() - 1, 0), 0, -1))
    t.observe(delivered=text_of(drain(consumer)))


@scenario
def seek_on_a_fresh_topic(t):
    consumer = t.consumer()
    consumer.seek(pulsar.MessageId.earliest)
    consumer.seek(pulsar.MessageId.latest)
    consumer.seek(1)
    t.producer().send(b"first")
    same(data_of(receive(consumer, 1)), [b"first"])


@scenario
def seeking_again_and_again(t):
    consumer = t.consumer()
    ids = send_all(t.producer(), numbered(10))
    for at in (8, 2, 5, 0, 9, 3):
        consumer.seek(ids[at])
        if at < 9:
            same(consumer.receive(15_000).data(), numbered(10)[at + 1], f"after seek to {at}")


@scenario
def the_last_message_id(t):
    consumer = t.consumer()
    producer = t.producer()
    empty = consumer.get_last_message_id()
    t.observe(empty=[empty.ledger_id(), empty.entry_id(), empty.partition(), empty.batch_index()])
    sent = producer.send(b"single")
    last = consumer.get_last_message_id()
    same((last.ledger_id(), last.entry_id()), (sent.ledger_id(), sent.entry_id()))
    t.observe(single=[last.entry_id(), last.partition(), last.batch_index()])
    send_batch(t, numbered(7))
    last = consumer.get_last_message_id()
    t.observe(batch=[last.entry_id(), last.partition(), last.batch_index()])
    receive(consumer, 8, acknowledge=True)
    settled(t)
    last = consumer.get_last_message_id()
    t.observe(all_acknowledged=[last.entry_id(), last.partition(), last.batch_index()])


@scenario
def the_last_message_id_of_a_partition(t):
    t.admin.create_partitioned(t.topic(), 2)
    consumer = t.consumer(t.topic() + "-partition-1")
    t.producer(t.topic() + "-partition-1").send(b"one")
    last = consumer.get_last_message_id()
    t.observe(partition=last.partition(), entry=last.entry_id())

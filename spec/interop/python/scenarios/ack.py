"""Acknowledgements: what is acknowledged never comes again, what is not does."""

import pulsar
from stage import (
    Exclusive,
    Failover,
    Shared,
    data_of,
    drain,
    eventually,
    nothing_comes,
    numbered,
    path_of,
    receive,
    same,
    scenario,
    send_all,
    send_batch,
)


def reopened(t, consumer, **options):
    consumer.close()
    return t.consumer(**options)


@scenario
def acknowledged_messages_do_not_come_again(t):
    consumer = t.consumer()
    send_all(t.producer(), numbered(10))
    messages = receive(consumer, 10)
    for at in (0, 1, 2, 5, 7):
        consumer.acknowledge(messages[at])
    eventually(lambda: t.admin.backlog(t.topic()) == 5, "five are acknowledged")
    again = receive(reopened(t, consumer), 5)
    same(data_of(again), [numbered(10)[at] for at in (3, 4, 6, 8, 9)])
    t.observe(redelivery_counts=[m.redelivery_count() for m in again])


@scenario
def a_message_id_is_enough(t):
    consumer = t.consumer()
    send_all(t.producer(), numbered(3))
    ids = [message.message_id() for message in receive(consumer, 3)]
    copy = pulsar.MessageId.deserialize(ids[1].serialize())
    consumer.acknowledge(copy)
    eventually(lambda: t.admin.backlog(t.topic()) == 2, "one is acknowledged")
    same(data_of(receive(reopened(t, consumer), 2)), [b"message-0", b"message-2"])


@scenario
def acknowledging_twice_does_no_harm(t):
    consumer = t.consumer()
    send_all(t.producer(), numbered(5))
    messages = receive(consumer, 5)
    for _ in range(3):
        consumer.acknowledge(messages[1])
        consumer.acknowledge_cumulative(messages[2])
        consumer.acknowledge(messages[0])
    eventually(lambda: t.admin.backlog(t.topic()) == 2, "three are acknowledged")
    same(data_of(receive(reopened(t, consumer), 2)), numbered(2, 3))


@scenario
def a_cumulative_acknowledgement_takes_all_before(t):
    for kind in (Exclusive, Failover):
        topic = t.topic(str(kind).rpartition(".")[2])
        consumer = t.consumer(topic, kind=kind)
        send_all(t.producer(topic), numbered(10))
        messages = receive(consumer, 10)
        consumer.acknowledge_cumulative(messages[6])
        # An older one changes nothing.
        consumer.acknowledge_cumulative(messages[2])
        eventually(lambda topic=topic: t.admin.backlog(topic) == 3, "seven are acknowledged")
        consumer.close()
        same(data_of(receive(t.consumer(topic, kind=kind), 3)), numbered(3, 7))


@scenario
def a_shared_consumer_cannot_acknowledge_cumulatively(t):
    consumer = t.consumer(kind=Shared)
    send_all(t.producer(), numbered(3))
    messages = receive(consumer, 3)
    t.observe(refused=t.error_of(lambda: consumer.acknowledge_cumulative(messages[2])))
    consumer.close()
    same(len(receive(t.consumer(kind=Shared), 3)), 3)


@scenario
def a_partly_acknowledged_batch_comes_whole_without_index_acks(t):
    consumer = t.consumer()
    send_batch(t, numbered(10))
    messages = receive(consumer, 10)
    for message in messages[:9]:
        consumer.acknowledge(message)
    consumer = reopened(t, consumer)
    again = receive(consumer, 10)
    for message in again:
        consumer.acknowledge(message)
    eventually(lambda: t.admin.backlog(t.topic()) == 0, "the whole batch is acknowledged")
    nothing_comes(reopened(t, consumer))


@scenario
def a_partly_acknowledged_batch_comes_partly_with_index_acks(t):
    consumer = t.consumer(kind=Shared, batch_index_ack_enabled=True)
    send_batch(t, numbered(10))
    messages = receive(consumer, 10)
    for at in (0, 3, 4, 9):
        consumer.acknowledge(messages[at])
    backlog = eventually(lambda: in_stats(t, consumer, 6), "four are acknowledged")
    consumer = reopened(t, consumer, kind=Shared, batch_index_ack_enabled=True)
    rest = [1, 2, 5, 6, 7, 8]
    again = receive(consumer, 6)
    same(data_of(again), [numbered(10)[at] for at in rest])
    nothing_comes(consumer)
    t.observe(
        backlog_of_a_partial_batch=backlog,
        batch_indexes=[m.message_id().batch_index() for m in again],
    )
    for message in again:
        consumer.acknowledge(message)
    eventually(lambda: t.admin.backlog(t.topic()) == 0, "the whole batch is acknowledged")
    nothing_comes(reopened(t, consumer, kind=Shared, batch_index_ack_enabled=True))


def in_stats(t, consumer, unacked):
    """The backlog, once the broker counts `unacked` messages as out."""
    subscription = t.admin.subscription_stats(t.topic())
    if subscription["unackedMessages"] == unacked:
        return subscription["msgBacklog"]
    return None


@scenario
def a_client_without_index_acks_gets_the_rest_of_a_batch(t):
    """The acknowledged indexes are the broker's knowledge, whoever connects later."""
    consumer = t.consumer(kind=Shared, batch_index_ack_enabled=True)
    send_batch(t, numbered(6))
    messages = receive(consumer, 6)
    for at in (1, 2):
        consumer.acknowledge(messages[at])
    eventually(lambda: in_stats(t, consumer, 4), "two are acknowledged")
    again = drain(reopened(t, consumer, kind=Shared))
    t.observe(delivered=[m.decode() for m in data_of(again)])


@scenario
def a_cumulative_acknowledgement_may_end_inside_a_batch(t):
    consumer = t.consumer(batch_index_ack_enabled=True)
    send_batch(t, numbered(5))
    send_batch(t, numbered(5, 5))
    messages = receive(consumer, 10)
    consumer.acknowledge_cumulative(messages[6])
    eventually(lambda: t.admin.backlog(t.topic()) == 1, "the first batch is acknowledged")
    consumer = reopened(t, consumer, batch_index_ack_enabled=True)
    again = receive(consumer, 3)
    same(data_of(again), numbered(3, 7))
    nothing_comes(consumer)


@scenario
def a_cumulative_acknowledgement_inside_a_batch_without_index_acks(t):
    consumer = t.consumer()
    send_batch(t, numbered(5))
    send_batch(t, numbered(5, 5))
    messages = receive(consumer, 10)
    consumer.acknowledge_cumulative(messages[6])
    eventually(lambda: t.admin.backlog(t.topic()) == 1, "the first batch is acknowledged")
    same(data_of(receive(reopened(t, consumer), 5)), numbered(5, 5))


@scenario
def many_holes_are_remembered(t):
    consumer = t.consumer(kind=Shared, receiver_queue_size=2000)
    send_all(t.producer(), numbered(1000))
    for message in receive(consumer, 1000):
        if int(message.data().rpartition(b"-")[2]) % 2:
            consumer.acknowledge(message)
    eventually(lambda: t.admin.backlog(t.topic()) == 500, "every other one is acknowledged")
    again = receive(reopened(t, consumer, kind=Shared), 500)
    same(data_of(again), numbered(1000)[::2])


@scenario
def a_shared_consumer_may_acknowledge_what_another_received(t):
    one = t.consumer(kind=Shared, receiver_queue_size=10)
    two = t.consumer(kind=Shared, receiver_queue_size=10)
    send_all(t.producer(), numbered(10))
    got = drain(one) + drain(two)
    for message in got:
        two.acknowledge(message.message_id())
    eventually(lambda: t.admin.backlog(t.topic()) == 0, "all is acknowledged")
    one.close()
    nothing_comes(two)


@scenario
def partitions_are_acknowledged_each(t):
    t.admin.create_partitioned(t.topic(), 3)
    consumer = t.consumer()
    producer = t.producer()
    for payload in numbered(30):
        producer.send(payload)
    messages = receive(consumer, 30)
    left = [m.data() for m in messages if m.message_id().partition() == 1]
    for message in messages:
        if message.message_id().partition() != 1:
            consumer.acknowledge(message)

    def backlogs():
        return [t.admin.backlog(f"{t.topic()}-partition-{i}") for i in range(3)]

    eventually(lambda: backlogs() == [0, 10, 0], "two partitions are acknowledged")
    same(sorted(data_of(receive(reopened(t, consumer), 10))), sorted(left))


@scenario
def what_everyone_acknowledged_is_trimmed_but_ids_go_on(t):
    consumer = t.consumer()
    producer = t.producer()
    ids = send_all(producer, numbered(10))
    receive(consumer, 10, acknowledge=True)
    eventually(lambda: t.admin.backlog(t.topic()) == 0, "all is acknowledged")
    internal = t.admin.get(path_of(t.topic()) + "/internalStats")
    later = producer.send(b"later")
    assert (later.ledger_id(), later.entry_id()) > (ids[-1].ledger_id(), ids[-1].entry_id())
    t.observe(
        keys=sorted(internal),
        cursor_keys=sorted(internal["cursors"]["sub"]),
        entries_added=internal["entriesAddedCounter"],
        holes=internal["cursors"]["sub"]["individuallyDeletedMessages"],
    )

"""Redelivery: negative acknowledgements, time-outs, counts and dead letters."""

import pulsar
from stage import (
    Earliest,
    Exclusive,
    Failover,
    KeyShared,
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
    text_of,
)


@scenario
def a_nacked_message_comes_back_with_its_count_raised(t):
    for name, kind in (("shared", Shared), ("key_shared", KeyShared)):
        consumer = t.consumer(
            t.topic(name), kind=kind, negative_ack_redelivery_delay_ms=50
        )
        send_all(t.producer(t.topic(name)), numbered(3))
        counts = []
        messages = {m.data(): m for m in receive(consumer, 3)}
        consumer.acknowledge(messages[b"message-0"])
        consumer.acknowledge(messages[b"message-2"])
        message = messages[b"message-1"]
        for _ in range(4):
            counts.append(message.redelivery_count())
            consumer.negative_acknowledge(message)
            message = receive(consumer, 1)[0]
            same(message.data(), b"message-1")
        consumer.acknowledge(message)
        t.observe(**{name: [*counts, message.redelivery_count()]})
        nothing_comes(consumer)


@scenario
def a_nack_on_an_exclusive_subscription(t):
    for name, kind in (("exclusive", Exclusive), ("failover", Failover)):
        consumer = t.consumer(
            t.topic(name), kind=kind, negative_ack_redelivery_delay_ms=50
        )
        send_all(t.producer(t.topic(name)), numbered(5))
        messages = receive(consumer, 5)
        consumer.acknowledge(messages[1])
        consumer.negative_acknowledge(messages[3])
        again = drain(consumer)
        t.observe(
            **{name: [(m.data().decode(), m.redelivery_count()) for m in again]}
        )


@scenario
def a_nacked_message_of_a_batch_brings_the_batch(t):
    consumer = t.consumer(kind=Shared, negative_ack_redelivery_delay_ms=50)
    send_batch(t, numbered(5))
    messages = receive(consumer, 5)
    consumer.negative_acknowledge(messages[2])
    again = drain(consumer, acknowledge=True)
    t.observe(delivered=[(m.data().decode(), m.redelivery_count()) for m in again])
    eventually(lambda: t.admin.backlog(t.topic()) == 0, "all is acknowledged")


@scenario
def a_nacked_message_of_a_batch_with_index_acks(t):
    consumer = t.consumer(
        kind=Shared, negative_ack_redelivery_delay_ms=300, batch_index_ack_enabled=True
    )
    send_batch(t, numbered(5))
    messages = receive(consumer, 5)
    for at in (0, 1, 4):
        consumer.acknowledge(messages[at])
    eventually(
        lambda: t.admin.subscription_stats(t.topic())["unackedMessages"] == 2,
        "three are acknowledged",
    )
    consumer.negative_acknowledge(messages[2])
    again = drain(consumer, acknowledge=True, quiet_ms=1000)
    t.observe(delivered=[(m.data().decode(), m.redelivery_count()) for m in again])
    eventually(lambda: t.admin.backlog(t.topic()) == 0, "all is acknowledged")


@scenario
def everything_unacknowledged_is_redelivered_on_request(t):
    for name, kind in (("exclusive", Exclusive), ("failover", Failover), ("shared", Shared)):
        consumer = t.consumer(t.topic(name), kind=kind)
        send_all(t.producer(t.topic(name)), numbered(6))
        messages = receive(consumer, 6)
        consumer.acknowledge(messages[0])
        consumer.acknowledge(messages[3])
        eventually(lambda name=name: t.admin.backlog(t.topic(name)) == 4, "two acknowledged")
        consumer.redeliver_unacknowledged_messages()
        again = receive(consumer, 4)
        same(data_of(again), [numbered(6)[at] for at in (1, 2, 4, 5)])
        t.observe(**{name: [m.redelivery_count() for m in again]})
        nothing_comes(consumer)


@scenario
def a_redelivered_message_may_go_to_another_consumer(t):
    nacking = t.consumer(
        kind=Shared, receiver_queue_size=5, negative_ack_redelivery_delay_ms=50
    )
    send_all(t.producer(), numbered(5))
    held = receive(nacking, 5)
    other = t.new_client().subscribe(t.topic(), "sub", Shared, receiver_queue_size=5)
    for message in held:
        nacking.negative_acknowledge(message)
    got = drain(nacking, acknowledge=True) + drain(other, acknowledge=True)
    same(sorted(data_of(got)), numbered(5))
    t.observe(redelivery_counts=sorted({m.redelivery_count() for m in got}))


@scenario
def unacknowledged_messages_come_again_after_the_time_out(t):
    for name, kind in (("shared", Shared), ("exclusive", Exclusive)):
        topic = t.topic(name)
        consumer = t.consumer(topic, kind=kind, unacked_messages_timeout_ms=10_000)
        send_all(t.producer(topic), numbered(3))
        messages = receive(consumer, 3)
        consumer.acknowledge(messages[1])
        again = []
        for _ in range(2):
            again.append(consumer.receive(25_000))
        same(data_of(again), [b"message-0", b"message-2"])
        t.observe(**{name: [m.redelivery_count() for m in again]})


@scenario
def a_message_refused_too_often_goes_to_the_dead_letters(t):
    dead = t.client.subscribe(t.topic("dead"), "dead-sub", initial_position=Earliest)
    policy = pulsar.ConsumerDeadLetterPolicy(2, t.topic("dead"))
    consumer = t.consumer(
        kind=Shared, dead_letter_policy=policy, negative_ack_redelivery_delay_ms=50
    )
    producer = t.producer()
    producer.send(b"bad", properties={"own": "property"}, partition_key="key")
    producer.send(b"good")
    counts = []
    while True:
        try:
            message = consumer.receive(2000)
        except pulsar.Timeout:
            break
        if message.data() == b"good":
            consumer.acknowledge(message)
            continue
        counts.append(message.redelivery_count())
        consumer.negative_acknowledge(message)
    letter = receive(dead, 1)[0]
    same(letter.data(), b"bad")
    nothing_comes(dead)
    t.observe(
        counts=counts,
        properties=sorted(letter.properties()),
        own=letter.properties()["own"],
        key=letter.partition_key(),
    )
    eventually(lambda: t.admin.backlog(t.topic()) == 0, "the bad one is acknowledged")


@scenario
def dead_letters_have_a_topic_and_subscription_by_default(t):
    policy = pulsar.ConsumerDeadLetterPolicy(1, initial_subscription_name="readers")
    consumer = t.consumer(
        kind=Shared, dead_letter_policy=policy, negative_ack_redelivery_delay_ms=50
    )
    t.producer().send(b"bad")
    for _ in range(2):
        consumer.negative_acknowledge(receive(consumer, 1)[0])
    dlq = t.topic() + "-sub-DLQ"
    eventually(lambda: dlq in t.admin.get("/persistent/public/default"), "the topic is there")
    reader = t.client.subscribe(dlq, "readers")
    same(data_of(receive(reader, 1)), [b"bad"])


@scenario
def counts_start_afresh_when_all_consumers_have_left(t):
    consumer = t.consumer(kind=Shared, negative_ack_redelivery_delay_ms=50)
    t.producer().send(b"one")
    for _ in range(2):
        consumer.negative_acknowledge(receive(consumer, 1)[0])
    message = receive(consumer, 1)[0]
    before = message.redelivery_count()
    consumer.close()
    after = receive(t.consumer(kind=Shared), 1)[0].redelivery_count()
    t.observe(before=before, after=after)


def consumer_stats(t, at=0):
    stats = t.admin.subscription_stats(t.topic())
    return stats, stats["consumers"][at]


@scenario
def a_consumer_with_too_much_unacknowledged_is_blocked(t):
    t.admin.put(path_of(t.topic()))
    t.admin.post(path_of(t.topic()) + "/maxUnackedMessagesOnConsumer", 10)
    eventually(
        lambda: t.admin.get(path_of(t.topic()) + "/maxUnackedMessagesOnConsumer") == 10,
        "the policy is there",
    )
    consumer = t.consumer(kind=Shared)
    send_all(t.producer(batching_enabled=False), numbered(30))
    held = receive(consumer, 10)
    nothing_comes(consumer)
    facts = {}

    def note(name):
        def blocked():
            stats, one = consumer_stats(t)
            facts[name] = [
                one["unackedMessages"],
                one["blockedConsumerOnUnackedMsgs"],
                stats["blockedSubscriptionOnUnackedMsgs"],
                stats["unackedMessages"],
            ]
            return facts[name]

        return blocked

    eventually(lambda: note("full")()[0] == 10, "ten are held")
    for message in held[:4]:
        consumer.acknowledge(message)
    eventually(lambda: note("above half")()[0] == 6, "four are acknowledged")
    nothing_comes(consumer)
    consumer.acknowledge(held[4])
    more = receive(consumer, 5)
    eventually(lambda: note("full again")()[0] == 10, "ten are held again")
    t.observe(**facts, more=text_of(more))
    for message in held[5:] + more:
        consumer.acknowledge(message)
    receive(consumer, 15, acknowledge=True)


@scenario
def a_subscription_with_too_much_unacknowledged_is_blocked(t):
    t.admin.put(path_of(t.topic()))
    t.admin.post(path_of(t.topic()) + "/maxUnackedMessagesOnSubscription", 10)
    eventually(
        lambda: t.admin.get(path_of(t.topic()) + "/maxUnackedMessagesOnSubscription") == 10,
        "the policy is there",
    )
    consumer = t.consumer(kind=Shared)
    producer = t.producer(batching_enabled=False)
    held = []
    for payload in numbered(10):
        producer.send(payload)
        held += receive(consumer, 1)
    eventually(
        lambda: consumer_stats(t)[0]["blockedSubscriptionOnUnackedMsgs"], "ten are too many"
    )
    send_all(producer, numbered(5, start=10))
    nothing_comes(consumer)
    for message in held[:5]:
        consumer.acknowledge(message)
    eventually(lambda: consumer_stats(t)[0]["unackedMessages"] == 5, "half are acknowledged")
    nothing_comes(consumer)
    consumer.acknowledge(held[5])
    more = receive(consumer, 5)
    stats, one = consumer_stats(t)
    t.observe(
        more=text_of(more),
        blocked=[one["blockedConsumerOnUnackedMsgs"], stats["blockedSubscriptionOnUnackedMsgs"]],
    )

"""Delayed delivery: messages that their producers want to be delivered later."""

import time
from datetime import timedelta

import pulsar
from stage import (
    Exclusive,
    Failover,
    KeyShared,
    Shared,
    data_of,
    drain,
    eventually,
    nothing_comes,
    path_of,
    receive,
    same,
    scenario,
    text_of,
)

TICK_MS = 1000
"""Pulsar delivers up to a tick early."""

MANY = ((Shared, "shared"), (KeyShared, "key_shared"))


def after(ms):
    return {"deliver_after": timedelta(milliseconds=ms)}


def now_ms():
    return time.time() * 1000


def sub_stats(t, topic=None):
    return t.admin.subscription_stats(topic or t.topic())


@scenario
def what_is_due_later_comes_later(t):
    came = {}

    def listen(name, sent_ms):
        def came_now(consumer, message):
            came[name].append((message.data().decode(), now_ms() - sent_ms))
            consumer.acknowledge(message)

        return came_now

    for kind, name in MANY:
        came[name] = []
        producer = t.producer(t.topic(name))
        listener = listen(name, now_ms())
        t.consumer(t.topic(name), kind=kind, message_listener=listener)
        producer.send(b"after 2.6 s", partition_key="a", **after(2600))
        producer.send(b"after 1.3 s", partition_key="a", **after(1300))
        producer.send(b"at once", partition_key="a")
    eventually(lambda: all(len(each) == 3 for each in came.values()), "all came")
    for each in came.values():
        same(each[0][0], "at once")
        for text, ms in each:
            due_ms = {"at once": 0, "after 1.3 s": 1300, "after 2.6 s": 2600}[text]
            assert ms >= due_ms - TICK_MS, f"{text} came after {ms} ms"
            assert ms < due_ms + 1500, f"{text} came after {ms} ms"


@scenario
def deliver_at_is_a_point_in_time(t):
    consumer = t.consumer(kind=Shared)
    producer = t.producer()
    due_ms = now_ms() + 1500
    producer.send(b"later", deliver_at=int(due_ms))
    producer.send(b"long ago", deliver_at=int(now_ms()) - 60_000)
    producer.send(b"now")
    first = receive(consumer, 2, acknowledge=True)
    same(text_of(first), ["long ago", "now"])
    receive(consumer, 1, acknowledge=True)
    assert now_ms() >= due_ms - TICK_MS


@scenario
def one_active_consumer_gets_everything_at_once(t):
    for kind, name in ((Exclusive, "exclusive"), (Failover, "failover")):
        consumer = t.consumer(t.topic(name), kind=kind)
        producer = t.producer(t.topic(name))
        producer.send(b"later", **after(60_000))
        producer.send(b"now")
        t.observe(**{name: text_of(receive(consumer, 2))})


@scenario
def delayed_messages_are_not_batched(t):
    consumer = t.consumer(kind=Shared)
    producer = t.producer(batching_enabled=True, batching_max_publish_delay_ms=100)
    ids = []
    for i in range(3):
        producer.send_async(b"later", lambda _, id: ids.append(id), **after(2200))
        producer.send_async(b"now", lambda _, id: ids.append(id))
    producer.flush()
    eventually(lambda: len(ids) == 6, "all are stored")
    came = receive(consumer, 6, acknowledge=True)
    t.observe(
        came=text_of(came),
        batched=[m.message_id().batch_index() >= 0 for m in came],
        entries=t.admin.get(f"/{t.topic().replace('://', '/')}/internalStats")["numberOfEntries"],
    )


@scenario
def delayed_messages_are_counted(t):
    consumer = t.consumer(kind=Shared)
    producer = t.producer()
    for _ in range(5):
        producer.send(b"later", **after(60_000))
    for _ in range(2):
        producer.send(b"now")
    receive(consumer, 2)
    stats = eventually(
        lambda: (s := sub_stats(t))["msgDelayed"] == 5 and s, "five are delayed"
    )
    names = ("msgBacklog", "msgBacklogNoDelayed", "msgDelayed", "msgInReplay", "unackedMessages")
    t.observe(**{name: stats[name] for name in names})
    nothing_comes(consumer)


@scenario
def acknowledging_cancels(t):
    consumers = []
    for kind, name in MANY:
        topic = t.topic(name)
        consumer = t.consumer(topic, kind=kind)
        producer = t.producer(topic)
        ids = [producer.send(b"m%d" % i, **after(1800)) for i in range(3)]
        eventually(lambda topic=topic: sub_stats(t, topic)["msgDelayed"] == 3, "three wait")
        consumer.acknowledge(ids[1])
        consumers.append((topic, consumer))
    for topic, consumer in consumers:
        same(sorted(data_of(receive(consumer, 2, acknowledge=True))), [b"m0", b"m2"])
        nothing_comes(consumer)
        eventually(lambda topic=topic: t.admin.backlog(topic) == 0, "nothing is left")


@scenario
def refused_messages_come_again_without_their_delay(t):
    consumer = t.consumer(kind=Shared, negative_ack_redelivery_delay_ms=100)
    t.producer().send(b"m", **after(1100))
    message = receive(consumer, 1)[0]
    counts = [message.redelivery_count()]
    for _ in range(2):
        consumer.negative_acknowledge(message)
        message = receive(consumer, 1)[0]
        counts.append(message.redelivery_count())
    t.observe(counts=counts)


@scenario
def a_consumer_that_comes_later_waits_no_longer(t):
    topic = t.topic()
    first = t.consumer(kind=Shared)
    producer = t.producer()
    producer.send(b"a", **after(1300))
    producer.send(b"b", **after(1300))
    eventually(lambda: sub_stats(t)["msgDelayed"] == 2, "two are delayed")
    first.close()
    second = t.consumer(topic, kind=Shared)
    same(sorted(data_of(receive(second, 2, acknowledge=True))), [b"a", b"b"])
    nothing_comes(second)


@scenario
def delays_take_no_permits(t):
    consumer = t.consumer(kind=Shared, receiver_queue_size=1)
    producer = t.producer()
    for i in range(10):
        producer.send(b"later", **after(1500))
    for i in range(5):
        producer.send(b"now")
    came = text_of(receive(consumer, 15, acknowledge=True))
    t.observe(first=came[:5], rest=sorted(came[5:]))


@scenario
def keys_keep_to_their_consumers(t):
    a = t.consumer(kind=KeyShared)
    b = t.new_client().subscribe(t.topic(), "sub", KeyShared)
    producer = t.producer()
    for i in range(20):
        producer.send(b"later", partition_key=f"k{i}", **after(1200))
        producer.send(b"now", partition_key=f"k{i}")
    keys = [[], []]

    def all_came():
        for at, consumer in enumerate((a, b)):
            came = drain(consumer, acknowledge=True, quiet_ms=100)
            keys[at] += [message.partition_key() for message in came]
        return len(keys[0]) + len(keys[1]) == 40

    eventually(all_came, "all came")
    same(sorted(keys[0] + keys[1]), sorted([f"k{i}" for i in range(20)] * 2))
    assert not set(keys[0]) & set(keys[1])
    t.observe(spread=len(set(keys[0])) > 0 and len(set(keys[1])) > 0)


@scenario
def skipping_all_skips_what_is_delayed(t):
    consumer = t.consumer(kind=Shared)
    producer = t.producer()
    for _ in range(3):
        producer.send(b"later", **after(1500))
    eventually(lambda: sub_stats(t)["msgDelayed"] == 3, "three are delayed")
    t.admin.post(path_of(t.topic()) + "/subscription/sub/skip_all")
    eventually(lambda: sub_stats(t)["msgBacklog"] == 0, "all are skipped")
    eventually(lambda: sub_stats(t)["msgDelayed"] == 0, "none is delayed")
    nothing_comes(consumer, quiet_ms=2000)


@scenario
def a_policy_switches_delays_off(t):
    path = f"/{t.topic().replace('://', '/')}"
    t.admin.put(path)
    policy = {"active": False, "tickTime": 1000, "maxDeliveryDelayInMillis": 0}
    t.admin.post(path + "/delayedDelivery", policy)
    eventually(lambda: t.admin.get(path + "/delayedDelivery") == policy, "the policy is there")
    consumer = t.consumer(kind=Shared)
    producer = t.producer()
    producer.send(b"later", **after(60_000))
    producer.send(b"now")
    t.observe(came=text_of(receive(consumer, 2)))


@scenario
def seeking_goes_back_to_what_was_delayed(t):
    consumer = t.consumer(kind=Shared)
    producer = t.producer()
    producer.send(b"a", **after(1100))
    receive(consumer, 1, acknowledge=True)
    producer.send(b"b", **after(1500))
    consumer.seek(pulsar.MessageId.earliest)
    t.observe(came=text_of(receive(consumer, 2, acknowledge=True)))


@scenario(alone=True, needs_switch=True)
def delays_outlive_the_broker(t):
    consumer = t.consumer(kind=Shared)
    producer = t.producer()
    due_ms = now_ms() + 4000
    for i in range(20):
        producer.send(b"m%d" % i, deliver_at=int(due_ms))
    producer.send(b"now")
    receive(consumer, 1)
    t.broker.kill()
    t.broker.start()
    came = []
    for message in (receive(consumer, 1, acknowledge=True)[0] for _ in range(21)):
        early_ms = due_ms - now_ms()
        assert message.data() == b"now" or early_ms <= TICK_MS, "not before their time"
        came.append(message.data())
    same(sorted(came), sorted([b"now", *(b"m%d" % i for i in range(20))]))
    nothing_comes(consumer)

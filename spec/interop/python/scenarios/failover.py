"""Failover subscriptions: one active consumer, chosen as Pulsar chooses, and its successors."""

from stage import (
    Earliest,
    Failover,
    data_of,
    drain,
    eventually,
    numbered,
    receive,
    same,
    scenario,
    send_all,
)


def join(t, name, topic=None):
    """A failover consumer on a connection of its own."""
    return t.new_client().subscribe(
        topic or t.topic(), "sub", Failover, consumer_name=name, initial_position=Earliest
    )


def active(t, topic=None):
    stats = t.admin.stats(topic or t.topic())
    return stats["subscriptions"]["sub"].get("activeConsumerName")


@scenario
def only_the_active_consumer_gets_messages(t):
    consumers = {name: join(t, name) for name in ("a", "b", "c")}
    eventually(lambda: active(t), "one is active")
    send_all(t.producer(), numbered(30))
    holder = active(t)
    same(data_of(receive(consumers[holder], 30)), numbered(30))
    got = {name: len(drain(each, quiet_ms=200)) for name, each in consumers.items()}
    same(sorted(got.values()), [0, 0, 0])


@scenario
def the_active_consumer_follows_from_the_topics_name(t):
    """Pulsar hashes the name of a plain topic over the consumers, so these names are fixed."""
    clients = {name: t.new_client() for name in ("a", "b", "c")}
    chosen = {}
    for i in range(12):
        topic = f"persistent://public/default/failover-ring-{i}"
        history = []
        joined = []
        for name in ("b", "a", "c"):
            joined.append(
                clients[name].subscribe(
                    topic, f"sub{t.topic()[-6:]}", Failover, consumer_name=name
                )
            )
            subscription = f"sub{t.topic()[-6:]}"
            history.append(
                eventually(
                    lambda: t.admin.subscription_stats(topic, subscription).get(
                        "activeConsumerName"
                    ),
                    "one is active",
                )
            )
        chosen[f"failover-ring-{i}"] = history
        for consumer in joined:
            consumer.close()
    t.observe(active_as_b_then_a_then_c_join=chosen)


@scenario
def partitions_are_divided_by_name(t):
    t.admin.create_partitioned(t.topic(), 6)
    # Joining out of order: only the names count.
    for name in ("c", "a", "b"):
        join(t, name)
    partitions = [f"{t.topic()}-partition-{i}" for i in range(6)]
    t.observe(active=[active(t, partition) for partition in partitions])


@scenario
def a_successor_gets_what_was_not_acknowledged(t):
    consumers = {name: join(t, name) for name in ("a", "b", "c")}
    eventually(lambda: active(t), "one is active")
    first = active(t)
    send_all(t.producer(), numbered(20))
    held = receive(consumers[first], 20)
    for message in held[:5]:
        consumers[first].acknowledge(message)
    consumers[first].acknowledge(held[9])
    eventually(lambda: t.admin.backlog(t.topic()) == 14, "six are acknowledged")
    consumers.pop(first).close()
    second = eventually(lambda: active(t) != first and active(t), "another is active")
    again = receive(consumers[second], 14)
    expected = [d for i, d in enumerate(numbered(20)) if i >= 5 and i != 9]
    same(data_of(again), expected)
    t.observe(redelivery_counts=sorted({m.redelivery_count() for m in again}))


@scenario
def takeover_goes_on_to_the_last(t):
    consumers = {name: join(t, name) for name in ("a", "b", "c")}
    producer = t.producer()
    order = []
    for i in range(3):
        name = eventually(lambda: active(t) in consumers and active(t), "one is active")
        order.append(name)
        producer.send(b"%d" % i)
        same(data_of(receive(consumers[name], 1, acknowledge=True)), [b"%d" % i])
        eventually(lambda: t.admin.backlog(t.topic()) == 0, "acknowledged")
        consumers.pop(name).close()
    same(sorted(order), ["a", "b", "c"])


@scenario
def partitions_move_when_their_consumer_leaves(t):
    t.admin.create_partitioned(t.topic(), 3)
    consumers = {name: join(t, name) for name in ("a", "b", "c")}
    partitions = [f"{t.topic()}-partition-{i}" for i in range(3)]
    before = [active(t, each) for each in partitions]
    producer = t.producer()
    for payload in numbered(30):
        producer.send(payload)
    per_consumer = {name: len(receive(each, 10)) for name, each in consumers.items()}
    consumers.pop("a").close()
    after = [
        eventually(lambda each=each: active(t, each) in consumers and active(t, each), "moved")
        for each in partitions
    ]
    # b inherits from a and from c, and starts a second after the change.
    again = receive(consumers["b"], 20)
    partitions_again = [m.message_id().partition() for m in again]
    t.observe(
        before=before,
        after=after,
        per_consumer=sorted(per_consumer.items()),
        redelivered=[partitions_again.count(i) for i in range(3)],
    )


@scenario
def a_joining_consumer_may_take_over(t):
    """b is alone, then a joins: on partition 0 the first name is the active one."""
    t.admin.create_partitioned(t.topic(), 1)
    partition = t.topic() + "-partition-0"
    late_name = join(t, "b", partition)
    producer = t.producer(partition)
    producer.send(b"0")
    receive(late_name, 1, acknowledge=True)
    same(active(t, partition), "b")
    early_name = join(t, "a", partition)
    eventually(lambda: active(t, partition) == "a", "a is active")
    producer.send(b"1")
    same(data_of(receive(early_name, 1)), [b"1"])
    same(data_of(drain(late_name)), [])


@scenario
def a_dead_active_consumer_is_replaced(t):
    relay = None
    if t.broker.available:
        relay = t.broker.relay()
    dead_client = t.new_client(relay.service_url if relay else None)
    dead = dead_client.subscribe(
        t.topic(), "sub", Failover, consumer_name="a", initial_position=Earliest
    )
    heir = join(t, "b")
    send_all(t.producer(), numbered(5))
    if active(t) == "a":
        receive(dead, 5)
    if relay:
        relay.cut()
    dead_client.shutdown()
    eventually(lambda: active(t) == "b", "b is active")
    same(data_of(receive(heir, 5)), numbered(5))

"""Topics: made by use or by REST, single or partitioned, by pattern and by list, missing."""

import re

import pulsar
from stage import (
    Earliest,
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
)


@scenario
def a_producer_creates_its_topic(t):
    topics = lambda: t.admin.get("/persistent/public/default")  # noqa: E731
    assert t.topic() not in topics()
    t.producer()
    assert t.topic() in topics()
    t.observe(partitions=t.admin.get(path_of(t.topic()) + "/partitions"))


@scenario
def a_consumer_creates_its_topic(t):
    t.consumer()
    assert t.topic() in t.admin.get("/persistent/public/default")


@scenario
def a_missing_namespace_is_refused(t):
    topic = "persistent://public/no-such-namespace/t"
    t.observe(
        producer=t.error_of(lambda: t.producer(topic)),
        consumer=t.error_of(lambda: t.consumer(topic)),
        reader=t.error_of(lambda: t.client.create_reader(topic, pulsar.MessageId.earliest)),
        partitions=t.error_of(lambda: t.client.get_topic_partitions(topic)),
    )


@scenario
def a_missing_tenant_is_refused(t):
    topic = "persistent://no-such-tenant/default/t"
    t.observe(
        producer=t.error_of(lambda: t.producer(topic)),
        consumer=t.error_of(lambda: t.consumer(topic)),
    )


@scenario
def bad_names_are_refused(t):
    for name in ("a/b", "persistent://public/default", "other://public/default/t"):
        t.observe(**{f"producer on '{name}'": t.error_of(lambda name=name: t.producer(name))})


@scenario
def a_short_name_is_the_same_topic(t):
    full = t.topic()
    short = full.rpartition("/")[2]
    consumer = t.consumer(full)
    t.producer(short).send(b"short")
    t.producer(f"public/default/{short}").send(b"middle")
    messages = receive(consumer, 2)
    same(data_of(messages), [b"short", b"middle"])
    t.observe(names=sorted({t.plain(m.topic_name()) for m in messages}))


@scenario
def names_with_special_characters_work(t):
    topic = t.topic("with space & ümlaut%2F+=$~:;,!")
    consumer = t.consumer(topic)
    t.producer(topic).send(b"special")
    same(data_of(receive(consumer, 1)), [b"special"])
    assert topic in t.admin.get("/persistent/public/default"), "the name must show as it is"


@scenario
def a_topic_in_another_namespace(t):
    namespace = t.topic("ns").rpartition("/")[2]
    t.admin.put(f"/namespaces/public/{namespace}")
    topic = t.topic(namespace=f"public/{namespace}")
    consumer = t.consumer(topic)
    t.producer(topic).send(b"elsewhere")
    same(data_of(receive(consumer, 1)), [b"elsewhere"])
    same(t.admin.get(f"/namespaces/public/{namespace}/topics"), [topic])


@scenario
def a_partitioned_topic_spreads_messages(t):
    t.admin.create_partitioned(t.topic(), 4)
    same(
        t.client.get_topic_partitions(t.topic()),
        [f"{t.topic()}-partition-{i}" for i in range(4)],
    )
    consumer = t.consumer()
    producer = t.producer()
    for payload in numbered(40):
        producer.send(payload)
    messages = receive(consumer, 40, acknowledge=True)
    same(sorted(data_of(messages)), sorted(numbered(40)))
    per_partition = {}
    for message in messages:
        index = message.message_id().partition()
        assert message.topic_name() == f"{t.topic()}-partition-{index}", message.topic_name()
        per_partition[index] = per_partition.get(index, 0) + 1
    t.observe(per_partition=sorted(per_partition.items()))
    nothing_comes(consumer)


@scenario
def a_key_stays_in_its_partition(t):
    t.admin.create_partitioned(t.topic(), 3)
    consumer = t.consumer()
    producer = t.producer()
    for i in range(60):
        producer.send(b"%d" % i, partition_key=f"key-{i % 10}")
    messages = receive(consumer, 60)
    partition_of_key = {}
    for message in messages:
        at = message.message_id().partition()
        partition_of_key.setdefault(message.partition_key(), set()).add(at)
    assert all(len(each) == 1 for each in partition_of_key.values()), partition_of_key
    for key in partition_of_key:
        own = [int(m.data()) for m in messages if m.partition_key() == key]
        same(own, sorted(own), f"order of {key}")
    t.observe(partition_of_key=sorted((key, min(at)) for key, at in partition_of_key.items()))


@scenario
def a_partition_can_be_used_by_its_own_name(t):
    t.admin.create_partitioned(t.topic(), 2)
    one = f"{t.topic()}-partition-1"
    consumer = t.consumer(one)
    t.producer(one).send(b"to the second")
    message = receive(consumer, 1)[0]
    t.observe(partition=message.message_id().partition())
    same(message.data(), b"to the second")
    t.observe(beyond=t.error_of(lambda: t.producer(f"{t.topic()}-partition-9")))


@scenario
def a_partition_of_a_plain_topic_is_refused(t):
    t.producer()
    t.observe(
        producer=t.error_of(lambda: t.producer(t.topic() + "-partition-0")),
        consumer=t.error_of(lambda: t.consumer(t.topic() + "-partition-0")),
    )


@scenario
def partitions_can_be_added(t):
    t.admin.create_partitioned(t.topic(), 2)
    consumer = t.consumer()
    t.producer().send(b"old")
    t.admin.post(path_of(t.topic()) + "/partitions", 4)
    same(len(t.new_client().get_topic_partitions(t.topic())), 4)
    same(t.admin.get(path_of(t.topic()) + "/partitions")["partitions"], 4)
    later = t.new_client().subscribe(t.topic(), "later", initial_position=Earliest)
    last = f"{t.topic()}-partition-3"
    t.producer(last).send(b"new")
    same(sorted(data_of(receive(later, 2))), [b"new", b"old"])
    same(data_of(receive(consumer, 1)), [b"old"])
    subscriptions = t.admin.get(path_of(last) + "/subscriptions")
    t.observe(subscriptions_of_a_new_partition=sorted(subscriptions))


@scenario
def a_partitioned_topic_is_one_topic_to_rest(t):
    t.admin.create_partitioned(t.topic(), 2)
    assert t.topic() in t.admin.get("/persistent/public/default/partitioned")
    consumer = t.consumer()
    producer = t.producer()
    for payload in numbered(10):
        producer.send(payload)
    receive(consumer, 10)
    stats = t.admin.get(path_of(t.topic()) + "/partitioned-stats?perPartition=true")
    t.observe(
        keys=sorted(stats),
        messages_in=stats["msgInCounter"],
        backlog=stats["subscriptions"]["sub"]["msgBacklog"],
        partitions=len(stats["partitions"]),
        metadata=sorted(stats["metadata"]),
    )


@scenario
def a_list_of_topics_is_one_consumer(t):
    names = [t.topic(f"{i}") for i in range(5)]
    consumer = t.client.subscribe(names, "sub", initial_position=Earliest)
    for name in names:
        send_all(t.producer(name), numbered(10))
    messages = receive(consumer, 50, acknowledge=True)
    for name in names:
        own = [m for m in messages if m.topic_name() == name]
        same(data_of(own), numbered(10), f"messages of {name}")
    nothing_comes(consumer)
    for name in names:
        eventually(lambda name=name: t.admin.backlog(name) == 0, f"{name} is acknowledged")


@scenario
def a_pattern_finds_the_topics_that_match(t):
    """Those made later are the Go suite's: this client looks again after a minute only."""
    names = [t.topic(f"match-{i}") for i in range(3)]
    other = t.topic("other")
    for name in [*names, other]:
        t.producer(name)
    consumer = t.client.subscribe(
        re.compile(t.topic("match") + ".*"),
        "sub",
        initial_position=Earliest,
    )
    for name in [*names, other]:
        t.producer(name).send(name.encode())
    same(sorted(data_of(receive(consumer, 3))), sorted(name.encode() for name in names))
    nothing_comes(consumer)


@scenario
def a_pattern_finds_partitioned_topics(t):
    name = t.topic("match-partitioned")
    t.admin.create_partitioned(name, 3)
    consumer = t.client.subscribe(
        re.compile(t.topic("match") + ".*"), "sub", Shared, initial_position=Earliest
    )
    producer = t.producer(name)
    for payload in numbered(9):
        producer.send(payload)
    same(sorted(data_of(receive(consumer, 9))), sorted(numbered(9)))


@scenario
def a_deleted_topic_is_gone(t):
    producer = t.producer()
    consumer = t.consumer()
    producer.send(b"lost with the topic")
    receive(consumer, 1)
    busy = t.admin.request("DELETE", path_of(t.topic()))
    producer.close()
    consumer.close()
    t.admin.delete(path_of(t.topic()))
    assert t.topic() not in t.admin.get("/persistent/public/default")
    fresh = t.consumer()
    t.producer().send(b"new life")
    messages = drain(fresh)
    same(data_of(messages), [b"new life"])
    t.observe(busy_status=busy[0], busy_reason=busy[1]["reason"])


@scenario
def a_forced_deletion_lets_clients_create_it_anew(t):
    producer = t.producer()
    consumer = t.consumer()
    producer.send(b"old")
    receive(consumer, 1, acknowledge=True)
    t.admin.delete(path_of(t.topic()) + "?force=true")
    # Both clients are told, look up again and make the topic anew.
    eventually(consumer.is_connected, "the consumer is back")
    producer.send(b"new")
    same(data_of(receive(consumer, 1)), [b"new"])


@scenario
def an_unloaded_topic_comes_back_by_itself(t):
    producer = t.producer()
    consumer = t.consumer()
    first = producer.send(b"before")
    receive(consumer, 1)
    t.admin.put(path_of(t.topic()) + "/unload")
    second = producer.send(b"after")
    same(data_of(receive(consumer, 2)), [b"before", b"after"])
    assert second.ledger_id() > first.ledger_id(), "ids grow with every new owner"
    t.observe(entry_after_unload=second.entry_id())


@scenario
def unloading_under_traffic_loses_nothing(t):
    """Messages in flight are sent again by the client: they may come twice, never out of order."""
    count = 2_000
    consumer = t.consumer()
    producer = t.producer(send_timeout_millis=0, max_pending_messages=100, block_if_queue_full=True)
    unload = path_of(t.topic()) + "/unload"
    for i in range(count):
        producer.send_async(b"%d" % i, lambda *_: None)
        if i % 500 == 250:
            t.admin.put(unload)
    producer.flush()
    seen = []
    while len(set(seen)) < count:
        message = receive(consumer, 1, acknowledge=True)[0]
        seen.append(int(message.data()))
    first_times = list(dict.fromkeys(seen))
    same(first_times, list(range(count)), "order")

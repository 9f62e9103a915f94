"""Topic compaction, and reading what it left."""

import pulsar
from stage import (
    Earliest,
    Exclusive,
    Failover,
    KeyShared,
    Shared,
    eventually,
    nothing_comes,
    path_of,
    read_all,
    receive,
    same,
    scenario,
)

earliest = pulsar.MessageId.earliest

CODECS = ["NONE", "LZ4", "ZLib", "ZSTD", "SNAPPY"]


def publish(stage, pairs, topic=None, **options):
    """Pairs of key and value, one entry each unless they are batched; None is no key."""
    producer = stage.producer(topic, **options)
    ids = []
    for key, value in pairs:
        keyed = {} if key is None else {"partition_key": key}
        producer.send_async(value.encode(), lambda _, id: ids.append(id), **keyed)
    producer.flush()
    producer.close()
    return ids


def batched(pairs):
    return {
        "batching_enabled": True,
        "batching_max_messages": len(pairs),
        "batching_max_publish_delay_ms": 60_000,
    }


def compact(stage, topic=None):
    path = path_of(topic or stage.topic()) + "/compaction"
    stage.admin.put(path)
    eventually(lambda: stage.admin.get(path)["status"] != "RUNNING", "the compaction ends")
    return stage.admin.get(path)


def compacted_reader(stage, start=earliest, topic=None, **options):
    return stage.client.create_reader(
        topic or stage.topic(), start, is_read_compacted=True, **options
    )


def pairs_of(messages):
    return [f"{message.partition_key()}={message.data().decode()}" for message in messages]


def read_compacted(stage, start=earliest, topic=None, **options):
    reader = compacted_reader(stage, start, topic, **options)
    pairs = pairs_of(read_all(reader))
    reader.close()
    return pairs


HISTORY = [("a", "1"), ("b", "1"), ("a", "2"), (None, "plain"), ("c", "1"), ("b", ""), ("d", "9")]


@scenario
def the_last_value_of_each_key_stays(t):
    ids = publish(t, HISTORY, batching_enabled=False)
    path = path_of(t.topic())
    t.observe(before=t.admin.get(path + "/compaction"))
    t.observe(after=compact(t))
    reader = compacted_reader(t)
    messages = read_all(reader)
    t.observe(
        compacted=pairs_of(messages),
        ids=[[str(one) for one in ids].index(str(message.message_id())) for message in messages],
    )
    plain = t.client.create_reader(t.topic(), earliest)
    t.observe(plain=pairs_of(read_all(plain)))
    stats = t.admin.stats(t.topic())
    internal = t.admin.get(path + "/internalStats")
    t.observe(
        removed=stats["compaction"]["lastCompactionRemovedEventCount"],
        succeeded=stats["compaction"]["lastCompactionSucceedTimestamp"] > 0,
        failed=stats["compaction"]["lastCompactionFailedTimestamp"],
        subscription={
            name: stats["subscriptions"]["__compaction"][name]
            for name in ("type", "isDurable", "msgBacklog", "consumers")
        },
        entries=internal["compactedLedger"]["entries"],
        property=list(internal["cursors"]["__compaction"]["properties"]),
    )


@scenario
def what_comes_after_is_read_too(t):
    publish(t, HISTORY, batching_enabled=False)
    compact(t)
    publish(t, [("a", "3"), ("e", "1")], batching_enabled=False)
    t.observe(live=read_compacted(t))
    compact(t)
    t.observe(again=read_compacted(t))


@scenario
def batches_of_every_codec(t):
    for codec in CODECS:
        topic = t.topic(codec.lower())
        options = batched(HISTORY)
        options["compression_type"] = getattr(pulsar.CompressionType, codec)
        long = [(key, value * 40) for key, value in HISTORY]
        publish(t, long, topic, **options)
        publish(t, [("d", "10"), ("x", "1")], topic, **options)
        compact(t, topic)
        reader = compacted_reader(t, topic=topic)
        messages = read_all(reader)
        t.observe(**{codec: pairs_of(messages)})
        same([message.message_id().batch_index() for message in messages][:7], list(range(7)))


@scenario
def a_topic_of_tombstones_has_nothing_to_read(t):
    publish(t, [("a", "1"), ("a", "")], batching_enabled=False)
    reader = compacted_reader(t)
    t.observe(before=reader.has_message_available())
    compact(t)
    t.observe(after=compacted_reader(t).has_message_available())
    consumer = t.consumer(is_read_compacted=True)
    t.observe(last=str(consumer.get_last_message_id()))


@scenario
def the_last_message_is_one_that_is_left(t):
    pairs = [("a", "1"), ("b", "1"), ("c", "")]
    ids = publish(t, pairs, **batched(pairs))
    publish(t, [("c", "")], batching_enabled=False)
    consumer = t.consumer(is_read_compacted=True)
    compact(t)
    same(str(consumer.get_last_message_id()), str(ids[1]))


@scenario
def what_is_compacted_outlives_the_originals(t):
    ids = publish(t, [("a", "1"), ("b", "1"), ("a", "2"), ("c", "1")], batching_enabled=False)
    compact(t)
    path = path_of(t.topic())
    t.admin.put(path + "/unload")
    publish(t, [("d", "1"), ("a", "3")], batching_enabled=False)
    compact(t)
    t.admin.put(path + "/unload")
    publish(t, [("z", "1")], batching_enabled=False)
    t.admin.post(path + "/trim")

    def ledgers():
        return t.admin.get(path + "/internalStats")["ledgers"]

    eventually(lambda: len(ledgers()) == 1, "the originals are trimmed")
    plain = t.client.create_reader(t.topic(), earliest)
    t.observe(
        plain=pairs_of(read_all(plain)),
        compacted=read_compacted(t),
        from_first=read_compacted(t, ids[0]),
        from_second=read_compacted(t, ids[1], start_message_id_inclusive=True),
        after_fourth=read_compacted(t, ids[3]),
    )
    for name, target in [("earliest", earliest), ("second", ids[1]), ("time", 1)]:
        reader = compacted_reader(t, pulsar.MessageId.latest, start_message_id_inclusive=True)
        reader.seek(target)
        t.observe(**{f"seek {name}": pairs_of(read_all(reader))})
        reader.close()


@scenario
def consumers_that_read_what_is_compacted(t):
    publish(t, HISTORY, batching_enabled=False)
    compact(t)
    for kind in (Exclusive, Failover):
        consumer = t.consumer(
            subscription=kind.name, kind=kind, is_read_compacted=True, initial_position=Earliest
        )
        messages = receive(consumer, 3)
        consumer.acknowledge_cumulative(messages[1])
        eventually(lambda: t.admin.backlog(t.topic(), kind.name) <= 2, "it is acknowledged")
        consumer.close()
        again = t.consumer(subscription=kind.name, kind=kind, is_read_compacted=True)
        t.observe(**{kind.name: pairs_of(messages), f"{kind.name} 2": pairs_of(receive(again, 1))})
        nothing_comes(again)
        again.close()
    for kind in (Shared, KeyShared):
        call = lambda: t.consumer(subscription="shared", kind=kind, is_read_compacted=True)
        t.observe(**{kind.name: t.error_of(call)})


@scenario
def compaction_of_what_is_not_there_or_partitioned(t):
    path = path_of(t.topic("missing")) + "/compaction"
    t.observe(
        put=t.admin.request("PUT", path)[0],
        get=t.admin.request("GET", path)[0],
    )
    topic = t.topic("parts")
    t.admin.create_partitioned(topic, 2)
    producer = t.producer(topic, batching_enabled=False)
    for value in (b"1", b"2", b"3"):
        for key in ("a", "b", "c", "d"):
            producer.send(value, partition_key=key)
    t.admin.put(path_of(topic) + "/compaction")
    for i in range(2):
        part = path_of(f"{topic}-partition-{i}") + "/compaction"
        eventually(lambda: t.admin.get(part)["status"] == "SUCCESS", "each partition is compacted")
    reader = compacted_reader(t, topic=topic)
    t.observe(compacted=sorted(pairs_of(read_all(reader))))


@scenario
def without_its_subscription_nothing_is_compacted(t):
    publish(t, [("a", "1"), ("a", "2")], batching_enabled=False)
    compact(t)
    t.admin.delete(path_of(t.topic()) + "/subscription/__compaction")
    internal = t.admin.get(path_of(t.topic()) + "/internalStats")
    t.observe(ledger=internal["compactedLedger"]["ledgerId"], read=read_compacted(t))
    compact(t)
    t.observe(again=read_compacted(t))


@scenario
def a_threshold_keeps_what_is_not_compacted(t):
    namespace = t.namespace()
    path = f"/namespaces/{namespace}/compactionThreshold"
    t.observe(unset=t.admin.request("GET", path)[0])
    t.admin.put(path, 100_000)
    topic = t.topic(namespace=namespace)
    publish(t, [("a", "1")], topic)
    eventually(lambda: "__compaction" in t.admin.stats(topic)["subscriptions"], "it is kept")
    own = path_of(topic) + "/compactionThreshold"
    t.admin.post(own, 5)
    eventually(lambda: t.admin.get(own) == 5, "the topic has its own")
    t.observe(
        namespace=t.admin.get(path),
        negative=t.admin.request("PUT", path, -1),
        backlog=t.admin.backlog(topic, "__compaction"),
    )


@scenario(alone=True, needs_switch=True, deadline_s=120)
def a_kill_while_compacting_leaves_what_was_compacted(t):
    publish(t, [("a", "1"), ("b", "1"), ("a", "2")], batching_enabled=False)
    compact(t)
    publish(t, [(f"k{i % 500}", "x" * 200) for i in range(5_000)])
    t.admin.put(path_of(t.topic()) + "/compaction")
    t.broker.kill()
    t.broker.start()
    pairs = [pair for pair in read_compacted(t) if not pair.startswith("k")]
    same(pairs, ["b=1", "a=2"])
    compact(t)
    same(len(set(read_compacted(t)) - {"="}), 502)

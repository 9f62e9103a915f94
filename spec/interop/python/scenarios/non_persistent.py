"""Non-persistent topics: messages go to who can take them now, and nothing is kept of them."""

import pulsar
from stage import (
    Exclusive,
    Failover,
    KeyShared,
    Shared,
    data_of,
    eventually,
    nothing_comes,
    numbered,
    path_of,
    receive,
    same,
    scenario,
    send_all,
)


def volatile(t, suffix=""):
    return t.topic(suffix).replace("persistent://", "non-persistent://")


@scenario
def every_type_of_subscription_gets_all(t):
    topic = volatile(t)
    kinds = {"e": Exclusive, "f": Failover, "s": Shared, "k": KeyShared}
    consumers = {name: t.consumer(topic, name, kind) for name, kind in kinds.items()}
    producer = t.producer(topic, batching_enabled=False)
    ids = send_all(producer, numbered(20), partition_key="key")
    t.observe(ids=sorted({(i.ledger_id(), i.entry_id()) for i in ids}))
    for name, consumer in consumers.items():
        messages = receive(consumer, 20, acknowledge=True)
        same(data_of(messages), numbered(20), name)
        t.observe(**{f"counts of {name}": sorted({m.redelivery_count() for m in messages})})
    stats = t.admin.stats(topic)
    t.observe(
        durable={name: one["isDurable"] for name, one in stats["subscriptions"].items()},
        backlogs={name: one["msgBacklog"] for name, one in stats["subscriptions"].items()},
        unacked={name: one["unackedMessages"] for name, one in stats["subscriptions"].items()},
        counted=stats["msgInCounter"],
    )


@scenario
def nothing_is_kept(t):
    topic = volatile(t)
    producer = t.producer(topic)
    producer.send(b"nobody is there")
    consumer = t.consumer(topic)
    nothing_comes(consumer)
    producer.send(b"somebody is")
    message = receive(consumer, 1)[0]
    consumer.negative_acknowledge(message)
    nothing_comes(consumer, quiet_ms=800)
    consumer.close()
    t.observe(subscriptions=t.admin.get(path_of(topic) + "/subscriptions"))
    producer.send(b"nobody is there again")
    same(t.admin.stats(topic)["msgInCounter"], 3)


@scenario
def batches_and_compression(t):
    topic = volatile(t)
    consumer = t.consumer(topic)
    producer = t.producer(
        topic,
        batching_enabled=True,
        batching_max_messages=10,
        compression_type=pulsar.CompressionType.LZ4,
    )
    send_all(producer, numbered(100))
    same(data_of(receive(consumer, 100)), numbered(100))


@scenario
def partitions(t):
    topic = volatile(t)
    t.admin.create_partitioned(topic, 3)
    consumer = t.consumer(topic, kind=Shared)
    producer = t.producer(topic)
    send_all(producer, numbered(60))
    same(sorted(data_of(receive(consumer, 60))), sorted(numbered(60)))
    names = t.admin.get("/non-persistent/public/default")
    t.observe(
        partitions=t.client.get_topic_partitions(topic) == [f"{topic}-partition-{i}" for i in range(3)],
        listed=sum(name.startswith(topic) for name in names),
    )


@scenario
def access_modes(t):
    topic = volatile(t)
    exclusive = t.producer(topic, access_mode=pulsar.ProducerAccessMode.Exclusive)
    t.observe(shared=t.error_of(lambda: t.producer(topic)))
    exclusive.close()
    t.producer(topic).send(b"x")


@scenario
def deletion_closes_its_clients(t):
    topic = volatile(t)
    consumer = t.consumer(topic)
    path = path_of(topic)
    t.observe(used=t.admin.request("DELETE", path))
    t.admin.delete(path + "?force=true")
    eventually(lambda: t.admin.request("GET", path + "/stats")[0] == 200, "the consumer is back")
    t.producer(topic).send(b"again")
    same(data_of(receive(consumer, 1)), [b"again"])

"""Rate limits: publishers are slowed down, dispatch is, and those who subscribe too often refused."""

import concurrent.futures
import time

from stage import (
    Shared,
    data_of,
    eventually,
    numbered,
    path_of,
    receive,
    same,
    scenario,
    send_all,
)

HEARD_S = 0.3
"""How long a topic of Pulsar takes to hear of a rate at the most; it does not say when it has."""


def limit(t, topic, what, **rate):
    """Sets a rate for a topic, and waits until it is there and has had time to count."""
    path = f"{path_of(topic)}/{what}"
    t.admin.post(path, rate)
    eventually(lambda: t.admin.request("GET", path)[1], f"{what} is set")
    time.sleep(HEARD_S)


def seconds(action):
    start = time.monotonic()
    action()
    return time.monotonic() - start


@scenario
def publishing_is_slowed_down(t):
    limited, free = t.topic("limited"), t.topic("free")
    t.producer(limited).close()
    limit(t, limited, "publishRate", publishThrottlingRateInMsg=50)
    producer = t.producer(limited, batching_enabled=False)
    took = seconds(lambda: send_all(producer, numbered(125)))
    assert 1.2 < took < 3, f"125 messages at 50 a second took {took:.2f} s"
    other = t.new_client().create_producer(free, batching_enabled=False)
    assert seconds(lambda: send_all(other, numbered(125))) < 1
    t.observe(limited=t.admin.stats(limited)["publishRateLimitedTimes"] > 0)


@scenario
def publishing_is_slowed_down_by_bytes(t):
    topic = t.topic()
    t.producer(topic).close()
    limit(t, topic, "publishRate", publishThrottlingRateInByte=100_000)
    producer = t.producer(topic, batching_enabled=False)
    took = seconds(lambda: send_all(producer, [b"x" * 10_000] * 25))
    assert 1.2 < took < 3, f"250 KB at 100 KB a second took {took:.2f} s"


@scenario
def dispatch_to_a_subscription_is_slowed_down(t):
    topic = t.topic()
    send_all(t.producer(topic, batching_enabled=False), numbered(50))
    limit(t, topic, "subscriptionDispatchRate", dispatchThrottlingRateInMsg=20, ratePeriodInSecond=1)
    consumer = t.consumer(topic, kind=Shared)
    messages = []
    took = seconds(lambda: messages.extend(receive(consumer, 50, acknowledge=True)))
    assert 1.7 < took < 4, f"50 messages at 20 a second took {took:.2f} s"
    same(data_of(messages), numbered(50))
    stats = t.admin.subscription_stats(topic)
    t.observe(
        by_subscription=stats["dispatchThrottledMsgEventsBySubscriptionLimit"] > 0,
        by_topic=stats["dispatchThrottledMsgEventsByTopicLimit"] > 0,
    )


@scenario
def a_dispatch_rate_relative_to_what_is_published(t):
    topic = t.topic()
    send_all(t.producer(topic, batching_enabled=False), numbered(30))
    rate = dict(dispatchThrottlingRateInMsg=20, ratePeriodInSecond=1, relativeToPublishRate=True)
    limit(t, topic, "subscriptionDispatchRate", **rate)
    t.observe(rate=t.admin.get(path_of(topic) + "/subscriptionDispatchRate"))
    consumer = t.consumer(topic, kind=Shared)
    # What is published is reckoned once a minute.
    took = seconds(lambda: receive(consumer, 30, acknowledge=True))
    assert 0.4 < took < 3, f"30 messages at 20 a second took {took:.2f} s"


@scenario
def dispatch_from_a_topic_is_slowed_down(t):
    topic = t.topic()
    send_all(t.producer(topic, batching_enabled=False), numbered(50))
    limit(t, topic, "dispatchRate", dispatchThrottlingRateInMsg=20, ratePeriodInSecond=1)
    consumer = t.consumer(topic)
    took = seconds(lambda: receive(consumer, 50))
    assert 1.7 < took < 4, f"50 messages at 20 a second took {took:.2f} s"
    stats = t.admin.subscription_stats(topic)
    t.observe(by_topic=stats["dispatchThrottledMsgEventsByTopicLimit"] > 0)


@scenario
def a_limit_that_is_taken_back_counts_no_more(t):
    topic = t.topic()
    t.producer(topic).close()
    limit(t, topic, "publishRate", publishThrottlingRateInMsg=1)
    producer = t.producer(topic, batching_enabled=False)
    producer.send(b"the only one of this second")
    t.admin.delete(path_of(topic) + "/publishRate")
    assert seconds(lambda: send_all(producer, numbered(50))) < 5


def in_group(t, **rates):
    """Topics of two namespaces that share the rates of a resource group of this scenario's own."""
    base = t.namespace()
    group = base.rpartition("/")[2]
    t.admin.put(f"/resourcegroups/{group}", rates)
    others = f"{base}-other"
    t.admin.request("PUT", f"/namespaces/{others}", {})
    for namespace in (base, others):
        t.admin.post(f"/namespaces/{namespace}/resourcegroup/{group}")
    time.sleep(HEARD_S)
    return group, (base, others), [t.topic(namespace=name) for name in (base, others)]


def leave(t, namespaces):
    for namespace in namespaces:
        t.admin.delete(f"/namespaces/{namespace}/resourcegroup")


@scenario
def publishing_is_slowed_down_by_a_resource_group(t):
    group, namespaces, topics = in_group(t, publishRateInMsgs=50)
    producers = [
        t.new_client().create_producer(topic, batching_enabled=False) for topic in topics
    ]
    with concurrent.futures.ThreadPoolExecutor() as pool:
        took = seconds(
            lambda: list(pool.map(lambda one: send_all(one, numbered(65)), producers))
        )
    assert 1.2 < took < 10, f"130 messages at 50 a second took {took:.2f} s"
    leave(t, namespaces)
    time.sleep(HEARD_S)
    assert seconds(lambda: send_all(producers[0], numbered(200))) < 3
    t.observe(deleted=t.admin.request("DELETE", f"/resourcegroups/{group}")[0])


@scenario
def dispatch_is_slowed_down_by_a_resource_group(t):
    group, namespaces, topics = in_group(t, dispatchRateInMsgs=20)
    for topic in topics:
        send_all(t.producer(topic, batching_enabled=False), numbered(30))
    consumers = [t.consumer(topic, kind=Shared) for topic in topics]
    took = seconds(lambda: [receive(one, 30, acknowledge=True) for one in consumers])
    assert took < 10, f"60 messages at 20 a second took {took:.2f} s"
    t.observe(
        held_back=took > 1,
        rates=t.admin.get(f"/resourcegroups/{group}"),
        in_use=t.admin.request("DELETE", f"/resourcegroups/{group}"),
        group_of=[
            t.admin.request("GET", f"/namespaces/{one}/resourcegroup")[1] == group
            for one in namespaces
        ],
    )
    leave(t, namespaces)

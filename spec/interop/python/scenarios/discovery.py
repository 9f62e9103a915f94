"""Which topics a pattern finds. (How it follows them: the Go and Java suites; this client's period
cannot be set.)"""

import re

import pulsar
from stage import (
    Earliest,
    Shared,
    drain,
    eventually,
    path_of,
    receive,
    scenario,
    text_of,
)

AllTopics = pulsar.RegexSubscriptionMode.AllTopics


def follow(t, namespace, pattern, **options):
    return t.client.subscribe(
        re.compile(f"persistent://{namespace}/{pattern}"),
        "sub",
        Shared,
        initial_position=Earliest,
        **options,
    )


def send(t, topic, text):
    producer = t.client.create_producer(topic)
    producer.send(text.encode())
    producer.close()


def subscribed(t, topic):
    status, stats = t.admin.request("GET", path_of(topic) + "/stats")
    return status == 200 and bool(stats["subscriptions"].get("sub", {}).get("consumers"))


@scenario
def system_topics_are_not_among_them(t):
    namespace = t.namespace()
    for name in ("__change_events", "__mine", "mine"):
        send(t, f"persistent://{namespace}/{name}", name)
    consumer = follow(t, namespace, ".*")
    t.observe(found=sorted(text_of(drain(consumer, acknowledge=True))))


@scenario
def a_pattern_of_all_domains_finds_what_passes_by(t):
    namespace = t.namespace()
    passing = f"non-persistent://{namespace}/a-passing"
    producer = t.client.create_producer(passing)
    send(t, f"persistent://{namespace}/a-stored", "stored")
    consumer = follow(t, namespace, "a-.*", regex_subscription_mode=AllTopics)
    eventually(lambda: subscribed(t, passing), "it is found")
    producer.send(b"passing")
    t.observe(found=sorted(text_of(receive(consumer, 2))))

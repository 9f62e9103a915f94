"""Backlog quotas, time to live, retention, and what happens to topics that nobody uses."""

import time

import pulsar
from stage import (
    data_of,
    eventually,
    numbered,
    path_of,
    receive,
    scenario,
    send_all,
)

KIB = b"x" * 1_000


def quota(t, policy, kind="destination_storage", size=-1, seconds=-1, topic=None):
    body = {"limitSize": size, "limitTime": seconds, "policy": policy}
    path = f"{path_of(topic or t.topic())}/backlogQuota?backlogQuotaType={kind}"
    t.admin.post(path, body)
    counts = lambda: t.admin.stats(topic or t.topic())  # noqa: E731
    name = "backlogQuotaLimitSize" if size >= 0 else "backlogQuotaLimitTime"
    eventually(lambda: counts()[name] == max(size, seconds), "the quota counts")


def own_namespace(t, name):
    """Of this run and scenario alone, removed by nobody."""
    namespace = f"public/{t.topic(name).rpartition('/')[2]}"
    t.admin.put(f"/namespaces/{namespace}", {})
    return namespace


def topic_exists(t, topic):
    return t.admin.request("GET", path_of(topic) + "/stats")[0] == 200


@scenario(deadline_s=90)
def a_quota_holds_producers_until_there_is_room(t):
    consumer = t.consumer()
    producer = t.producer(send_timeout_millis=60_000)
    quota(t, "producer_request_hold", size=3_000)
    ids = send_all(producer, [KIB] * 4)
    refused = t.error_of(lambda: t.producer())
    eventually(lambda: not t.admin.stats(t.topic())["publishers"], "the producer is let go")
    sent = []
    producer.send_async(b"later", lambda result, _: sent.append(result.name))
    held = not sent
    for message in receive(consumer, len(ids)):
        consumer.acknowledge(message)
    eventually(lambda: sent, "the message that was held is stored", patience_s=60)
    t.observe(refused=refused, held=held, sent=sent, then=data_of(receive(consumer, 1))[0].decode())


@scenario
def a_quota_fails_what_producers_send(t):
    t.consumer()
    producer = t.producer(send_timeout_millis=20_000)
    quota(t, "producer_exception", size=3_000)
    send_all(producer, [KIB] * 4)
    refused = t.error_of(lambda: t.producer())
    eventually(lambda: not t.admin.stats(t.topic())["publishers"], "the producer is let go")
    t.observe(refused=refused, sent=t.error_of(lambda: producer.send(b"later")))


@scenario
def a_quota_takes_the_oldest_messages_of_a_slow_subscription(t):
    t.consumer().close()
    quick = t.consumer(subscription="quick")
    producer = t.producer()
    quota(t, "consumer_backlog_eviction", size=10_000)
    send_all(producer, [b"%03d" % i + KIB for i in range(30)])
    quick.acknowledge_cumulative(receive(quick, 29)[-1])
    eventually(lambda: t.admin.stats(t.topic())["backlogSize"] < 10_000, "the backlog shrinks")
    stats = t.admin.stats(t.topic())
    slow = t.consumer()
    left = data_of(receive(slow, t.admin.backlog(t.topic())))
    t.observe(
        publishers=len(stats["publishers"]),
        quick_backlog=t.admin.backlog(t.topic(), "quick"),
        left_about_nine_tenths=8 <= len(left) <= 9,
        last=left[-1][:3].decode(),
        consecutive=[one[:3] for one in left] == [b"%03d" % i for i in range(30 - len(left), 30)],
    )


@scenario
def a_quota_by_size_does_not_count_what_is_acknowledged(t):
    consumer = t.consumer()
    producer = t.producer()
    quota(t, "producer_exception", size=3_000)
    for _ in range(6):
        producer.send(KIB)
        consumer.acknowledge(receive(consumer, 1)[0])
        eventually(lambda: t.admin.backlog(t.topic()) == 0, "it is acknowledged")
    t.producer()
    t.observe(quota=t.admin.get(path_of(t.topic()) + "/backlogQuotaMap"))


@scenario
def a_quota_by_age_does_not_mind_the_open_ledger(t):
    t.consumer()
    producer = t.producer()
    producer.send(b"old")
    quota(t, "producer_exception", kind="message_age", seconds=1)
    time.sleep(2.5)
    t.observe(
        publishers=len(t.admin.stats(t.topic())["publishers"]),
        age=t.admin.stats(t.topic())["oldestBacklogMessageAgeSeconds"],
    )
    t.producer()


@scenario
def a_quota_by_age_goes_by_the_time_of_closed_ledgers(t):
    consumer = t.consumer()
    producer = t.producer()
    producer.send(b"old")
    t.admin.put(path_of(t.topic()) + "/unload")
    producer.send(b"young")
    quota(t, "producer_exception", kind="message_age", seconds=1)
    eventually(lambda: not t.admin.stats(t.topic())["publishers"], "the producer is let go")
    refused = t.error_of(lambda: t.producer())
    consumer.acknowledge(receive(consumer, 1)[0])
    eventually(lambda: t.admin.stats(t.topic())["publishers"], "the producer is back", 30)
    t.observe(refused=refused)


@scenario(deadline_s=120)
def messages_expire_after_their_time_to_live(t):
    namespace = own_namespace(t, "")
    topic = t.topic(namespace=namespace)
    t.consumer(topic, "away").close()
    consumer = t.consumer(topic)
    producer = t.producer(topic)
    send_all(producer, numbered(3))
    consumer.acknowledge(receive(consumer, 3)[0])
    t.admin.post(f"/namespaces/{namespace}/messageTTL", 1)
    subs = lambda: t.admin.stats(topic)["subscriptions"]  # noqa: E731
    eventually(lambda: subs()["away"]["msgBacklog"] == 0, "the messages expire", 90)
    eventually(lambda: subs()["sub"]["msgBacklog"] == 0, "the messages expire")
    counts = lambda: {name: one["totalMsgExpired"] for name, one in subs().items()}  # noqa: E731
    eventually(lambda: sum(counts().values()) == 5, "what has expired is counted", 90)
    times = {name: one["lastExpireTimestamp"] > 0 for name, one in subs().items()}
    consumer.redeliver_unacknowledged_messages()
    send_all(producer, [b"young"])
    consumer.close()
    t.observe(expired=counts(), told=times, then=data_of(receive(t.consumer(topic), 1))[0].decode())


@scenario
def a_topic_without_subscriptions_goes_when_nobody_uses_it(t):
    namespace = own_namespace(t, "")
    unused, used = t.topic("unused", namespace), t.topic("used", namespace)
    read = t.topic("read", namespace)
    policy = {
        "inactiveTopicDeleteMode": "delete_when_no_subscriptions",
        "maxInactiveDurationSeconds": 1,
        "deleteWhileInactive": True,
    }
    t.admin.post(f"/namespaces/{namespace}/inactiveTopicPolicies", policy)
    producer = t.producer(used)
    t.consumer(read).close()
    t.producer(unused).close()
    eventually(lambda: not topic_exists(t, unused), "the unused topic goes")
    t.observe(used=topic_exists(t, used), read=topic_exists(t, read))
    producer.close()
    eventually(lambda: not topic_exists(t, used), "the other goes, too")


@scenario
def a_topic_goes_when_its_subscriptions_have_read_everything(t):
    namespace = own_namespace(t, "")
    done, behind = t.topic("done", namespace), t.topic("behind", namespace)
    policy = {
        "inactiveTopicDeleteMode": "delete_when_subscriptions_caught_up",
        "maxInactiveDurationSeconds": 1,
        "deleteWhileInactive": True,
    }
    t.admin.post(f"/namespaces/{namespace}/inactiveTopicPolicies", policy)
    for topic in (done, behind):
        consumer = t.consumer(topic)
        producer = t.producer(topic)
        producer.send(b"message")
        message = receive(consumer, 1)[0]
        if topic == done:
            consumer.acknowledge(message)
            eventually(lambda: t.admin.backlog(done) == 0, "it is acknowledged")
        producer.close()
        consumer.close()
    eventually(lambda: not topic_exists(t, done), "the topic goes")
    t.observe(behind=topic_exists(t, behind))


@scenario
def retention_keeps_a_topic_that_nobody_uses(t):
    topics = {}
    for name in ("kept", "empty", "gone"):
        namespace = own_namespace(t, name)
        topics[name] = t.topic(namespace=namespace)
        if name != "gone":
            retention = {"retentionTimeInMinutes": 10, "retentionSizeInMB": -1}
            t.admin.post(f"/namespaces/{namespace}/retention", retention)
        producer = t.producer(topics[name])
        if name != "empty":
            producer.send(b"message")
        producer.close()
        policy = {
            "inactiveTopicDeleteMode": "delete_when_no_subscriptions",
            "maxInactiveDurationSeconds": 1,
            "deleteWhileInactive": True,
        }
        t.admin.post(f"/namespaces/{namespace}/inactiveTopicPolicies", policy)
    eventually(lambda: not topic_exists(t, topics["gone"]), "the topic without retention goes")
    time.sleep(1.5)
    t.observe(**{name: topic_exists(t, topic) for name, topic in topics.items()})


@scenario
def a_reader_keeps_a_topic_from_going(t):
    namespace = own_namespace(t, "")
    topic = t.topic(namespace=namespace)
    reader = t.client.create_reader(topic, pulsar.MessageId.earliest)
    policy = {
        "inactiveTopicDeleteMode": "delete_when_no_subscriptions",
        "maxInactiveDurationSeconds": 1,
        "deleteWhileInactive": True,
    }
    t.admin.post(f"/namespaces/{namespace}/inactiveTopicPolicies", policy)
    time.sleep(2.5)
    t.observe(read=topic_exists(t, topic))
    reader.close()
    eventually(lambda: not topic_exists(t, topic), "the topic goes")

"""What administrators do to topics and subscriptions that hold messages and have clients."""

import pulsar
from stage import (
    Failover,
    KeyShared,
    Shared,
    drain,
    eventually,
    numbered,
    path_of,
    receive,
    same,
    scenario,
    send_all,
    send_batch,
    text_of,
)

MAX = 2**63 - 1


def subscription(t, name="sub", topic=None):
    return f"{path_of(topic or t.topic())}/subscription/{name}"


@scenario
def a_subscription_is_made_at_a_position(t):
    ledger = send_all(t.producer(), numbered(5))[0].ledger_id()
    places = {
        "nowhere": None,
        "empty": {},
        "earliest": {"ledgerId": -1, "entryId": -1},
        "latest": {"ledgerId": MAX, "entryId": MAX},
        "third": {"ledgerId": ledger, "entryId": 2},
        "third excluded": {"ledgerId": ledger, "entryId": 2, "excluded": True},
        "third batch index": {"ledgerId": ledger, "entryId": 2, "batchIndex": 1},
        "last excluded": {"ledgerId": ledger, "entryId": 4, "excluded": True},
        "before the first": {"ledgerId": ledger, "entryId": -1},
        "past the last": {"ledgerId": ledger, "entryId": 99},
        "a later ledger": {"ledgerId": ledger + 100_000, "entryId": 0},
        "an earlier ledger": {"ledgerId": 0, "entryId": 0},
    }
    for name, body in places.items():
        t.admin.put(subscription(t, name.replace(" ", "-")), body)
        t.observe(**{name: t.admin.backlog(t.topic(), name.replace(" ", "-"))})


@scenario
def a_cursor_is_reset_into_a_batch(t):
    consumer = t.consumer()
    ledger = send_batch(t, numbered(5))[0].ledger_id()
    send_batch(t, numbered(5, 5))
    receive(consumer, 10)
    for place in [
        {"entryId": 0, "batchIndex": 2},
        {"entryId": 0, "batchIndex": 2, "excluded": True},
        {"entryId": 0, "batchIndex": 4, "excluded": True},
        {"entryId": 0, "batchIndex": 99},
        {"entryId": 0, "excluded": True},
        {"entryId": 1, "batchIndex": 0},
    ]:
        consumer.close()
        t.admin.post(subscription(t) + "/resetcursor", {"ledgerId": ledger, **place})
        consumer = t.consumer()
        first = receive(consumer, 1)[0].data().decode()
        t.observe(**{str(place): first})


@scenario
def a_cursor_is_reset_under_its_consumers(t):
    ids = send_all(t.producer(), numbered(6))
    text_of_all = [payload.decode() for payload in numbered(6)]
    place = {"ledgerId": ids[3].ledger_id(), "entryId": ids[3].entry_id()}
    for kind in (pulsar.ConsumerType.Exclusive, Shared, Failover, KeyShared):
        consumer = t.consumer(subscription=kind.name, kind=kind)
        receive(consumer, 6)
        path = subscription(t, kind.name)
        t.admin.post(path + "/resetcursor", place)
        again = text_of(receive(consumer, 3))
        t.admin.post(path + "/skip/1")
        skipped = t.admin.backlog(t.topic(), kind.name)
        t.admin.post(path + "/skip_all")
        t.observe(**{kind.name: [again, skipped, t.admin.backlog(t.topic(), kind.name)]})
        # A failover consumer waits a second each time that it becomes the active one.
        if kind != Failover:
            t.admin.post(path + "/resetcursor/0")
            same(text_of(receive(consumer, 6)), text_of_all, "everything again")
        consumer.close()


@scenario
def a_subscription_is_marked_as_replicated(t):
    t.consumer().close()
    before = t.admin.subscription_stats(t.topic())["isReplicated"]
    t.consumer(replicate_subscription_state_enabled=True).close()
    by_a_consumer = t.admin.subscription_stats(t.topic())["isReplicated"]
    t.consumer().close()
    kept = t.admin.subscription_stats(t.topic())["isReplicated"]
    path = subscription(t) + "/replicatedSubscriptionStatus"
    t.admin.post(path, False)
    status = list(t.admin.get(path).values())
    t.admin.put(path_of(t.topic()) + "/unload")
    t.observe(
        marks=[before, by_a_consumer, kept, t.admin.subscription_stats(t.topic())["isReplicated"]],
        status=status,
        of_none=t.admin.request("POST", path.replace("/sub/", "/none/"), True)[0],
        without_a_body=t.admin.request("POST", path)[0],
    )
    t.admin.create_partitioned(t.topic("p"), 2)
    t.admin.put(subscription(t, "s", t.topic("p")) + "?replicated=true")
    path = subscription(t, "s", t.topic("p")) + "/replicatedSubscriptionStatus"
    both = sorted(t.admin.get(path).values())
    t.admin.post(path, False)
    t.observe(
        of_partitions=[both, sorted(t.admin.get(path).values())],
        of_no_partition=t.admin.request("POST", path.replace("/s/", "/none/"), True)[1]["reason"],
    )


@scenario
def the_last_message_id_of_a_batch(t):
    send_batch(t, numbered(3))
    batch = t.admin.get(path_of(t.topic()) + "/lastMessageId")
    t.producer().send(b"single")
    single = t.admin.get(path_of(t.topic()) + "/lastMessageId")
    for each in (batch, single):
        del each["ledgerId"]
    t.observe(batch=batch, single=single)


@scenario
def backlogs_say_since_when_they_wait(t):
    t.admin.create_partitioned(t.topic(), 2)
    t.consumer().close()
    sent = t.producer()
    for payload in numbered(4):
        sent.send(payload)
    query = "?getEarliestTimeInBacklog=true&getPreciseBacklog=true"

    def times(topic, kind):
        stats = t.admin.get(f"{path_of(topic)}/{kind}{query}")
        all_of = stats["earliestMsgPublishTimeInBacklogs"]
        of_one = stats["subscriptions"]["sub"]["earliestMsgPublishTimeInBacklog"]
        return [all_of > 0, of_one if of_one <= 0 else "a time", all_of == of_one]

    first = t.topic() + "-partition-0"
    waiting = [times(t.topic(), "partitioned-stats"), times(first, "stats")]
    t.admin.post(subscription(t) + "/skip_all")
    t.observe(waiting=waiting, read=times(first, "stats"))


@scenario
def topics_are_made_as_the_namespace_says(t):
    namespace = t.namespace()
    policy = f"/namespaces/{namespace}/autoTopicCreation"
    named = {}

    def partitions(name):
        status, answer = t.admin.request("GET", f"/persistent/{namespace}/{name}/partitions")
        return answer["partitions"] if status == 200 else status

    def make(name):
        return t.client.create_producer(f"persistent://{namespace}/{name}")

    shape = {"allowAutoTopicCreation": True, "topicType": "partitioned", "defaultNumPartitions": 2}
    t.admin.post(policy, shape)
    eventually(lambda: t.admin.get(policy) == shape, "the policy is there")
    for name in ["made", "made-DLQ", "made-RETRY", "__change_events", "__mine"]:
        make(name)
        named[name] = partitions(name)
    t.admin.put(f"/persistent/{namespace}/by-rest/subscription/s")
    named["by-rest"] = partitions("by-rest")
    t.client.subscribe(f"persistent://{namespace}/consumed", "s")
    named["consumed"] = partitions("consumed")
    refused = {
        name: t.error_of(lambda name=name: make(name))
        for name in ["made-partition-5", "other-partition-0"]
    }
    t.admin.post(policy, {"allowAutoTopicCreation": False})
    refused["not allowed"] = t.error_of(lambda: make("never"))
    by_rest = t.admin.request("PUT", f"/persistent/{namespace}/never/subscription/s")
    t.observe(partitions=named, refused=refused, refused_by_rest=by_rest)
    listed = t.admin.get(f"/persistent/{namespace}")
    all_of = t.admin.get(f"/persistent/{namespace}?includeSystemTopic=true")
    local = [name.rpartition("/")[2] for name in listed]
    t.observe(
        listed=sorted(local),
        hidden=sorted(name.rpartition("/")[2] for name in set(all_of) - set(listed)),
    )


@scenario
def names_that_look_like_partitions(t):
    namespace = t.namespace()
    made = {}
    t.admin.put(f"/persistent/{namespace}/p/partitions", 2)
    for name in ["p-partition-1", "p-partition-2", "p-partition-01", "q-partition-0"]:
        made[name] = t.admin.request("PUT", f"/persistent/{namespace}/{name}")[0]
    for name in ["q-partition-01", "q-partition--1", "q-partition-x", "q-partition-"]:
        made[name] = t.admin.request("PUT", f"/persistent/{namespace}/{name}")[0]
    path = f"/persistent/{namespace}/z-partition-x"
    made["as partitioned"] = t.admin.request("PUT", path + "/partitions", 2)[0]
    path = f"/persistent/{namespace}/p-partition-0/createMissedPartitions"
    missed = t.admin.request("POST", path)
    t.observe(made=made, missed=missed)


@scenario
def partitions_that_are_missed_are_made(t):
    t.admin.create_partitioned(t.topic(), 3)
    t.admin.delete(path_of(t.topic()) + "-partition-1")
    stats = path_of(t.topic()) + "/partitioned-stats"
    missing = len(t.admin.get(stats)["partitions"])
    t.admin.post(path_of(t.topic()) + "/createMissedPartitions")
    t.observe(missing=missing, made=len(t.admin.get(stats)["partitions"]))
    producer, consumer = t.producer(), t.consumer()
    for payload in numbered(6):
        producer.send(payload)
    same(sorted(text_of(receive(consumer, 6))), [p.decode() for p in numbered(6)])
    t.observe(more=drain(consumer))

"""What REST says about topics that clients use, and what it does to them."""

from stage import (
    Latest,
    Shared,
    data_of,
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


@scenario
def a_backlog_is_counted(t):
    consumer = t.consumer()
    producer = t.producer()
    send_all(producer, numbered(10))
    send_batch(t, numbered(5))
    subscription = t.admin.subscription_stats(t.topic())
    t.observe(
        backlog_of_ten_and_a_batch_of_five=subscription["msgBacklog"],
        messages_in=t.admin.stats(t.topic())["msgInCounter"],
        keys=sorted(t.admin.stats(t.topic())),
    )
    receive(consumer, 15, acknowledge=True)
    eventually(lambda: t.admin.backlog(t.topic()) == 0, "the backlog is empty")


@scenario
def a_subscription_made_by_rest_gets_messages(t):
    t.producer().send(b"before")
    base = path_of(t.topic()) + "/subscription"
    t.admin.put(f"{base}/latest")
    t.admin.put(f"{base}/earliest", {"ledgerId": -1, "entryId": -1, "partitionIndex": -1})
    t.observe(again=t.admin.request("PUT", f"{base}/latest"))
    t.producer().send(b"after")
    t.observe(
        latest=text_of(drain(t.consumer(subscription="latest"))),
        earliest=text_of(drain(t.consumer(subscription="earliest"))),
    )


@scenario
def messages_are_skipped(t):
    t.consumer().close()
    send_all(t.producer(), numbered(10))
    base = path_of(t.topic()) + "/subscription/sub"
    t.admin.post(f"{base}/skip/4")
    t.observe(after_skipping_four=text_of(drain(t.consumer()))[:2])


@scenario
def a_backlog_is_cleared(t):
    t.consumer().close()
    send_all(t.producer(), numbered(10))
    t.admin.post(path_of(t.topic()) + "/subscription/sub/skip_all")
    same(t.admin.backlog(t.topic()), 0)
    t.producer().send(b"new")
    same(data_of(drain(t.consumer())), [b"new"])


@scenario
def a_cursor_is_reset(t):
    consumer = t.consumer()
    ids = send_all(t.producer(), numbered(10))
    receive(consumer, 10, acknowledge=True)
    eventually(lambda: t.admin.backlog(t.topic()) == 0, "all acknowledged")
    base = path_of(t.topic()) + "/subscription/sub/resetcursor"
    position = {"ledgerId": ids[6].ledger_id(), "entryId": ids[6].entry_id(), "partitionIndex": -1}
    t.admin.post(base, position)
    t.observe(to_a_message=text_of(drain(consumer)))
    t.admin.post(f"{base}/1")
    t.observe(to_an_old_time=len(drain(consumer)))


@scenario
def a_subscription_in_use_is_not_deleted(t):
    consumer = t.consumer()
    path = path_of(t.topic()) + "/subscription/sub"
    status, body = t.admin.request("DELETE", path)
    t.observe(status=status, reason=body["reason"])
    consumer.close()
    t.admin.delete(path)
    same(t.admin.get(path_of(t.topic()) + "/subscriptions"), [])


@scenario
def a_subscription_deleted_by_force_disconnects(t):
    consumer = t.consumer(initial_position=Latest)
    t.producer().send(b"one")
    receive(consumer, 1)
    t.admin.delete(path_of(t.topic()) + "/subscription/sub?force=true")
    eventually(
        lambda: "sub" in t.admin.stats(t.topic())["subscriptions"] and consumer.is_connected(),
        "the consumer subscribes anew",
    )
    t.producer().send(b"two")
    t.observe(delivered=text_of(drain(consumer)))


@scenario
def the_last_message_id_shows(t):
    consumer = t.consumer()
    sent = send_all(t.producer(), numbered(3))[-1]
    last = t.admin.get(path_of(t.topic()) + "/lastMessageId")
    same((last["ledgerId"], last["entryId"]), (sent.ledger_id(), sent.entry_id()))
    t.observe(keys=sorted(last), partition=last["partitionIndex"])
    consumer.close()


@scenario
def missing_things_are_404(t):
    base = path_of(t.topic())
    namespace = "/persistent/public/no-such-namespace"
    asked = {
        "stats": ("GET", f"{base}/stats"),
        "internal stats": ("GET", f"{base}/internalStats"),
        "subscriptions": ("GET", f"{base}/subscriptions"),
        "delete": ("DELETE", base),
        "unload": ("PUT", f"{base}/unload"),
        "partitioned stats": ("GET", f"{base}/partitioned-stats"),
        "partitions": ("GET", f"{base}/partitions"),
        "delete partitioned": ("DELETE", f"{base}/partitions"),
        "terminate": ("POST", f"{base}/terminate"),
        "last message": ("GET", f"{base}/lastMessageId"),
        "skip": ("POST", f"{base}/subscription/sub/skip_all"),
        "topics of a namespace": ("GET", namespace),
        "topic of a namespace": ("PUT", f"{namespace}/t"),
    }
    for what, (method, path) in asked.items():
        status, body = t.admin.request(method, path)
        reason = body.get("reason") if isinstance(body, dict) else body
        t.observe(**{what: [status, t.plain(str(reason))]})


@scenario
def topics_are_made_and_refused(t):
    base = path_of(t.topic())
    steps = {
        "create": ("PUT", base, None),
        "create again": ("PUT", base, None),
        "create partitioned beside": ("PUT", f"{base}/partitions", 3),
        "delete": ("DELETE", base, None),
        "create partitioned": ("PUT", f"{base}/partitions", 3),
        "create partitioned again": ("PUT", f"{base}/partitions", 3),
        "create plain beside": ("PUT", base, None),
        "shrink": ("POST", f"{base}/partitions", 2),
        "delete as plain": ("DELETE", base, None),
        "delete partitioned": ("DELETE", f"{base}/partitions", None),
        "no partitions": ("PUT", f"{base}/partitions", 0),
    }
    for what, (method, path, body) in steps.items():
        status, answer = t.admin.request(method, path, body)
        reason = answer.get("reason") if isinstance(answer, dict) else answer
        t.observe(**{what: [status, t.plain(str(reason))]})


@scenario
def namespaces_are_made_and_refused(t):
    name = t.topic().rpartition("/")[2]
    steps = {
        "create": ("PUT", f"/namespaces/public/{name}"),
        "create again": ("PUT", f"/namespaces/public/{name}"),
        "topics": ("GET", f"/namespaces/public/{name}/topics"),
        "delete": ("DELETE", f"/namespaces/public/{name}"),
        "delete again": ("DELETE", f"/namespaces/public/{name}"),
        "in a missing tenant": ("PUT", f"/namespaces/no-such-tenant/{name}"),
    }
    for what, (method, path) in steps.items():
        status, answer = t.admin.request(method, path)
        reason = answer.get("reason") if isinstance(answer, dict) else answer
        t.observe(**{what: [status, t.plain(str(reason)).replace(name, "NAME")]})


@scenario
def the_broker_is_well(t):
    t.observe(
        health=t.admin.request("GET", "/brokers/health"),
        clusters=t.admin.get("/clusters"),
        tenants_include_public="public" in t.admin.get("/tenants"),
        namespaces_include_default="public/default" in t.admin.get("/namespaces/public"),
    )


@scenario
def rest_counts_what_is_out(t):
    consumer = t.consumer(kind=Shared)
    send_all(t.producer(), numbered(10))
    for message in receive(consumer, 10)[:3]:
        consumer.acknowledge(message)
    eventually(lambda: t.admin.backlog(t.topic()) == 7, "three are acknowledged")
    subscription = t.admin.subscription_stats(t.topic())
    t.observe(
        unacked=subscription["unackedMessages"],
        backlog=subscription["msgBacklog"],
        consumers=len(subscription["consumers"]),
    )

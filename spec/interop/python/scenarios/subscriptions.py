"""Subscriptions: who gets what, who is refused, what stays when consumers leave."""

import pulsar
from stage import (
    Earliest,
    Exclusive,
    Failover,
    KeyShared,
    Latest,
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
def an_exclusive_subscription_has_one_consumer(t):
    holder = t.consumer()
    other = t.new_client()
    t.observe(
        same_connection=t.error_of(t.consumer),
        other_connection=t.error_of(lambda: other.subscribe(t.topic(), "sub")),
    )
    t.producer().send(b"for the holder")
    same(data_of(receive(holder, 1)), [b"for the holder"])
    holder.close()
    successor = other.subscribe(t.topic(), "sub")
    same(data_of(receive(successor, 1)), [b"for the holder"])


@scenario
def consumers_of_another_type_are_refused(t):
    kinds = {"Exclusive": Exclusive, "Shared": Shared, "Failover": Failover, "KeyShared": KeyShared}
    for present, kind in kinds.items():
        holder = t.consumer(kind=kind)
        refused = {}
        for name, other in kinds.items():
            if name != present:
                refused[name] = t.error_of(lambda other=other: t.consumer(kind=other))
        t.observe(**{f"beside {present}": refused})
        holder.close()


@scenario
def the_type_may_change_when_nobody_is_connected(t):
    producer = t.producer()
    for i, kind in enumerate((Exclusive, Shared, Failover, KeyShared, Exclusive)):
        consumer = t.consumer(kind=kind)
        producer.send(b"%d" % i)
        same(data_of(receive(consumer, 1, acknowledge=True)), [b"%d" % i])
        consumer.close()


@scenario
def every_subscription_gets_everything(t):
    consumers = [t.consumer(subscription=f"sub-{i}") for i in range(5)]
    send_all(t.producer(), numbered(50))
    for consumer in consumers:
        same(data_of(receive(consumer, 50)), numbered(50))


@scenario
def a_subscription_starts_where_it_is_told(t):
    producer = t.producer()
    producer.send(b"old")
    earliest = t.consumer(subscription="earliest", initial_position=Earliest)
    latest = t.consumer(subscription="latest", initial_position=Latest)
    producer.send(b"new")
    same(data_of(receive(earliest, 2)), [b"old", b"new"])
    same(data_of(receive(latest, 1)), [b"new"])
    latest.close()
    # Only a new subscription looks at the initial position.
    again = t.consumer(subscription="latest", initial_position=Earliest)
    same(data_of(receive(again, 1)), [b"new"])
    nothing_comes(again)


@scenario
def a_subscription_outlives_its_consumers(t):
    consumer = t.consumer()
    consumer.close()
    send_all(t.producer(), numbered(10))
    same(t.admin.backlog(t.topic()), 10)
    same(data_of(receive(t.consumer(), 10)), numbered(10))


@scenario
def shared_consumers_take_turns(t):
    # Room for one message each: what one holds unreceived is not another's.
    consumers = [
        t.consumer(kind=Shared, receiver_queue_size=1, consumer_name=f"c{i}") for i in range(3)
    ]
    producer = t.producer()
    send_all(producer, numbered(3))
    got = [data_of(receive(consumer, 1)) for consumer in consumers]
    same(sorted(sum(got, [])), numbered(3))
    t.observe(each_got=[len(each) for each in got])


@scenario
def shared_consumers_together_get_everything_once(t):
    consumers = [t.consumer(kind=Shared, receiver_queue_size=50) for _ in range(4)]
    send_all(t.producer(), numbered(400))
    got = []
    while len(got) < 400:
        before = len(got)
        for consumer in consumers:
            got += drain(consumer, acknowledge=True, quiet_ms=50)
        assert len(got) > before, f"only {len(got)} of 400 came"
    same(sorted(data_of(got)), sorted(numbered(400)))
    eventually(lambda: t.admin.backlog(t.topic()) == 0, "all is acknowledged")


@scenario
def a_slow_shared_consumer_holds_only_its_own(t):
    slow = t.consumer(kind=Shared, receiver_queue_size=2, consumer_name="slow")
    quick = t.consumer(kind=Shared, receiver_queue_size=100, consumer_name="quick")
    send_all(t.producer(), numbered(200))
    quickly = drain(quick, acknowledge=True)
    held = drain(slow, acknowledge=True)
    # The slow one had room for two, and each receive makes room for more that are not there.
    t.observe(quick=len(quickly), slow=len(held))
    same(sorted(data_of(quickly + held)), sorted(numbered(200)))


@scenario
def what_a_leaving_shared_consumer_held_goes_to_others(t):
    leaver = t.new_client().subscribe(t.topic(), "sub", Shared, initial_position=Earliest)
    send_all(t.producer(), numbered(10))
    held = receive(leaver, 10)
    leaver.acknowledge(held[3])
    stayer = t.consumer(kind=Shared)
    nothing_comes(stayer)
    leaver.close()
    again = receive(stayer, 9)
    same(data_of(again), [d for d in numbered(10) if d != b"message-3"])
    t.observe(redelivery_counts=[m.redelivery_count() for m in again])


@scenario
def permits_limit_what_is_sent_ahead(t):
    consumer = t.consumer(kind=Shared, receiver_queue_size=10, consumer_name="limited")
    send_all(t.producer(), numbered(100))

    def shown():
        return t.admin.subscription_stats(t.topic())["consumers"][0]

    eventually(lambda: shown()["unackedMessages"] >= 10, "ten messages are out")
    t.observe(unacked=shown()["unackedMessages"], permits=shown()["availablePermits"])
    same(data_of(receive(consumer, 100)), numbered(100))


@scenario
def permits_count_messages_of_a_batch(t):
    from stage import send_batch

    for _ in range(5):
        send_batch(t, numbered(10))
    t.consumer(kind=Shared, receiver_queue_size=15, consumer_name="limited")

    def shown():
        return t.admin.subscription_stats(t.topic())["consumers"][0]

    eventually(lambda: shown()["unackedMessages"] >= 20, "two batches are out")
    t.observe(unacked=shown()["unackedMessages"], permits=shown()["availablePermits"])


@scenario
def unsubscribing_forgets_the_position(t):
    producer = t.producer()
    consumer = t.consumer()
    producer.send(b"one")
    receive(consumer, 1, acknowledge=True)
    consumer.unsubscribe()
    same(t.admin.get(path_of(t.topic()) + "/subscriptions"), [])
    producer.send(b"two")
    fresh = t.consumer()
    t.observe(a_new_one_gets=[d.decode() for d in data_of(drain(fresh))])


@scenario
def unsubscribing_is_refused_beside_others(t):
    one = t.consumer(kind=Shared)
    two = t.consumer(kind=Shared)
    t.observe(refused=t.error_of(one.unsubscribe))
    t.producer().send(b"still there")
    got = drain(one) + drain(two)
    same(data_of(got), [b"still there"])
    two.close()
    one.unsubscribe()
    same(t.admin.get(path_of(t.topic()) + "/subscriptions"), [])


@scenario
def unsubscribing_from_an_inactive_failover_consumer_is_refused(t):
    consumers = [t.consumer(kind=Failover, consumer_name=name) for name in "ab"]
    t.observe(refused=[t.error_of(consumer.unsubscribe) for consumer in consumers])


@scenario
def a_closed_consumer_can_do_nothing(t):
    consumer = t.consumer()
    message_id = t.producer().send(b"one")
    receive(consumer, 1)
    consumer.close()
    t.observe(
        receive=t.error_of(lambda: consumer.receive(100)),
        acknowledge=t.error_of(lambda: consumer.acknowledge(message_id)),
        seek=t.error_of(lambda: consumer.seek(message_id)),
        unsubscribe=t.error_of(consumer.unsubscribe),
    )


@scenario
def messages_reach_a_listener(t):
    import threading

    seen = []
    all_seen = threading.Event()

    def listener(consumer, message):
        seen.append(message.data())
        consumer.acknowledge(message)
        if len(seen) == 50:
            all_seen.set()

    t.consumer(message_listener=listener)
    send_all(t.producer(), numbered(50))
    assert all_seen.wait(15), f"{len(seen)} of 50 came"
    same(seen, numbered(50))


@scenario
def batch_receive_gives_many_at_once(t):
    policy = pulsar.ConsumerBatchReceivePolicy(10, 0, 5000)
    consumer = t.consumer(batch_receive_policy=policy)
    send_all(t.producer(), numbered(20))
    t.observe(sizes=[len(consumer.batch_receive()) for _ in range(2)])


@scenario
def consumers_show_in_the_stats(t):
    consumer = t.consumer(kind=Shared, consumer_name="visible", properties={"a": "b"})
    send_all(t.producer(), numbered(5))
    receive(consumer, 5)
    subscription = t.admin.subscription_stats(t.topic())
    shown = subscription["consumers"][0]
    t.observe(
        subscription_keys=sorted(subscription),
        consumer_keys=sorted(shown),
        type=subscription["type"],
        durable=subscription["isDurable"],
        name=shown["consumerName"],
        metadata=shown["metadata"],
        unacked=shown["unackedMessages"],
        backlog=subscription["msgBacklog"],
        out=subscription["msgOutCounter"],
    )

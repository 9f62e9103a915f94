"""Many consumers, many topics."""

import threading

from stage import (
    Earliest,
    Shared,
    data_of,
    drain,
    eventually,
    numbered,
    receive,
    same,
    scenario,
    send_all,
)


@scenario(alone=True, deadline_s=120)
def two_hundred_consumers_share_a_subscription(t):
    client = t.new_client(io_threads=2)
    consumers = [
        client.subscribe(
            t.topic(), "sub", Shared, receiver_queue_size=10, initial_position=Earliest
        )
        for _ in range(200)
    ]
    same(len(t.admin.subscription_stats(t.topic())["consumers"]), 200)
    send_all(t.producer(max_pending_messages=2000), numbered(2000))
    got = []
    served = 0
    while len(got) < 2000:
        before = len(got)
        for consumer in consumers:
            mine = drain(consumer, acknowledge=True, quiet_ms=5)
            served += bool(mine)
            got += mine
        assert len(got) > before or len(got) == 2000, f"{len(got)} of 2000 came"
    same(sorted(data_of(got)), sorted(numbered(2000)))
    assert served >= 150, f"only {served} consumers were served"
    eventually(lambda: t.admin.backlog(t.topic()) == 0, "all acknowledged")


@scenario(alone=True, deadline_s=120)
def two_hundred_subscriptions_on_a_topic(t):
    client = t.new_client(io_threads=2)
    consumers = [
        client.subscribe(t.topic(), f"sub-{i}", initial_position=Earliest) for i in range(200)
    ]
    send_all(t.producer(), numbered(20))
    for consumer in consumers:
        same(data_of(receive(consumer, 20, acknowledge=True)), numbered(20))
    same(len(t.admin.stats(t.topic())["subscriptions"]), 200)


@scenario(alone=True, deadline_s=240)
def a_thousand_topics_with_a_producer_and_a_consumer_each(t):
    client = t.new_client(io_threads=2)
    pairs = [None] * 1000

    def open_pairs(lane):
        for i in range(lane, 1000, 8):
            topic = t.topic(f"{i}")
            pairs[i] = (
                client.create_producer(topic),
                client.subscribe(topic, "sub", initial_position=Earliest),
            )

    lanes = [threading.Thread(target=open_pairs, args=(lane,)) for lane in range(8)]
    for lane in lanes:
        lane.start()
    for lane in lanes:
        lane.join()
    for i, (producer, _) in enumerate(pairs):
        producer.send_async(b"message for %d" % i, lambda *_: None)
    for producer, _ in pairs:
        producer.flush()
    for i, (_, consumer) in enumerate(pairs):
        same(data_of(receive(consumer, 1, acknowledge=True)), [b"message for %d" % i])
    prefix = t.topic("")
    listed = [name for name in t.admin.get("/persistent/public/default") if prefix in name]
    same(len(listed), 1000)

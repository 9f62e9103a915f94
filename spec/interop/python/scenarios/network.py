"""Connections that break or go silent while the broker goes on."""

from stage import (
    Earliest,
    Failover,
    Shared,
    data_of,
    eventually,
    nothing_comes,
    numbered,
    receive,
    same,
    scenario,
    send_all,
)


@scenario(needs_switch=True)
def a_cut_connection_is_made_again(t):
    relay = t.broker.relay()
    client = t.new_client(relay.service_url)
    producer = client.create_producer(t.topic())
    consumer = client.subscribe(t.topic(), "sub", initial_position=Earliest)
    producer.send(b"before")
    receive(consumer, 1, acknowledge=True)
    eventually(lambda: t.admin.backlog(t.topic()) == 0, "acknowledged")
    for i in range(3):
        relay.cut()
        producer.send(b"after cut %d" % i)
        same(data_of(receive(consumer, 1, acknowledge=True)), [b"after cut %d" % i])
        eventually(lambda: t.admin.backlog(t.topic()) == 0, "acknowledged")


@scenario(needs_switch=True)
def unacknowledged_messages_come_again_after_a_cut(t):
    relay = t.broker.relay()
    client = t.new_client(relay.service_url)
    consumer = client.subscribe(t.topic(), "sub", Shared, initial_position=Earliest)
    send_all(t.producer(), numbered(5))
    receive(consumer, 5)
    relay.cut()
    again = receive(consumer, 5)
    same(data_of(again), numbered(5))
    t.observe(redelivery_counts=[m.redelivery_count() for m in again])


@scenario(needs_switch=True)
def a_silent_exclusive_consumer_is_replaced(t):
    """Its broker side looks open, so the broker must ask it before it refuses the new one."""
    relay = t.broker.relay()
    consumer = t.new_client(relay.service_url).subscribe(
        t.topic(), "sub", initial_position=Earliest
    )
    send_all(t.producer(), numbered(3))
    receive(consumer, 3)
    relay.freeze()
    # The client reconnects by itself through the relay while its old connection hangs.
    eventually(consumer.is_connected, "it is connected again", patience_s=30)
    again = receive(consumer, 3, acknowledge=True)
    same(data_of(again), numbered(3))


@scenario(needs_switch=True)
def a_silent_producer_is_replaced(t):
    relay = t.broker.relay()
    producer = t.new_client(relay.service_url).create_producer(t.topic(), producer_name="named")
    producer.send(b"before")
    relay.freeze()
    producer.send(b"after")
    consumer = t.consumer()
    same(data_of(receive(consumer, 2)), [b"before", b"after"])
    nothing_comes(consumer)


@scenario(needs_switch=True)
def failover_moves_when_a_connection_breaks(t):
    relay = t.broker.relay()
    distant = t.new_client(relay.service_url)
    far = distant.subscribe(
        t.topic(), "sub", Failover, consumer_name="far", initial_position=Earliest
    )
    send_all(t.producer(), numbered(5))
    receive(far, 5)
    near = t.new_client().subscribe(
        t.topic(), "sub", Failover, consumer_name="near", initial_position=Earliest
    )
    relay.cut()
    # Whether it has connected again by then or not: it does not come back.
    distant.shutdown()
    same(data_of(receive(near, 5, acknowledge=True)), numbered(5))

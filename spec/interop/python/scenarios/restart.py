"""The broker dies or is restarted under its clients: they go on and nothing is lost."""

import threading

import pulsar
from stage import (
    Earliest,
    Failover,
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
    send_batch,
    text_of,
)


class Traffic:
    """A producer that sends without end and remembers what the broker confirmed."""

    def __init__(self, producer):
        self.confirmed = []
        self.sent = 0
        self._producer = producer
        self._stop = threading.Event()
        self._window = threading.Semaphore(100)
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self):
        while not self._stop.is_set():
            if not self._window.acquire(timeout=0.1):
                continue
            number = self.sent
            self._producer.send_async(b"%d" % number, self._done(number))
            self.sent += 1

    def _done(self, number):
        def done(result, message_id):
            if result == pulsar.Result.Ok:
                self.confirmed.append((number, message_id))
            self._window.release()

        return done

    def stop(self):
        self._stop.set()
        self._thread.join()
        self._producer.flush()


@scenario(alone=True, needs_switch=True, deadline_s=180)
def nothing_confirmed_is_lost_by_a_kill(t):
    # A durable subscription holds the messages: without one, a broker may trim them.
    t.consumer().close()
    producer = t.producer(producer_name="steady", send_timeout_millis=0)
    traffic = Traffic(producer)
    for _ in range(2):
        reached = len(traffic.confirmed) + 500
        eventually(lambda reached=reached: len(traffic.confirmed) > reached, "traffic flows", 60)
        t.broker.kill()
        t.broker.start()
    reached = len(traffic.confirmed) + 500
    eventually(lambda: len(traffic.confirmed) > reached, "traffic flows again", 60)
    traffic.stop()
    same([number for number, _ in traffic.confirmed], list(range(traffic.sent)), "receipts")
    positions = [(i.ledger_id(), i.entry_id()) for _, i in traffic.confirmed]
    assert positions == sorted(set(positions)), "message ids must grow"
    reader = t.client.create_reader(t.topic(), pulsar.MessageId.earliest)
    stored = []
    while reader.has_message_available():
        message = reader.read_next(15_000)
        id_ = message.message_id()
        stored.append((int(message.data()), (id_.ledger_id(), id_.entry_id())))
    # What was stored but not confirmed was sent again by the client: twice is allowed there.
    same(list(dict.fromkeys(number for number, _ in stored)), list(range(traffic.sent)), "order")
    lost = {(number, (i.ledger_id(), i.entry_id())) for number, i in traffic.confirmed}
    lost -= set(stored)
    same(sorted(lost), [], "confirmed messages that are not stored under their ids")


@scenario(alone=True, needs_switch=True, deadline_s=120)
def consumers_go_on_after_a_kill(t):
    """Unacknowledged messages come again, consumers of all kinds reconnect by themselves."""
    kinds = {
        "exclusive": pulsar.ConsumerType.Exclusive,
        "shared": Shared,
        "failover": Failover,
        "key_shared": pulsar.ConsumerType.KeyShared,
    }
    consumers = {
        name: t.consumer(subscription=name, kind=kind) for name, kind in kinds.items()
    }
    producer = t.producer(send_timeout_millis=0)
    send_all(producer, numbered(10))
    for consumer in consumers.values():
        receive(consumer, 10)
    t.broker.kill()
    t.broker.start()
    send_all(producer, numbered(5, 10))
    for name, consumer in consumers.items():
        seen = []

        def complete(consumer=consumer, seen=seen):
            seen.extend(data_of(drain(consumer, quiet_ms=200)))
            return set(seen) >= set(numbered(15))

        eventually(complete, f"{name}: everything unacknowledged comes again", 40)


@scenario(alone=True, needs_switch=True, deadline_s=120)
def what_was_made_is_there_after_a_kill(t):
    partitioned = t.topic("partitioned")
    t.admin.create_partitioned(partitioned, 3)
    namespace = t.topic("namespace").rpartition("/")[2]
    t.admin.put(f"/namespaces/public/{namespace}")
    t.consumer(subscription="durable").close()
    consumer = t.consumer(subscription="gone")
    consumer.unsubscribe()
    ids = send_all(t.producer(), numbered(5))
    send_batch(t, numbered(5, 5))
    t.close()
    t.broker.kill()
    t.broker.start()
    client = t.new_client()
    same(len(client.get_topic_partitions(partitioned)), 3)
    assert f"public/{namespace}" in t.admin.get("/namespaces/public")
    same(t.admin.get(path_of(t.topic()) + "/subscriptions"), ["durable"])
    durable = client.subscribe(t.topic(), "durable")
    messages = receive(durable, 10, acknowledge=True)
    same(data_of(messages), numbered(10))
    first = messages[0].message_id()
    same((first.ledger_id(), first.entry_id()), (ids[0].ledger_id(), ids[0].entry_id()))
    nothing_comes(durable)
    later = client.create_producer(t.topic()).send(b"later")
    assert later.ledger_id() > ids[0].ledger_id(), "a new owner writes a new ledger"


@scenario(alone=True, needs_switch=True, deadline_s=120)
def acknowledgements_survive_an_orderly_restart(t):
    consumer = t.consumer(kind=Shared)
    producer = t.producer(send_timeout_millis=0)
    send_all(producer, numbered(10))
    messages = receive(consumer, 10)
    for at in (0, 1, 4, 7):
        consumer.acknowledge(messages[at])
    eventually(lambda: t.admin.backlog(t.topic()) == 6, "acknowledged")
    consumer.close()
    t.broker.restart()
    again = t.new_client().subscribe(t.topic(), "sub", Shared)
    left = [numbered(10)[at] for at in (2, 3, 5, 6, 8, 9)]
    same(data_of(receive(again, 6)), left)
    nothing_comes(again)
    producer.send(b"the old producer goes on")
    same(data_of(receive(again, 1)), [b"the old producer goes on"])


@scenario(alone=True, needs_switch=True, deadline_s=120)
def index_acknowledgements_over_an_orderly_restart(t):
    """Pulsar forgets these when the mark-delete position did not move after them."""
    consumer = t.consumer(kind=Shared, batch_index_ack_enabled=True)
    send_batch(t, numbered(5))
    messages = receive(consumer, 5)
    for at in (1, 3):
        consumer.acknowledge(messages[at])
    eventually(
        lambda: t.admin.subscription_stats(t.topic())["unackedMessages"] == 3,
        "two are acknowledged",
    )
    consumer.close()
    t.broker.restart()
    again = t.new_client().subscribe(t.topic(), "sub", Shared, batch_index_ack_enabled=True)
    t.observe(delivered=text_of(drain(again, quiet_ms=1000)))


@scenario(alone=True, needs_switch=True, deadline_s=120)
def clients_wait_for_a_broker_that_is_down(t):
    producer = t.producer(send_timeout_millis=0)
    consumer = t.consumer()
    t.broker.kill()
    receipts = []
    for payload in numbered(5):
        producer.send_async(payload, lambda result, _: receipts.append(result))
    same(receipts, [], "no receipt while the broker is down")
    t.broker.start()
    same(data_of(receive(consumer, 5, acknowledge=True)), numbered(5))
    eventually(lambda: len(receipts) == 5, "all receipts")
    same(set(receipts), {pulsar.Result.Ok})


@scenario(alone=True, needs_switch=True, deadline_s=120)
def a_terminated_topic_stays_terminated(t):
    producer = t.producer()
    producer.send(b"last")
    t.admin.post(path_of(t.topic()) + "/terminate")
    t.close()
    t.broker.kill()
    t.broker.start()
    client = t.new_client()
    error = t.error_of(lambda: client.create_producer(t.topic()))
    reader = client.create_reader(t.topic(), pulsar.MessageId.earliest)
    same(reader.read_next(15_000).data(), b"last")
    t.observe(create=error)


@scenario(alone=True, needs_switch=True, deadline_s=120)
def a_position_after_seek_survives_a_kill(t):
    consumer = t.consumer()
    ids = send_all(t.producer(), numbered(10))
    receive(consumer, 10, acknowledge=True)
    eventually(lambda: t.admin.backlog(t.topic()) == 0, "all acknowledged")
    consumer.seek(ids[4])
    same(data_of(receive(consumer, 5)), numbered(5, 5))
    consumer.close()
    t.broker.kill()
    t.broker.start()
    again = t.new_client().subscribe(t.topic(), "sub", initial_position=Earliest)
    first = receive(again, 1)[0]
    t.observe(first=first.data().decode())


# Pulsar looks at it every half minute, for the first time ten minutes after its start.
@scenario(alone=True, needs_switch=True, deadline_s=1200)
def all_consumers_together_hold_so_much(t):
    limits = {
        "maxUnackedMessagesPerBroker": 20,
        "maxUnackedMessagesPerSubscriptionOnBrokerBlocked": 0.2,
    }
    with t.broker.configured(**limits):
        client = t.new_client()
        producer = client.create_producer(t.topic(), batching_enabled=False)
        full = [client.subscribe(t.topic(), name, Shared) for name in ("a", "b")]
        send_all(producer, numbered(10))
        held = [receive(consumer, 10) for consumer in full]
        blocked = lambda: [is_blocked(t, name) for name in ("a", "b")]
        eventually(lambda: blocked() == [True, True], "both are stopped", patience_s=900)
        # Pulsar still gives what a read brings that waits for messages already.
        send_all(producer, numbered(3, 12))
        for consumer in full:
            held += [drain(consumer)]
        send_all(producer, numbered(2, 15))
        for consumer in full:
            nothing_comes(consumer)
        small = client.subscribe(t.topic(), "c", Shared)
        send_all(producer, numbered(2, 17))
        t.observe(little=text_of(receive(small, 2)), small=is_blocked(t, "c"))
        for consumer, messages in zip(full * 2, held):
            for message in messages:
                consumer.acknowledge(message)
        eventually(lambda: blocked() == [False, False], "both go on", patience_s=90)
        last = b"message-18"
        for consumer in full:
            while receive(consumer, 1, acknowledge=True)[0].data() != last:
                pass


def is_blocked(t, subscription):
    stats = t.admin.subscription_stats(t.topic(), subscription)
    return stats["blockedSubscriptionOnUnackedMsgs"]

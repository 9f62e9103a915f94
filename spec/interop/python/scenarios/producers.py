"""Producer names, access modes, and topics that take no more messages."""

import threading

import pulsar
from stage import data_of, eventually, receive, same, scenario

Access = pulsar.ProducerAccessMode


@scenario
def a_name_is_generated(t):
    names = {t.producer().producer_name() for _ in range(3)}
    same(len(names), 3, "generated names differ")
    t.observe(shapes=sorted({t.plain(name) for name in names}))


@scenario
def a_name_is_taken_once(t):
    holder = t.producer(producer_name="unique")
    other = t.new_client()
    t.observe(
        same_connection=t.error_of(lambda: t.producer(producer_name="unique")),
        other_connection=t.error_of(
            lambda: other.create_producer(t.topic(), producer_name="unique")
        ),
    )
    holder.send(b"not disturbed")
    holder.close()
    other.create_producer(t.topic(), producer_name="unique").send(b"free again")


@scenario
def an_exclusive_producer_is_alone(t):
    holder = t.producer(access_mode=Access.Exclusive)
    t.observe(
        second_exclusive=t.error_of(lambda: t.producer(access_mode=Access.Exclusive)),
        shared=t.error_of(t.producer),
    )
    holder.send(b"alone")
    holder.close()
    t.producer().send(b"shared again")


@scenario
def an_exclusive_producer_is_refused_beside_shared_ones(t):
    shared = t.producer()
    t.observe(refused=t.error_of(lambda: t.producer(access_mode=Access.Exclusive)))
    shared.close()
    t.producer(access_mode=Access.Exclusive).send(b"alone")


@scenario
def a_waiting_producer_gets_its_turn(t):
    holder = t.producer(access_mode=Access.Exclusive)
    ready = threading.Event()
    waiters = []

    def wait():
        client = t.new_client()
        waiters.append(client.create_producer(t.topic(), access_mode=Access.WaitForExclusive))
        ready.set()

    thread = threading.Thread(target=wait)
    thread.start()
    # The holder can work meanwhile, and a shared producer is refused because of the two.
    holder.send(b"from the holder")
    waited = not ready.wait(0.5)
    refused = t.error_of(t.producer)
    holder.close()
    assert ready.wait(15), "the waiting producer did not get its turn"
    thread.join()
    waiters[0].send(b"from the one that waited")
    t.observe(waited=waited, shared_beside_waiting=refused)
    reader = t.client.create_reader(t.topic(), pulsar.MessageId.earliest)
    same(
        [reader.read_next(15_000).data() for _ in range(2)],
        [b"from the holder", b"from the one that waited"],
    )


@scenario
def a_fencing_producer_takes_over(t):
    old = t.producer(access_mode=Access.Exclusive, send_timeout_millis=5000)
    old.send(b"before")
    other = t.new_client()
    new = other.create_producer(t.topic(), access_mode=Access.ExclusiveWithFencing)
    new.send(b"after")
    t.observe(
        old_sends=t.error_of(lambda: old.send(b"fenced")),
        old_sends_again=t.error_of(lambda: old.send(b"fenced")),
        joins_shared=t.error_of(t.producer),
    )
    reader = t.client.create_reader(t.topic(), pulsar.MessageId.earliest)
    messages = []
    while reader.has_message_available():
        messages.append(reader.read_next(15_000))
    same(data_of(messages), [b"before", b"after"])


@scenario
def a_fencing_producer_drives_shared_ones_out(t):
    old = t.producer(send_timeout_millis=5000)
    old.send(b"before")
    new = t.new_client().create_producer(t.topic(), access_mode=Access.ExclusiveWithFencing)
    t.observe(old_sends=t.error_of(lambda: old.send(b"fenced")))
    new.send(b"after")
    new.close()


@scenario
def a_terminated_topic_takes_no_more(t):
    consumer = t.consumer()
    producer = t.producer(send_timeout_millis=5000)
    producer.send(b"last")
    answer = t.admin.post(path(t) + "/terminate")
    again = t.admin.post(path(t) + "/terminate")
    same(again, answer, "a second terminate answers the same")
    t.observe(
        last_entry=answer["entryId"],
        keys=sorted(answer),
        send=t.error_of(lambda: producer.send(b"too late")),
        create=t.error_of(t.producer),
    )
    same(data_of(receive(consumer, 1, acknowledge=True)), [b"last"])
    late = t.consumer(subscription="late")
    same(data_of(receive(late, 1)), [b"last"])


def path(t):
    return "/" + t.topic().replace("://", "/")


@scenario
def a_closed_producer_sends_no_more(t):
    producer = t.producer()
    producer.send(b"one")
    producer.close()
    t.observe(error=t.error_of(lambda: producer.send(b"two")))


@scenario
def publishers_show_in_the_stats(t):
    producer = t.producer(producer_name="visible", properties={"a": "b"})
    producer.send(b"x" * 100)
    publishers = t.admin.stats(t.topic())["publishers"]
    same(len(publishers), 1)
    shown = publishers[0]
    t.observe(
        keys=sorted(shown),
        name=shown["producerName"],
        metadata=shown["metadata"],
        access_mode=shown["accessMode"],
    )
    producer.close()
    eventually(lambda: not t.admin.stats(t.topic())["publishers"], "the producer is gone")

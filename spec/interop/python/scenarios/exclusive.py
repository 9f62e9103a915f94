"""Producers that want a topic for themselves, through unloading, cuts and take-overs."""

import threading

import pulsar
from stage import eventually, path_of, read_all, same, scenario, text_of

Access = pulsar.ProducerAccessMode


def open_one(t, mode, name=None, client=None, **options):
    return (client or t.new_client()).create_producer(
        t.topic(), access_mode=mode, producer_name=name, send_timeout_millis=10_000, **options
    )


def epoch(t):
    return t.admin.stats(t.topic()).get("topicEpoch")


def everything(t):
    reader = t.client.create_reader(t.topic(), pulsar.MessageId.earliest)
    return text_of(read_all(reader))


class Waiter:
    """Opens a producer that waits for its turn, in a thread of its own."""

    def __init__(self, t, name):
        self.producer = None
        self.error = None
        self._thread = threading.Thread(target=self._open, args=(t, name), daemon=True)
        self._thread.start()
        eventually(lambda: waiting(t) > 0 or self.done, "it waits")

    def _open(self, t, name):
        try:
            self.producer = open_one(t, Access.WaitForExclusive, name)
        except pulsar.PulsarException as error:
            self.error = type(error).__name__

    @property
    def done(self):
        return self.producer is not None or self.error is not None


def waiting(t):
    return t.admin.stats(t.topic())["waitingPublishers"]


@scenario
def an_exclusive_producer_keeps_its_topic_through_unloading(t):
    holder = open_one(t, Access.Exclusive)
    holder.send(b"before")
    epochs = [epoch(t)]
    for _ in range(2):
        t.admin.put(path_of(t.topic()) + "/unload")
        holder.send(b"after unloading")
        epochs.append(epoch(t))
    t.observe(epochs=epochs, beside=t.error_of(lambda: open_one(t, Access.Shared)))
    holder.close()
    open_one(t, Access.Exclusive).send(b"the next")
    t.observe(next_epoch=epoch(t), stored=everything(t))


@scenario(needs_switch=True)
def an_exclusive_producer_comes_back_after_a_cut(t):
    relay = t.broker.relay()
    client = t.new_client(relay.service_url)
    holder = open_one(t, Access.Exclusive, client=client)
    holder.send(b"before")
    relay.cut()
    holder.send(b"after")
    t.observe(epoch=epoch(t), stored=everything(t))


@scenario
def a_fenced_producer_does_not_come_back(t):
    old = open_one(t, Access.ExclusiveWithFencing)
    old.send(b"old")
    new = open_one(t, Access.ExclusiveWithFencing)
    new.send(b"new")
    t.observe(
        old_sends=t.error_of(lambda: old.send(b"fenced")),
        epoch=epoch(t),
    )
    t.admin.put(path_of(t.topic()) + "/unload")
    new.send(b"new again")
    t.observe(after_unloading=epoch(t), stored=everything(t))


@scenario
def the_same_name_takes_over(t):
    old = open_one(t, Access.Exclusive, "leader")
    old.send(b"old")
    new = open_one(t, Access.ExclusiveWithFencing, "leader")
    new.send(b"new")
    t.observe(
        old_sends=t.error_of(lambda: old.send(b"fenced")),
        exclusive=t.error_of(lambda: open_one(t, Access.Exclusive, "leader")),
        shared=t.error_of(lambda: open_one(t, Access.Shared, "leader")),
        stored=everything(t),
        epoch=epoch(t),
    )


@scenario
def one_that_waits_gets_the_topic_from_one_that_dies(t):
    assert t.client, "the client that looks at the end is another one"
    client = t.new_client()
    holder = open_one(t, Access.Exclusive, client=client)
    holder.send(b"holder")
    waiter = Waiter(t, "next")
    client.shutdown()
    eventually(lambda: waiter.done, "it has its turn")
    waiter.producer.send(b"next")
    t.observe(stored=everything(t), epoch=epoch(t), waiting=waiting(t))


@scenario
def one_that_waits_is_told_when_the_topic_ends(t):
    holder = open_one(t, Access.Exclusive)
    holder.send(b"last")
    waiter = Waiter(t, "late")
    t.admin.post(path_of(t.topic()) + "/terminate")
    eventually(lambda: waiter.done, "it is told")
    t.observe(told=waiter.error)
    same(everything(t), ["last"])

"""Readers: positions of their own, and nothing left behind."""

import pulsar
from stage import (
    Earliest,
    data_of,
    eventually,
    numbered,
    path_of,
    read_all,
    receive,
    same,
    scenario,
    send_all,
    send_batch,
    text_of,
)

earliest = pulsar.MessageId.earliest
latest = pulsar.MessageId.latest


@scenario
def a_reader_from_the_start_reads_everything(t):
    send_all(t.producer(), numbered(20))
    reader = t.client.create_reader(t.topic(), earliest)
    same(data_of(read_all(reader)), numbered(20))
    same(reader.has_message_available(), False)


@scenario
def a_reader_from_the_end_reads_what_is_new(t):
    producer = t.producer()
    send_all(producer, numbered(5))
    reader = t.client.create_reader(t.topic(), latest)
    same(reader.has_message_available(), False)
    producer.send(b"new")
    eventually(reader.has_message_available, "something is available")
    same(reader.read_next(15_000).data(), b"new")
    same(reader.has_message_available(), False)


@scenario
def a_reader_on_an_empty_topic(t):
    t.producer()
    at_start = t.client.create_reader(t.topic(), earliest)
    at_end = t.client.create_reader(t.topic(), latest)
    t.observe(
        available_at_start=at_start.has_message_available(),
        available_at_end=at_end.has_message_available(),
    )
    t.producer().send(b"first")
    same([at_start.read_next(15_000).data(), at_end.read_next(15_000).data()], [b"first"] * 2)


@scenario
def a_reader_from_a_message(t):
    ids = send_all(t.producer(), numbered(10))
    for inclusive in (False, True):
        reader = t.client.create_reader(t.topic(), ids[6], start_message_id_inclusive=inclusive)
        t.observe(**{f"inclusive {inclusive}": text_of(read_all(reader))})


@scenario
def a_reader_from_inside_a_batch(t):
    send_batch(t, numbered(5))
    send_batch(t, numbered(5, 5))
    first = t.client.create_reader(t.topic(), earliest)
    ids = [m.message_id() for m in read_all(first)]
    for inclusive in (False, True):
        reader = t.client.create_reader(t.topic(), ids[6], start_message_id_inclusive=inclusive)
        t.observe(**{f"inclusive {inclusive}": text_of(read_all(reader))})


@scenario
def a_reader_from_the_last_message(t):
    send_all(t.producer(), numbered(3))
    for inclusive in (False, True):
        reader = t.client.create_reader(t.topic(), latest, start_message_id_inclusive=inclusive)
        t.observe(**{f"inclusive {inclusive}": text_of(read_all(reader))})


@scenario
def a_reader_from_the_last_batch(t):
    send_batch(t, numbered(4))
    reader = t.client.create_reader(t.topic(), latest, start_message_id_inclusive=True)
    t.observe(inclusive=text_of(read_all(reader)))


@scenario
def a_reader_seeks(t):
    ids = send_all(t.producer(), numbered(10))
    reader = t.client.create_reader(t.topic(), earliest)
    same(data_of(read_all(reader)), numbered(10))
    reader.seek(ids[4])
    t.observe(after_seek_to_a_message=text_of(read_all(reader)))
    reader.seek(latest)
    t.observe(available_after_seek_to_the_end=reader.has_message_available())
    reader.seek(earliest)
    t.observe(after_seek_to_the_start=len(read_all(reader)))
    reader.seek(1)
    t.observe(after_seek_to_an_old_time=len(read_all(reader)))


@scenario
def readers_do_not_disturb_each_other(t):
    send_all(t.producer(), numbered(10))
    readers = [t.client.create_reader(t.topic(), earliest) for _ in range(3)]
    for reader in readers:
        same(data_of(read_all(reader)), numbered(10))


@scenario
def a_reader_leaves_nothing_behind(t):
    send_all(t.producer(), numbered(3))
    reader = t.client.create_reader(t.topic(), earliest, reader_name="r")
    read_all(reader)
    shown = t.admin.stats(t.topic())["subscriptions"]
    t.observe(
        subscriptions=len(shown),
        durable=[each["isDurable"] for each in shown.values()],
        type=[each["type"] for each in shown.values()],
        named_reader=[name.startswith("reader-") for name in shown],
        consumer_names=[each["consumers"][0]["consumerName"] for each in shown.values()],
    )
    reader.close()
    eventually(lambda: not t.admin.stats(t.topic())["subscriptions"], "it is gone")
    same(t.admin.get(path_of(t.topic()) + "/subscriptions"), [])


@scenario
def a_reader_does_not_hold_messages(t):
    """Its acknowledgements are of its own cursor: a durable subscription keeps its backlog."""
    consumer = t.consumer()
    send_all(t.producer(), numbered(5))
    reader = t.client.create_reader(t.topic(), earliest)
    read_all(reader)
    reader.close()
    same(t.admin.backlog(t.topic()), 5)
    consumer.close()


@scenario
def a_reader_reads_a_partitioned_topic(t):
    t.admin.create_partitioned(t.topic(), 3)
    producer = t.producer()
    for payload in numbered(9):
        producer.send(payload)
    reader = t.client.create_reader(t.topic(), earliest)
    same(sorted(data_of(read_all(reader))), numbered(9))


@scenario
def a_table_view_shows_the_newest_of_each_key(t):
    producer = t.producer()
    for i in range(9):
        producer.send(b"%d" % i, partition_key=f"key-{i % 3}")
    view = t.client.create_table_view(t.topic())
    eventually(lambda: len(view) == 3, "three keys")
    same([view.get(f"key-{i}") for i in range(3)], [b"6", b"7", b"8"])
    producer.send(b"newest", partition_key="key-1")
    eventually(lambda: view.get("key-1") == b"newest", "the new value shows")
    view.close()


# Each start of the broker costs seconds, so that one tells the whole story.
@scenario(alone=True, needs_switch=True, deadline_s=240)
def readers_hold_no_ledgers_back(t):
    small = {"managedLedgerMaxEntriesPerLedger": 5, "managedLedgerMinLedgerRolloverTimeMinutes": 0}
    with t.broker.configured(**small):
        client = t.new_client()
        producer = client.create_producer(t.topic(), batching_enabled=False)
        consumer = client.subscribe(t.topic(), "sub", initial_position=Earliest)
        options = {"receiver_queue_size": 1}
        begun, idle, back = [
            client.create_reader(t.topic(), earliest, reader_name=name, **options)
            for name in ("begun", "idle", "back")
        ]
        # One by one: what comes together goes into one ledger.
        ids = [producer.send(payload) for payload in numbered(23)]
        read = [begun.read_next(15_000).data().decode(), back.read_next(15_000).data().decode()]
        receive(consumer, 23, acknowledge=True)
        path = path_of(t.topic())

        def ledgers():
            t.admin.post(path + "/trim")
            return t.admin.get(path + "/internalStats")["ledgers"]

        eventually(lambda: len(ledgers()) == 1, "what everybody durable has read is trimmed")
        back.seek(ids[3])
        last = producer.send(b"last")
        t.observe(
            read=read,
            begun=text_of(read_all(begun)),
            idle=text_of(read_all(idle)),
            back=text_of(read_all(back)),
            late=text_of(read_all(client.create_reader(t.topic(), ids[1]))),
            end=(last.entry_id(), begun.has_message_available()),
        )

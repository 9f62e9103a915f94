"""What is sent twice under one name and number is stored once, through all that may happen."""

import os

from stage import eventually, numbered, path_of, receive, same, scenario, send_all, text_of


def deduplicating(t):
    namespace = t.namespace()
    t.admin.post(f"/namespaces/{namespace}/deduplication", True)
    path = f"/namespaces/{namespace}/deduplication"
    eventually(lambda: t.admin.request("GET", path)[1] is True, "the policy is there")
    return f"persistent://{namespace}/topic"


def open_one(t, topic, **options):
    # Each time by another client, as by another process.
    return t.new_client().create_producer(
        topic, producer_name="steady", send_timeout_millis=0, **options
    )


def send(producer, payloads, first):
    """Numbers them from `first` on; which of them were new."""
    ids = [producer.send(each, sequence_id=first + i) for i, each in enumerate(payloads)]
    # Of a message in chunks, the last one alone is known again.
    return ["-1,-1,-1" not in str(id_) for id_ in ids]


@scenario
def what_is_sent_again_is_known(t):
    topic = deduplicating(t)
    consumer = t.consumer(topic)
    producer = open_one(t, topic)
    before = producer.last_sequence_id()
    new = [send(producer, numbered(5), 0), send(producer, numbered(5), 0)]
    producer.close()
    again = open_one(t, topic)
    last = [again.last_sequence_id()]
    new.append(send(again, numbered(3, 4), 4))
    t.admin.put(path_of(topic) + "/unload")
    new.append(send(again, numbered(2, 6), 6))
    again.close()
    last.append(open_one(t, topic).last_sequence_id())
    t.observe(before=before, new=new, last=last)
    same(text_of(receive(consumer, 8)), [each.decode() for each in numbered(8)])


@scenario
def a_chunked_message_counts_once(t):
    topic = deduplicating(t)
    consumer = t.consumer(topic)
    payloads = [os.urandom(6 * 1024 * 1024), b"small", os.urandom(6 * 1024 * 1024)]
    producer = open_one(t, topic, chunking_enabled=True)
    new = [send(producer, payloads[:2], 10)]
    producer.close()
    again = open_one(t, topic, chunking_enabled=True)
    last = again.last_sequence_id()
    new.append(send(again, payloads, 10))
    got = [message.data() for message in receive(consumer, 3, acknowledge=True)]
    t.observe(new=new, last=last, whole=[each in payloads for each in got], count=len(got))
    eventually(lambda: t.admin.backlog(topic) <= 2, "what came is acknowledged")


@scenario
def batches_count_by_their_numbers(t):
    topic = deduplicating(t)
    consumer = t.consumer(topic)
    options = {"batching_enabled": True, "batching_max_publish_delay_ms": 100}
    producer = open_one(t, topic, **options)
    send_all(producer, numbered(10))
    last = [producer.last_sequence_id()]
    producer.close()
    again = open_one(t, topic, **options)
    last.append(again.last_sequence_id())
    send_all(again, numbered(3, 10))
    t.observe(last=last, count=len(receive(consumer, 13)))


@scenario(alone=True, needs_switch=True, deadline_s=120)
def a_kill_forgets_nothing(t):
    topic = deduplicating(t)
    t.consumer(topic).close()
    producer = open_one(t, topic)
    new = [send(producer, numbered(50), 0)]
    t.broker.kill()
    t.broker.start()
    new.append(send(producer, numbered(50), 0))
    producer.close()
    again = open_one(t, topic)
    t.observe(all_new=all(new[0]), any_new=any(new[1]), last=again.last_sequence_id())
    new = send(again, numbered(2, 49), 49)
    stored = text_of(receive(t.consumer(topic), 51))
    t.observe(then=new)
    same(stored, [each.decode() for each in numbered(51)])

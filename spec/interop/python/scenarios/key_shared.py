"""Key_Shared subscriptions: a key has one consumer at a time, and its order is kept."""

import threading

import pulsar
from stage import (
    Earliest,
    KeyShared,
    Shared,
    data_of,
    drain,
    eventually,
    nothing_comes,
    receive,
    same,
    scenario,
)

KEYS = [f"key-{i}" for i in range(40)]


def join(t, name, **options):
    return t.new_client().subscribe(
        t.topic(), "sub", KeyShared, consumer_name=name, initial_position=Earliest, **options
    )


def send_keyed(producer, count, start=0, keys=KEYS):
    """`count` messages for every key, numbered within the key."""
    for i in range(start, start + count):
        for key in keys:
            producer.send_async(b"%d" % i, lambda *_: None, partition_key=key)
    producer.flush()


def by_key(messages):
    numbers = {}
    for message in messages:
        numbers.setdefault(message.partition_key(), []).append(int(message.data()))
    return numbers


@scenario
def a_key_has_one_consumer_and_keeps_its_order(t):
    consumers = {name: join(t, name) for name in ("a", "b", "c")}
    send_keyed(t.producer(), 10)
    got = {name: drain(each, acknowledge=True) for name, each in consumers.items()}
    owner = {}
    for name, messages in got.items():
        for key, numbers in by_key(messages).items():
            same(numbers, list(range(10)), f"order of {key}")
            assert key not in owner, f"{key} went to {owner.get(key)} and {name}"
            owner[key] = name
    same(sorted(owner), sorted(KEYS), "all keys arrive")
    t.observe(owner_of_key=owner)


@scenario
def the_ordering_key_goes_before_the_key(t):
    consumers = [join(t, name) for name in ("a", "b", "c")]
    producer = t.producer()
    for i in range(60):
        producer.send(b"%d" % i, partition_key=f"key-{i}", ordering_key="one for all")
    got = [drain(each, acknowledge=True) for each in consumers]
    t.observe(per_consumer=[len(each) for each in got])
    same([int(d) for d in data_of(max(got, key=len))], list(range(60)))


@scenario
def messages_without_a_key_are_spread(t):
    consumers = [join(t, name) for name in ("a", "b", "c")]
    producer = t.producer(producer_name="keyless")
    for i in range(60):
        producer.send(b"%d" % i)
    got = [drain(each, acknowledge=True) for each in consumers]
    t.observe(per_consumer=[len(each) for each in got])


@scenario
def sticky_ranges_decide(t):
    def sticky(name, ranges):
        policy = pulsar.ConsumerKeySharedPolicy(
            key_shared_mode=pulsar.KeySharedMode.Sticky, sticky_ranges=ranges
        )
        return join(t, name, key_shared_policy=policy)

    low = sticky("low", [(0, 9999), (20000, 29999)])
    high = sticky("high", [(10000, 19999), (30000, 65535)])
    send_keyed(t.producer(), 5)
    got = {"low": drain(low, acknowledge=True), "high": drain(high, acknowledge=True)}
    owner = {
        key: name for name, messages in got.items() for key in by_key(messages)
    }
    same(sorted(owner), sorted(KEYS))
    for messages in got.values():
        for key, numbers in by_key(messages).items():
            same(numbers, list(range(5)), f"order of {key}")
    t.observe(
        owner_of_key=owner,
        overlapping=t.error_of(lambda: sticky("third", [(5000, 6000)])),
        other_mode=t.error_of(lambda: join(t, "auto")),
    )


@scenario
def keys_outside_all_sticky_ranges_wait(t):
    def sticky(name, ranges):
        policy = pulsar.ConsumerKeySharedPolicy(
            key_shared_mode=pulsar.KeySharedMode.Sticky, sticky_ranges=ranges
        )
        return join(t, name, key_shared_policy=policy)

    low = sticky("low", [(0, 29999)])
    send_keyed(t.producer(), 3)
    early = by_key(drain(low, acknowledge=True))
    high = sticky("high", [(30000, 65535)])
    late = by_key(drain(high, acknowledge=True))
    same(sorted([*early, *late]), sorted(KEYS))
    for numbers in [*early.values(), *late.values()]:
        same(numbers, [0, 1, 2])
    t.observe(keys_of_low=sorted(early))


@scenario
def a_joining_consumer_waits_for_what_is_out(t):
    """A key that moves is not delivered to the new consumer before the old one acknowledged."""
    producer = t.producer()
    old = join(t, "old")
    send_keyed(producer, 1)
    held = receive(old, len(KEYS))
    new = join(t, "new")
    send_keyed(producer, 1, start=1)
    stayed = by_key(drain(old))
    early = by_key(drain(new))
    same(early, {}, "nothing of a key that the old consumer still holds")
    for message in held:
        old.acknowledge(message)
    moved = by_key(drain(new, acknowledge=True))
    same(sorted([*stayed, *moved]), sorted(KEYS))
    for numbers in [*stayed.values(), *moved.values()]:
        same(numbers, [1])
    t.observe(keys_that_moved=sorted(moved))


@scenario(deadline_s=90)
def order_survives_joining_and_leaving(t):
    """Per key, a message is never received before an older one was acknowledged."""
    lock = threading.Lock()
    seen = {key: [] for key in KEYS}
    stop = threading.Event()
    finished = []

    def consume(name, leave_after):
        consumer = join(t, name)
        count = 0
        while not stop.is_set() and (leave_after is None or count < leave_after):
            try:
                message = consumer.receive(100)
            except pulsar.Timeout:
                continue
            with lock:
                seen[message.partition_key()].append(int(message.data()))
            consumer.acknowledge(message)
            count += 1
        consumer.close()
        finished.append(name)

    def start(name, leave_after=None):
        thread = threading.Thread(target=consume, args=(name, leave_after))
        thread.start()
        return thread

    threads = [start("a", 200), start("b")]
    producer = t.producer()
    for i in range(30):
        send_keyed(producer, 1, start=i)
        if i == 10:
            threads += [start("c", 150), start("d")]
        if i == 20:
            threads.append(start("e"))

    def complete():
        with lock:
            return all(len(set(numbers)) == 30 for numbers in seen.values())

    try:
        eventually(complete, "every message of every key arrived", patience_s=45)
    finally:
        stop.set()
        for thread in threads:
            thread.join(10)
    for key, numbers in seen.items():
        # One that was prefetched by a leaving consumer may come twice, never out of order.
        first_seen = list(dict.fromkeys(numbers))
        same(first_seen, list(range(30)), f"order of {key}")


@scenario
def out_of_order_delivery_does_not_wait(t):
    policy = pulsar.ConsumerKeySharedPolicy(allow_out_of_order_delivery=True)
    producer = t.producer()
    old = join(t, "old", key_shared_policy=policy)
    send_keyed(producer, 1)
    receive(old, len(KEYS))
    new = join(t, "new", key_shared_policy=policy)
    send_keyed(producer, 1, start=1)
    t.observe(
        keys_of_the_new_one=sorted(by_key(drain(new))),
        refused_without=t.error_of(lambda: join(t, "strict")),
    )


@scenario
def what_a_leaving_consumer_held_moves_in_order(t):
    consumers = {name: join(t, name) for name in ("a", "b")}
    send_keyed(t.producer(), 5)
    held = {name: drain(each) for name, each in consumers.items()}
    consumers.pop("a").close()
    moved = by_key(drain(consumers["b"], acknowledge=True))
    same(sorted(moved), sorted(by_key(held["a"])))
    for key, numbers in moved.items():
        same(numbers, list(range(5)), f"order of {key}")
    t.observe(keys_moved=len(moved))


@scenario
def a_nacked_message_keeps_its_keys_order(t):
    consumer = join(t, "a", negative_ack_redelivery_delay_ms=100)
    producer = t.producer()
    send_keyed(producer, 3, keys=["one"])
    first = receive(consumer, 3)
    for message in first:
        consumer.negative_acknowledge(message)
    again = receive(consumer, 3, acknowledge=True)
    same([int(d) for d in data_of(again)], [0, 1, 2])
    t.observe(redelivery_counts=[m.redelivery_count() for m in again])
    nothing_comes(consumer)


@scenario
def key_shared_with_key_based_batches(t):
    consumers = {name: join(t, name) for name in ("a", "b", "c")}
    producer = t.producer(
        batching_enabled=True,
        batching_type=pulsar.BatchingType.KeyBased,
        batching_max_publish_delay_ms=50,
    )
    send_keyed(producer, 10)
    owner = {}
    for name, each in consumers.items():
        for key, numbers in by_key(drain(each, acknowledge=True)).items():
            same(numbers, list(range(10)), f"order of {key}")
            owner[key] = name
    same(sorted(owner), sorted(KEYS))
    t.observe(owner_of_key=owner)


@scenario
def key_shared_and_shared_do_not_mix(t):
    join(t, "a")
    t.observe(refused=t.error_of(lambda: t.consumer(kind=Shared)))


@scenario
def hashes_that_drain_are_shown(t):
    """What moves to a newcomer drains from the old owner first, entry by entry."""

    def shown():
        subscription = t.admin.subscription_stats(t.topic())

        def of(stats):
            return [
                stats["drainingHashesCount"],
                stats["drainingHashesClearedTotal"],
                stats["drainingHashesUnackedMessages"],
            ]

        hashes = {
            each["consumerName"]: [
                *of(each),
                [[one["hash"], one["unackMsgs"]] for one in each["drainingHashes"]],
                " ".join(f"{a}-{b}" for a, b in each["keyHashRangeArrays"]),
            ]
            for each in subscription["consumers"]
        }
        return {"all": of(subscription), **hashes, "replay": subscription["msgInReplay"]}

    producer = t.producer()
    old = join(t, "old")
    send_keyed(producer, 2)
    held = receive(old, 2 * len(KEYS))
    alone = shown()
    new = join(t, "new")
    moved = shown()
    send_keyed(producer, 1, start=2)
    drain(old, quiet_ms=200)
    blocked = shown()
    for message in held[: len(KEYS)]:
        old.acknowledge(message)
    eventually(lambda: shown()["all"][2] < moved["all"][2], "half of them are acknowledged")
    half = shown()
    for message in held[len(KEYS) :]:
        old.acknowledge(message)
    eventually(lambda: shown()["all"][0] == 0, "nothing drains")
    done = shown()
    third = join(t, "third")
    more = shown()
    third.close()
    eventually(lambda: shown()["all"][0] == 0, "what moved to the third has come back")
    t.observe(
        alone=alone, moved=moved, blocked=blocked, half=half, done=done, more=more, back=shown()
    )
    new.close()


@scenario
def a_key_that_stands_still_holds_up_no_other(t):
    """One consumer takes nothing beyond its queue of one; the other gets all of its own keys."""
    slow = join(t, "slow", receiver_queue_size=1)
    quick = join(t, "quick")
    send_keyed(t.producer(), 20)
    early = by_key(drain(quick, acknowledge=True))
    for key, numbers in early.items():
        same(numbers, list(range(20)), f"order of {key}")
    waits = t.admin.subscription_stats(t.topic())["msgBacklog"]
    late = by_key(drain(slow, acknowledge=True))
    for key, numbers in late.items():
        same(numbers, list(range(20)), f"order of {key}")
    same(sorted([*early, *late]), sorted(KEYS), "all keys arrive")
    t.observe(keys_of_the_quick_one=sorted(early), waiting=waits)

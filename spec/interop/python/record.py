"""Speaks one short conversation with a broker, for record.mjs to keep its bytes.

record.py SERVICE_URL CONVERSATION
"""

import os
import re
import sys
import threading

import pulsar

TOPIC = "persistent://public/default/wire-python-%s-%d"


def main():
    service_url, name = sys.argv[1:3]
    logger = pulsar.ConsoleLogger(pulsar.LoggerLevel.Warn)
    client = pulsar.Client(service_url, io_threads=1, logger=logger)
    CONVERSATIONS[name](client, TOPIC % (name, os.getpid()))
    client.close()


def produce_single(client, topic):
    producer = client.create_producer(topic, producer_name="single")
    for i in range(5):
        producer.send(
            b"message-%d" % i,
            properties={"index": str(i), "": "empty key", "snow": "☃"},
            partition_key="key-%d" % (i % 2),
            ordering_key="order-%d" % i,
            event_timestamp=1_700_000_000_000 + i,
            sequence_id=100 + 10 * i,
        )
    producer.send(b"")
    producer.close()


def produce_batched(client, topic):
    produce_batch(client, topic, pulsar.CompressionType.NONE, 20)


def produce_compressed(client, topic):
    for codec in (
        pulsar.CompressionType.LZ4,
        pulsar.CompressionType.ZLib,
        pulsar.CompressionType.ZSTD,
        pulsar.CompressionType.SNAPPY,
    ):
        produce_batch(client, topic, codec, 5)
        producer = client.create_producer(topic, compression_type=codec)
        producer.send(b"compressible " * 40)
        producer.close()


def produce_key_batched(client, topic):
    produce_batch(client, topic, pulsar.CompressionType.NONE, 20, pulsar.BatchingType.KeyBased)


def produce_chunked(client, topic):
    producer = client.create_producer(topic, chunking_enabled=True)
    producer.send(bytes(i % 251 for i in range(10_000)), properties={"chunked": "yes"})
    producer.close()
    consumer = subscribe_earliest(client, topic, pulsar.ConsumerType.Exclusive)
    consumer.acknowledge(consumer.receive(10_000))
    consumer.close()


def produce_exclusive(client, topic):
    producer = client.create_producer(topic, access_mode=pulsar.ProducerAccessMode.Exclusive)
    producer.send(b"alone")
    try:
        client.create_producer(topic)
        raise AssertionError("a shared producer joined an exclusive one")
    except pulsar.ProducerBusy:
        pass
    producer.close()


def consume_individual(client, topic):
    fill(client, topic)
    consumer = subscribe_earliest(client, topic, pulsar.ConsumerType.Shared)
    for _ in range(8):
        consumer.acknowledge(consumer.receive(10_000))
    consumer.close()


def consume_cumulative(client, topic):
    fill(client, topic)
    consumer = subscribe_earliest(client, topic, pulsar.ConsumerType.Failover)
    messages = [consumer.receive(10_000) for _ in range(8)]
    consumer.acknowledge_cumulative(messages[3])
    consumer.acknowledge_cumulative(messages[7])
    consumer.unsubscribe()


def consume_nack(client, topic):
    fill(client, topic)
    consumer = client.subscribe(
        topic,
        "sub",
        consumer_type=pulsar.ConsumerType.Shared,
        initial_position=pulsar.InitialPosition.Earliest,
        negative_ack_redelivery_delay_ms=100,
        batch_index_ack_enabled=True,
    )
    for _ in range(8):
        message = consumer.receive(10_000)
        if message.data() in (b"batched-1", b"single-2"):
            consumer.negative_acknowledge(message)
        else:
            consumer.acknowledge(message)
    while True:
        message = consumer.receive(10_000)
        consumer.acknowledge(message)
        if message.data() == b"single-2":
            break
    consumer.close()


def consume_seek(client, topic):
    fill(client, topic)
    consumer = subscribe_earliest(client, topic, pulsar.ConsumerType.Exclusive)
    messages = [consumer.receive(10_000) for _ in range(8)]
    consumer.seek(messages[5].message_id())
    consumer.receive(10_000)
    consumer.seek(pulsar.MessageId.earliest)
    consumer.receive(10_000)
    consumer.seek(messages[0].publish_timestamp())
    consumer.receive(10_000)
    consumer.get_last_message_id()
    consumer.redeliver_unacknowledged_messages()
    consumer.receive(10_000)
    consumer.close()


def consume_key_shared(client, topic):
    policy = pulsar.ConsumerKeySharedPolicy(
        key_shared_mode=pulsar.KeySharedMode.Sticky, sticky_ranges=[(0, 65535)]
    )
    consumer = client.subscribe(
        topic,
        "sub",
        consumer_type=pulsar.ConsumerType.KeyShared,
        initial_position=pulsar.InitialPosition.Earliest,
        key_shared_policy=policy,
        properties={"of": "the consumer"},
    )
    fill(client, topic)
    for _ in range(8):
        consumer.acknowledge(consumer.receive(10_000))
    consumer.close()


def read(client, topic):
    fill(client, topic)
    reader = client.create_reader(topic, pulsar.MessageId.earliest)
    while reader.has_message_available():
        reader.read_next(10_000)
    reader.close()


def partitions(client, topic):
    client.get_topic_partitions(topic)
    pattern = "persistent://public/default/wire-python-part.*"
    producer = client.create_producer(topic)
    consumer = client.subscribe(re.compile(pattern), "sub")
    producer.send(b"found")
    consumer.receive(10_000)
    consumer.close()
    producer.close()


def errors(client, topic):
    try:
        client.create_producer("persistent://public/no-such-namespace/topic")
        raise AssertionError("a missing namespace was accepted")
    except pulsar.TopicNotFound:
        pass
    first = client.subscribe(topic, "sub")
    try:
        client.subscribe(topic, "sub")
        raise AssertionError("two exclusive consumers")
    except pulsar.ConsumerBusy:
        pass
    first.close()


def fill(client, topic):
    """Five messages in one batch, then three single ones."""
    produce_batch(client, topic, pulsar.CompressionType.NONE, 5)
    producer = client.create_producer(topic)
    for i in range(3):
        producer.send(b"single-%d" % i)
    producer.close()


def produce_batch(client, topic, codec, count, batching_type=pulsar.BatchingType.Default):
    producer = client.create_producer(
        topic,
        compression_type=codec,
        batching_enabled=True,
        batching_type=batching_type,
        batching_max_publish_delay_ms=10_000,
        batching_max_messages=count * 2,
    )
    done = threading.Semaphore(0)
    for i in range(count):
        producer.send_async(
            b"batched-%d" % i,
            lambda result, message_id: done.release(),
            properties={"index": str(i)},
            partition_key="key-%d" % (i % 3),
        )
    producer.flush()
    for _ in range(count):
        done.acquire()
    producer.close()


def subscribe_earliest(client, topic, consumer_type):
    return client.subscribe(
        topic,
        "sub",
        consumer_type=consumer_type,
        initial_position=pulsar.InitialPosition.Earliest,
    )


CONVERSATIONS = {
    "produce-single": produce_single,
    "produce-batched": produce_batched,
    "produce-compressed": produce_compressed,
    "produce-key-batched": produce_key_batched,
    "produce-chunked": produce_chunked,
    "produce-exclusive": produce_exclusive,
    "consume-individual": consume_individual,
    "consume-cumulative": consume_cumulative,
    "consume-nack": consume_nack,
    "consume-seek": consume_seek,
    "consume-key-shared": consume_key_shared,
    "read": read,
    "partitions": partitions,
    "errors": errors,
}


if __name__ == "__main__":
    main()

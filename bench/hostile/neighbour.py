"""The neighbour of neighbour.ts with Pulsar's own client. Arguments: port, messages a second."""

import json
import math
import sys
import threading
import time

import pulsar

port, rate = sys.argv[1], int(sys.argv[2])
TOPIC = "persistent://neighbour/steady/topic"
logger = pulsar.ConsoleLogger(pulsar.LoggerLevel.Fatal)
client = pulsar.Client(f"pulsar://127.0.0.1:{port}", logger=logger)
lock = threading.Lock()
latencies, receipts = [], []


def received(consumer, message):
    ms = (time.monotonic_ns() - int(message.properties()["at"])) / 1e6
    consumer.acknowledge(message)
    with lock:
        latencies.append(ms)


consumer = client.subscribe(TOPIC, "steady", message_listener=received)
producer = client.create_producer(TOPIC, batching_enabled=False, block_if_queue_full=True)


def publish():
    began, sent = time.monotonic(), 0
    while True:
        due = int((time.monotonic() - began) * rate)
        while sent < due:
            at = time.monotonic_ns()

            def answered(result, _id, at=at):
                with lock:
                    receipts.append((time.monotonic_ns() - at) / 1e6)

            producer.send_async(b"x" * 1024, answered, properties={"at": str(at)})
            sent += 1
        time.sleep(0.002)


def percentiles(values):
    values.sort()
    at = lambda part: values[int(len(values) * part)] if values else math.inf
    return {"p50": at(0.5), "p99": at(0.99)}


threading.Thread(target=publish, daemon=True).start()
print("ready", flush=True)
for _ in sys.stdin:
    with lock:
        (took, latencies), (told, receipts) = (latencies, []), (receipts, [])
    window = {"received": len(took), "endToEnd": percentiles(took), "receipt": percentiles(told)}
    print(json.dumps(window), flush=True)

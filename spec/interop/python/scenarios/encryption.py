"""End-to-end encryption: the broker passes on what it cannot read."""

import functools
import os
import subprocess
import tempfile
import threading

import pulsar
from stage import (
    data_of,
    drain,
    eventually,
    numbered,
    path_of,
    receive,
    same,
    scenario,
    send_all,
    text_of,
)

Fail = pulsar.ConsumerCryptoFailureAction.FAIL
Consume = pulsar.ConsumerCryptoFailureAction.CONSUME
Discard = pulsar.ConsumerCryptoFailureAction.DISCARD


def keys():
    """A reader of a pair of keys that is made for this run: one pair for all lanes."""
    with MAKING:
        return made_keys()


MAKING = threading.Lock()


@functools.cache
def made_keys():
    folder = tempfile.mkdtemp(prefix="interop-keys-")
    private, public = os.path.join(folder, "private.pem"), os.path.join(folder, "public.pem")
    for command in (
        ["openssl", "genpkey", "-algorithm", "RSA", "-out", private],
        ["openssl", "pkey", "-in", private, "-pubout", "-out", public],
    ):
        subprocess.run(command, check=True, capture_output=True)
    return pulsar.CryptoKeyReader(public, private)


def encrypting(t, **options):
    return t.producer(encryption_key="of this run", crypto_key_reader=keys(), **options)


@scenario
def who_has_the_key_reads(t):
    consumer = t.consumer(crypto_key_reader=keys())
    producer = encrypting(t)
    id_ = producer.send(b"secret", properties={"a": "b"}, partition_key="key")
    batch = encrypting(t, batching_enabled=True, batching_max_publish_delay_ms=100)
    send_all(batch, numbered(3))
    packed = encrypting(t, compression_type=pulsar.CompressionType.ZSTD)
    packed.send(b"packed " * 100)
    messages = receive(consumer, 5, acknowledge=True)
    same(data_of(messages)[0], b"secret")
    same(sorted(data_of(messages)[1:4]), numbered(3))
    same(data_of(messages)[4], b"packed " * 100)
    path = f"{path_of(t.topic())}/ledger/{id_.ledger_id()}/entry/{id_.entry_id()}"
    status, stored = t.admin.request("GET", path)
    t.observe(
        properties=messages[0].properties(),
        key=messages[0].partition_key(),
        contexts=[message.encryption_context() is not None for message in messages],
        stored=[status, stored == "secret"],
    )
    eventually(lambda: t.admin.backlog(t.topic()) == 0, "all is acknowledged")


@scenario
def who_has_no_key_gets_what_it_asked_for(t):
    encrypting(t).send(b"secret")
    t.producer().send(b"open")
    blind = t.consumer(subscription="fail", crypto_failure_action=Fail)
    failed = text_of(drain(blind))
    seen = t.consumer(subscription="consume", crypto_failure_action=Consume)
    first, second = receive(seen, 2, acknowledge=True)
    context = first.encryption_context()
    dropped = t.consumer(subscription="discard", crypto_failure_action=Discard)
    t.observe(
        failed=failed,
        consumed=[first.data() == b"secret", second.data().decode()],
        keys=[key.key for key in context.keys()],
        undecrypted=context.is_decryption_failed(),
        discarded=text_of(receive(dropped, 1, acknowledge=True)),
    )
    eventually(lambda: t.admin.backlog(t.topic(), "discard") == 0, "what was dropped is done with")


@scenario
def an_encrypted_message_may_be_chunked(t):
    consumer = t.consumer(crypto_key_reader=keys())
    payload = os.urandom(6 * 1024 * 1024)
    encrypting(t, chunking_enabled=True).send(payload)
    assert receive(consumer, 1, acknowledge=True)[0].data() == payload, "the payload changed"


@scenario
def a_reader_decrypts(t):
    encrypting(t).send(b"secret")
    reader = t.client.create_reader(
        t.topic(), pulsar.MessageId.earliest, crypto_key_reader=keys()
    )
    same(reader.read_next(15_000).data(), b"secret")

"""What clients may do where roles count: granted, refused, taken back while they are connected."""

import base64
import hashlib
import hmac
import json

import pulsar
from stage import (
    Earliest,
    Shared,
    data_of,
    eventually,
    numbered,
    path_of,
    receive,
    same,
    scenario,
    send_all,
)

KEY = b"the key of those who sign tokens for these scenarios"

# Who shows nothing is the operator: the suite's own REST calls, and the broker's own client.
SETTINGS = {
    "authenticationEnabled": "true",
    "authenticationProviders": "org.apache.pulsar.broker.authentication.AuthenticationProviderToken",
    "tokenSecretKey": "data:;base64," + base64.b64encode(KEY).decode(),
    "anonymousUserRole": "operator",
    "authorizationEnabled": "true",
    "superUserRoles": "operator",
}


def token_of(role):
    def part(data):
        return base64.urlsafe_b64encode(data).rstrip(b"=")

    text = part(b'{"alg":"HS256"}') + b"." + part(json.dumps({"sub": role}).encode())
    return (text + b"." + part(hmac.new(KEY, text, hashlib.sha256).digest())).decode()


def client_of(t, role):
    return t.new_client(authentication=pulsar.AuthenticationToken(token_of(role)))


# Each start of the broker costs seconds, so that one tells the whole story.
@scenario(alone=True, needs_switch=True, deadline_s=240)
def permissions_are_granted_and_taken_back(t):
    with t.broker.configured(**SETTINGS):
        namespace = t.namespace()
        topic = t.topic(namespace=namespace)
        t.admin.put(path_of(topic))
        permissions = f"/namespaces/{namespace}/permissions"
        writer, reader = client_of(t, "writer"), client_of(t, "reader")
        produce = lambda: writer.create_producer(topic)
        consume = lambda name="sub": reader.subscribe(topic, name, Shared, initial_position=Earliest)
        refused = {"before": [t.error_of(produce), t.error_of(consume)]}

        t.admin.post(f"{permissions}/writer", ["produce"])
        t.admin.post(f"{path_of(topic)}/permissions/reader", ["consume"])
        producer, consumer = produce(), consume()
        send_all(producer, numbered(5))
        same(data_of(receive(consumer, 5, acknowledge=True)), numbered(5))
        refused["the other way round"] = [
            t.error_of(lambda: reader.create_producer(topic)),
            t.error_of(lambda: writer.subscribe(topic, "sub", Shared)),
        ]

        t.admin.post(f"{permissions}/subscription/kept", ["somebody"])
        refused["a subscription that is kept"] = t.error_of(lambda: consume("kept"))
        t.admin.post(f"/namespaces/{namespace}/subscriptionAuthMode", "Prefix")
        refused["a subscription of another name"] = t.error_of(lambda: consume("mine"))
        consume("reader-1").close()
        eventually(lambda: not consumer.is_connected(), "the consumer of another name is closed")
        t.admin.post(f"/namespaces/{namespace}/subscriptionAuthMode", "None")

        t.admin.delete(f"{permissions}/writer")
        eventually(lambda: not producer.is_connected(), "the producer is closed")
        refused["after"] = t.error_of(lambda: writer.create_producer(topic))
        t.observe(refused=refused)

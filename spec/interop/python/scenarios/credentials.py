"""How clients prove who they are, in the clear and by TLS, to a broker that asks."""

import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pulsar
from stage import Shared, data_of, eventually, numbered, receive, same, scenario, send_all

ROLES = ["app", "alice", "bob", "carol", "dave"]

HOPELESS_S = 2
"""The client's patience where it goes on trying although it is turned away each time."""


def namespace_for(t):
    """A namespace of the scenario's own, in which the roles may produce and consume."""
    name = "public/" + t.topic().rpartition("/")[2]
    admin = t.guarded.admin
    admin.put(f"/namespaces/{name}", {})
    for role in ROLES:
        admin.post(f"/namespaces/{name}/permissions/{role}", ["produce", "consume"])
    return name


def observe_outcomes(t, cases):
    """What comes of producing and consuming with each of the credentials, by name."""
    namespace = namespace_for(t)

    def outcome(at, options):
        return outcome_of(t, f"persistent://{namespace}/{at}", **options)

    with ThreadPoolExecutor(len(cases)) as pool:
        t.observe(**dict(zip(cases, pool.map(outcome, range(len(cases)), cases.values()))))


def outcome_of(t, topic, by_tls=False, **options):
    """Fine, or the name of the error."""
    about = t.guarded.about
    if by_tls:
        options.setdefault("tls_trust_certs_file_path", t.guarded.certificate("ca"))
    client = t.new_client(about["serviceUrlTls" if by_tls else "serviceUrl"], **options)
    try:
        consumer = client.subscribe(topic, "sub", consumer_type=Shared)
        send_all(client.create_producer(topic), numbered(3))
    except pulsar.PulsarException as error:
        return type(error).__name__
    same(data_of(receive(consumer, 3, acknowledge=True)), numbered(3))
    return "fine"


def both_ways(cases):
    """Each case in the clear and by TLS."""
    by_tls = {f"{name}, by TLS": {**case, "by_tls": True} for name, case in cases.items()}
    return cases | by_tls


def shows(authentication, **options):
    return {"authentication": authentication, **options}


def hopeless(authentication, **options):
    return shows(authentication, operation_timeout_seconds=HOPELESS_S, **options)


@scenario(needs_switch=True)
def tokens(t):
    good = t.broker.token("app")
    token = pulsar.AuthenticationToken
    cases = {
        "none": hopeless(None),
        "a good one": shows(token(good)),
        "made when it is needed": shows(token(lambda: good)),
        "of another key": hopeless(token(good[:-6] + "AAAAAA")),
        "expired": hopeless(t.guarded.by_token("app", -10)),
        "not a token": hopeless(token("nonsense")),
        "of one who is granted nothing": shows(t.guarded.by_token("stranger")),
    }
    observe_outcomes(t, both_ways(cases))


@scenario(needs_switch=True)
def certificates(t):
    alice, app = t.guarded.by_certificate("alice"), t.guarded.by_token("app")
    path = t.guarded.certificate
    to_connect = {
        "tls_certificate_file_path": path("alice"),
        "tls_private_key_file_path": path("alice").replace(".pem", ".key"),
    }
    cases = {
        "alice's": shows(alice, by_tls=True, tls_validate_hostname=True),
        "bob's, with a chain": shows(t.guarded.by_certificate("bob"), by_tls=True),
        "without a name": hopeless(t.guarded.by_certificate("nameless"), by_tls=True),
        "signed by a stranger": hopeless(t.guarded.by_certificate("mallory"), by_tls=True),
        "to connect, and a token": shows(app, by_tls=True, **to_connect),
        "of a broker that is not trusted": shows(
            app, by_tls=True, tls_trust_certs_file_path=path("mallory")
        ),
        "in the clear": hopeless(alice),
    }
    observe_outcomes(t, cases)


@scenario(needs_switch=True)
def passwords(t):
    password = pulsar.AuthenticationBasic
    cases = {
        "right": shows(password("carol", "carol's password")),
        "wrong": hopeless(password("carol", "dave's password")),
        "of nobody": hopeless(password("erin", "carol's password")),
        "empty": hopeless(password("carol", "")),
    }
    observe_outcomes(t, both_ways(cases))


@scenario(needs_switch=True)
def a_login_by_oauth2(t):
    about = t.guarded.about

    def login(**secret):
        where = {"issuer_url": about["issuer"], "audience": about["audience"]}
        return pulsar.AuthenticationOauth2(json.dumps(where | secret))

    cases = {
        "right": shows(login(private_key=about["login"])),
        "wrong": shows(login(client_id="dave", client_secret="what nobody knows")),
    }
    observe_outcomes(t, both_ways(cases))


@scenario(needs_switch=True)
def a_token_that_expires_is_asked_for_again(t):
    """The producer and the consumer live on, over the connections that they have."""
    began = time.monotonic()
    short, lasting = t.broker.token("app", 2), t.broker.token("app")
    asked_again = threading.Event()

    def supply():
        # The short one, whose end is a whole second, may be over from here on.
        if time.monotonic() - began < 1:
            return short
        asked_again.set()
        return lasting

    topic = f"persistent://{namespace_for(t)}/t"
    client = client_with(t, pulsar.AuthenticationToken(supply))
    consumer = client.subscribe(topic, "sub")
    producer = client.create_producer(topic)
    connections = addresses_of(t, topic)
    sent = 0
    while time.monotonic() - began < 5:
        send_all(producer, numbered(1, sent))
        sent += 1
        time.sleep(0.1)
    same(data_of(receive(consumer, sent)), numbered(sent))
    stayed = addresses_of(t, topic) == connections
    t.observe(**{"on the same connections": stayed, "asked again": asked_again.is_set()})


@scenario(needs_switch=True)
def a_token_that_stays_expired_ends_the_connection(t):
    topic = f"persistent://{namespace_for(t)}/t"
    client = client_with(
        t, t.guarded.by_token("app", 4), operation_timeout_seconds=HOPELESS_S
    )
    producer = client.create_producer(topic, send_timeout_millis=HOPELESS_S * 1000)
    send_all(producer, numbered(1))
    eventually(lambda: not t.guarded.admin.stats(topic)["publishers"], "the producer has left")
    t.observe(
        send=t.error_of(lambda: producer.send(b"late")),
        another=t.error_of(lambda: client.create_producer(topic)),
    )


def client_with(t, authentication, **options):
    url = t.guarded.about["serviceUrl"]
    return t.new_client(url, authentication=authentication, **options)


def addresses_of(t, topic):
    stats = t.guarded.admin.stats(topic)
    consumers = stats["subscriptions"]["sub"]["consumers"]
    return [each["address"] for each in stats["publishers"] + consumers]

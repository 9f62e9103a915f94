"""What a scenario works with: a client and topics of its own, REST, the broker's switch, and a
second broker that asks for credentials.

A scenario is a function marked with @scenario that takes a Stage. It asserts what must hold, and
observes facts: values that another broker must show as well, so never ids, times or addresses.
"""

import contextlib
import functools
import http.client
import json
import re
import threading
import time
import urllib.parse
import urllib.request

import pulsar

SCENARIOS = []

Earliest = pulsar.InitialPosition.Earliest
Latest = pulsar.InitialPosition.Latest
Exclusive = pulsar.ConsumerType.Exclusive
Shared = pulsar.ConsumerType.Shared
Failover = pulsar.ConsumerType.Failover
KeyShared = pulsar.ConsumerType.KeyShared

PATIENCE_MS = 15_000
"""How long a message that must come may take."""

QUIET_MS = 400
"""How long nothing has to come before we believe that nothing comes."""


def scenario(function=None, *, alone=False, deadline_s=60, needs_switch=False):
    """Registers a scenario. One that is `alone` runs after the others, by itself."""

    def register(body):
        group = body.__module__.removeprefix("scenarios.")
        SCENARIOS.append(
            Scenario(f"{group}.{body.__name__}", body, alone, deadline_s, needs_switch)
        )
        return body

    return register(function) if function else register


class Scenario:
    def __init__(self, name, body, alone, deadline_s, needs_switch):
        self.name = name
        self.body = body
        self.alone = alone
        self.deadline_s = deadline_s
        self.needs_switch = needs_switch


class Stage:
    def __init__(self, name, service_url, admin_url, control_url, run):
        self.service_url = service_url
        self.admin = Admin(admin_url)
        self.broker = Broker(control_url)
        self.guarded = Guarded(self.broker)
        self.facts = {}
        self._run = run
        self._name = re.sub(r"[^a-z0-9_]+", "-", name)
        self._clients = []

    def topic(self, suffix="", namespace="public/default"):
        """The full name of a topic that no other scenario uses."""
        parts = ["py", self._run, self._name, suffix]
        return f"persistent://{namespace}/" + "-".join(part for part in parts if part)

    def namespace(self):
        """A namespace of this scenario's own."""
        name = "public/" + self.topic().rpartition("/")[2]
        self.admin.request("PUT", f"/namespaces/{name}", {})
        return name

    @property
    def client(self):
        return self._clients[0] if self._clients else self.new_client()

    def new_client(self, service_url=None, **options):
        """Another client: other connections than those of `client`."""
        options.setdefault("operation_timeout_seconds", 20)
        client = pulsar.Client(service_url or self.service_url, logger=LOGGER, **options)
        self._clients.append(client)
        return client

    def producer(self, topic=None, **options):
        return self.client.create_producer(topic or self.topic(), **options)

    def consumer(self, topic=None, subscription="sub", kind=Exclusive, **options):
        options.setdefault("initial_position", Earliest)
        return self.client.subscribe(
            topic or self.topic(), subscription, consumer_type=kind, **options
        )

    def observe(self, **facts):
        """Keeps facts for the comparison with another broker."""
        self.facts.update(json.loads(json.dumps(facts)))

    def error_of(self, call):
        """The name of the Pulsar error that `call` must end with."""
        try:
            call()
        except pulsar.PulsarException as error:
            return type(error).__name__
        except ValueError as error:
            return f"ValueError: {error}"
        raise AssertionError("this must be refused, and was not")

    def plain(self, text):
        """A text of the broker without what differs from run to run."""
        name = re.escape(self.topic().rpartition("/")[2])
        text = re.sub(rf"{name}", "TOPIC", text)
        return re.sub(r"standalone-\d+-\d+", "GENERATED", text)

    def close(self):
        for client in self._clients:
            try:
                client.close()
            except pulsar.PulsarException:
                client.shutdown()


def send_all(producer, payloads, **options):
    """Sends without waiting in between; the message ids, in order, once all are stored."""
    ids = [None] * len(payloads)
    problems = []
    left = threading.Semaphore(0)

    def sent(at):
        def done(result, message_id):
            if result == pulsar.Result.Ok:
                ids[at] = message_id
            else:
                problems.append(result.name)
            left.release()

        return done

    for at, payload in enumerate(payloads):
        producer.send_async(payload, sent(at), **options)
    producer.flush()
    for _ in payloads:
        assert left.acquire(timeout=PATIENCE_MS / 1000), "a receipt is missing"
    assert not problems, f"{len(problems)} sends failed: {sorted(set(problems))}"
    return ids


def send_batch(stage, payloads, topic=None, **options):
    """Sends all payloads as one batch."""
    producer = stage.producer(
        topic,
        batching_enabled=True,
        batching_max_messages=len(payloads),
        batching_max_publish_delay_ms=60_000,
        **options,
    )
    ids = send_all(producer, payloads)
    producer.close()
    return ids


def numbered(count, start=0):
    return [b"message-%d" % i for i in range(start, start + count)]


def receive(consumer, count, acknowledge=False):
    """The next `count` messages."""
    messages = []
    while len(messages) < count:
        try:
            message = consumer.receive(PATIENCE_MS)
        except pulsar.Timeout:
            raise AssertionError(
                f"{len(messages)} of {count} messages came: {short(data_of(messages))}"
            ) from None
        messages.append(message)
        if acknowledge:
            consumer.acknowledge(message)
    return messages


def drain(consumer, acknowledge=False, quiet_ms=QUIET_MS):
    """What comes until nothing came for a while."""
    messages = []
    while True:
        try:
            messages.append(consumer.receive(quiet_ms))
        except pulsar.Timeout:
            return messages
        if acknowledge:
            consumer.acknowledge(messages[-1])


def nothing_comes(consumer, quiet_ms=QUIET_MS):
    extra = drain(consumer, quiet_ms=quiet_ms)
    assert not extra, f"unexpected messages: {short(data_of(extra))}"


def read_all(reader):
    messages = []
    while reader.has_message_available():
        messages.append(reader.read_next(PATIENCE_MS))
    return messages


def data_of(messages):
    return [message.data() for message in messages]


def text_of(messages):
    return [message.data().decode() for message in messages]


def short(values):
    shown = [bytes(value[:24]) for value in values[:8]]
    return f"{shown} and {len(values) - 8} more" if len(values) > 8 else f"{shown}"


def same(actual, expected, what="values"):
    assert actual == expected, f"{what}: expected {clip(expected)}, got {clip(actual)}"


def clip(value):
    text = repr(value)
    return text if len(text) < 250 else f"{text[:250]}… ({len(text)} characters)"


def eventually(condition, what, patience_s=15):
    """Waits until `condition()` is true, and gives its value."""
    end = time.monotonic() + patience_s
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < end, f"did not come true within {patience_s} s: {what}"
        time.sleep(0.02)


class Admin:
    """The REST interface, as (status, body)."""

    def __init__(self, url, token=None):
        self._host = urllib.parse.urlsplit(url).netloc
        self._headers = {"Content-Type": "application/json"}
        if token:
            self._headers["Authorization"] = f"Bearer {token}"

    def request(self, method, path, body=None):
        connection = http.client.HTTPConnection(self._host, timeout=20)
        try:
            text = None if body is None else json.dumps(body)
            connection.request(method, "/admin/v2" + path, text, self._headers)
            response = connection.getresponse()
            raw = response.read()
        finally:
            connection.close()
        try:
            return response.status, json.loads(raw) if raw else None
        except ValueError:
            return response.status, raw.decode(errors="replace")

    def metrics(self):
        """What Prometheus would be given."""
        url = f"http://{self._host}/metrics/"
        with urllib.request.urlopen(url, timeout=20) as response:
            return response.read().decode()

    def get(self, path):
        status, body = self.request("GET", path)
        assert status == 200, f"GET {path} answered {status} {body}"
        return body

    def put(self, path, body=None):
        status, answer = self.request("PUT", path, body)
        assert status < 300, f"PUT {path} answered {status} {answer}"

    def post(self, path, body=None):
        status, answer = self.request("POST", path, body)
        assert status < 300, f"POST {path} answered {status} {answer}"
        return answer

    def delete(self, path):
        status, answer = self.request("DELETE", path)
        assert status < 300, f"DELETE {path} answered {status} {answer}"

    def stats(self, topic):
        return self.get(path_of(topic) + "/stats")

    def subscription_stats(self, topic, subscription="sub"):
        return self.stats(topic)["subscriptions"][subscription]

    def backlog(self, topic, subscription="sub"):
        return self.subscription_stats(topic, subscription)["msgBacklog"]

    def create_partitioned(self, topic, partitions):
        self.put(path_of(topic) + "/partitions", partitions)


def path_of(topic):
    return "/" + topic.replace("://", "/")


class Broker:
    """The broker's process and the network in front of it, both in the hands of the runner."""

    def __init__(self, control_url):
        self._host = urllib.parse.urlsplit(control_url).netloc if control_url else None

    @property
    def available(self):
        return self._host is not None

    def kill(self):
        self._ask("kill")

    def start(self):
        self._ask("start")

    def restart(self):
        """Stops the broker as an operator does, and starts it again."""
        self._ask("restart")

    @contextlib.contextmanager
    def configured(self, **settings):
        """Started again with other settings of the broker, and afterwards without them."""
        self._ask("with/" + urllib.parse.urlencode(settings))
        try:
            yield
        finally:
            self._ask("without")

    def relay(self):
        """A service URL behind which connections can be cut or frozen."""
        answer = self._ask("relay")
        return Relay(self, answer["serviceUrl"], answer["id"])

    def guarded(self):
        """Where the broker is that asks for credentials, and what it takes."""
        return self._ask("guarded")

    def token(self, role, seconds=""):
        """A token that the guarded broker takes, for so long."""
        return self._ask(f"token/{role}/{seconds}")["token"]

    def _ask(self, what):
        connection = http.client.HTTPConnection(self._host, timeout=120)
        try:
            connection.request("POST", "/" + what)
            response = connection.getresponse()
            raw = response.read()
            assert response.status == 200, f"{what}: {raw.decode()}"
            return json.loads(raw)
        finally:
            connection.close()


class Guarded:
    """The broker that asks for credentials; it starts when the first scenario looks."""

    def __init__(self, broker):
        self._broker = broker

    @functools.cached_property
    def about(self):
        return self._broker.guarded()

    @functools.cached_property
    def admin(self):
        """REST as the operator, who may do everything."""
        return Admin(self.about["adminUrl"], self.about["operator"])

    def certificate(self, name):
        return f"{self.about['certificates']}/{name}.pem"

    def by_token(self, role, seconds=""):
        return pulsar.AuthenticationToken(self._broker.token(role, seconds))

    def by_certificate(self, name):
        key = f"{self.about['certificates']}/{name}.key"
        return pulsar.AuthenticationTLS(self.certificate(name), key)


class Relay:
    def __init__(self, broker, service_url, relay_id):
        self._broker = broker
        self._id = relay_id
        self.service_url = service_url

    def cut(self):
        """Breaks all connections on both sides."""
        self._broker._ask(f"cut/{self._id}")

    def freeze(self):
        """Breaks them for the client; the broker still holds them open and hears nothing."""
        self._broker._ask(f"freeze/{self._id}")


LOGGER = None
"""Where the clients write; set by run.py."""

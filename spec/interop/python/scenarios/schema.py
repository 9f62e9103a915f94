"""Producers and consumers with schemas."""

import pulsar
from pulsar.schema import AvroSchema, Integer, JsonSchema, Record, String, StringSchema
from stage import data_of, path_of, receive, same, scenario


class Person(Record):
    name = String(required=True)
    age = Integer()


class Renamed(Record):
    """Incompatible with Person: a required field without a default is added and one is gone."""

    title = String(required=True)


def with_schema(t, schema, value):
    producer = t.producer(schema=schema)
    consumer = t.consumer(schema=schema)
    producer.send(value)
    message = receive(consumer, 1)[0]
    t.observe(schema_version=list(message.schema_version().encode("latin-1")))
    return message


@scenario
def strings(t):
    same(with_schema(t, StringSchema(), "text ☃").value(), "text ☃")


@scenario
def json(t):
    message = with_schema(t, JsonSchema(Person), Person(name="Ada", age=36))
    same((message.value().name, message.value().age), ("Ada", 36))
    status, schema = t.admin.request("GET", path_of(t.topic()).replace(
        "/persistent", "/schemas", 1) + "/schema")  # fmt: skip
    t.observe(rest=[status, sorted(schema), schema.get("type"), schema.get("version")])


@scenario
def avro(t):
    message = with_schema(t, AvroSchema(Person), Person(name="Ada", age=36))
    same((message.value().name, message.value().age), ("Ada", 36))


@scenario
def an_incompatible_producer_is_refused(t):
    t.producer(schema=AvroSchema(Person)).send(Person(name="Ada", age=36))
    t.observe(
        other_fields=t.error_of(lambda: t.producer(schema=AvroSchema(Renamed))),
        other_type=t.error_of(lambda: t.producer(schema=StringSchema())),
    )


class Wider(Record):
    """Compatible with Person only forward: what it writes Person reads, not the other way round."""

    name = String(required=True)
    age = Integer()
    title = String(required=True)


def refusal_of(call):
    """The name of the Pulsar error that `call` ends with, if it does."""
    try:
        call()
    except pulsar.PulsarException as error:
        return type(error).__name__
    return None


def asked_by_rest(t, topic, schema):
    """The strategy that counts there, and whether the schema would be let in."""
    post = {"type": "AVRO", "schema": schema.schema_info().schema(), "properties": {}}
    path = path_of(topic).replace("/persistent", "/schemas", 1)
    status, answer = t.admin.request("POST", path + "/compatibility", post)
    return [status, answer.get("schemaCompatibilityStrategy"), answer.get("compatibility")]


@scenario
def the_older_strategy_of_a_namespace(t):
    for older in ["AutoUpdateDisabled", "AlwaysCompatible", "Forward", "Backward"]:
        namespace = f"public/{t.topic(older).rpartition('/')[2]}"
        t.admin.put(f"/namespaces/{namespace}", {})
        set_to = t.admin.request(
            "PUT", f"/namespaces/{namespace}/schemaAutoUpdateCompatibilityStrategy", older
        )
        topic = t.topic(older, namespace)
        first = refusal_of(lambda: t.producer(topic, schema=AvroSchema(Person)))
        # Asked before a producer with it comes, which would let it in.
        asked = [asked_by_rest(t, topic, AvroSchema(one)) for one in [Wider, Renamed]]
        refused = [
            refusal_of(lambda: t.producer(topic, schema=AvroSchema(one)))
            for one in [Wider, Renamed]
        ]
        t.observe(**{older: [set_to, first, asked, refused]})


@scenario
def an_incompatible_consumer_is_refused(t):
    t.producer(schema=AvroSchema(Person)).send(Person(name="Ada", age=36))
    t.observe(refused=t.error_of(lambda: t.consumer(schema=AvroSchema(Renamed))))


@scenario
def bytes_pass_beside_a_schema(t):
    t.producer(schema=StringSchema()).send("text")
    plain = t.consumer()
    t.producer().send(b"plain bytes")
    same(data_of(receive(plain, 2)), [b"text", b"plain bytes"])


@scenario
def a_schema_outlives_its_producers(t):
    producer = t.producer(schema=AvroSchema(Person))
    producer.send(Person(name="Ada", age=36))
    producer.close()
    t.admin.put(path_of(t.topic()) + "/unload")
    t.observe(refused=t.error_of(lambda: t.producer(schema=AvroSchema(Renamed))))
    reader = t.client.create_reader(
        t.topic(), pulsar.MessageId.earliest, schema=AvroSchema(Person)
    )
    same(reader.read_next(15_000).value().name, "Ada")

"""What Prometheus finds at /metrics: the names and labels that dashboards and alerts ask for."""

import re

import pulsar
from pulsar.schema import AvroSchema, Integer, Record, String
from stage import eventually, numbered, path_of, receive, same, scenario, send_all

OF_TOPICS = r"pulsar_(storage_(ledger_)?write_latency_\w+|entry_size_\w+|in_\w+_total|msg_backlog)"
OF_SUBSCRIPTIONS = r"pulsar_(out_\w+_total|subscription_(back_log|unacked_messages|consumers_count))"
OF_BROKERS = (
    r"pulsar_broker_(publish_latency|lookup)\w*|pulsar_topic_load_\w+|pulsar_health"
    r"|pulsar_broker_topic_load_pending_requests"
)
OF_LEDGERS = (
    r"pulsar_ml_(AddEntry(?!Errors)\w+|EntrySizeBuckets\w*|LedgerAddEntryLatencyBuckets\w*"
    r"|NumberOfMessagesInBacklog|StoredMessagesSize)"
)
OF_SCHEMAS = r"pulsar_schema_((get|put|del)_ops_latency\w*|incompatible_total)"


def scrape(t, *patterns):
    """The lines of a scrape that has samples like these. Pulsar shares scrapes of one second."""
    text = None

    def is_there():
        nonlocal text
        text = t.admin.metrics()
        return all(re.search(each, text) for each in patterns)

    eventually(is_there, f"there are samples like {patterns}")
    return text.split("\n")


def samples(lines, names, having=""):
    """Names with the labels of their samples, and what tells these samples apart."""
    found = {}
    for line in lines:
        parsed = re.fullmatch(r"(\w+)\{(.*)\} \S+", line)
        if parsed is None or having not in line:
            continue
        name, labels = parsed.groups()
        if not re.fullmatch(names, name) or name.endswith("_created"):
            continue
        pairs = re.findall(r'(\w+)="([^"]*)"', labels)
        said = [f"{k}={v}" if k in ("quantile", "metric") else k for k, v in pairs]
        found.setdefault(name, set()).add(",".join(said))
    return {name: sorted(labels) for name, labels in sorted(found.items())}


def value_of(lines, name, having):
    """Of the only sample of that name."""
    values = [line for line in lines if line.startswith(name + "{") and having in line]
    same(len(values), 1)
    return float(values[0].rpartition(" ")[2])


@scenario
def topics_and_subscriptions_have_pulsars(t):
    consumer = t.consumer()
    send_all(t.producer(), numbered(5))
    receive(consumer, 2)
    here = f'topic="{t.topic()}"'
    messages = rf"\npulsar_\w+_messages_total\{{[^\n]*{re.escape(here)}[^\n]*\}} "
    lines = scrape(t, f"{messages}5", f"{messages}[2-5]")
    t.observe(
        of_topics=samples(lines, OF_TOPICS, here),
        of_subscriptions=samples(lines, OF_SUBSCRIPTIONS, here),
        messages_in=value_of(lines, "pulsar_in_messages_total", here),
        bytes_out_are_counted=value_of(lines, "pulsar_out_bytes_total", here) > 0,
    )


@scenario
def brokers_and_managed_ledgers_have_pulsars(t):
    namespace = t.namespace()
    t.producer(t.topic(namespace=namespace)).send(b"x")
    owner = f'namespace="{namespace}/persistent"'
    lines = scrape(t, owner)
    t.observe(of_brokers=samples(lines, OF_BROKERS), of_ledgers=samples(lines, OF_LEDGERS, owner))


class Before(Record):
    a = String()


class After(Record):
    a = Integer(required=True)


@scenario
def schemas_have_pulsars(t):
    namespace = t.namespace()
    topic = t.topic(namespace=namespace)
    t.producer(topic, schema=AvroSchema(Before)).send(Before(a="x"))
    refused = t.error_of(lambda: t.producer(topic, schema=AvroSchema(After)))
    same(refused, pulsar.IncompatibleSchema.__name__)
    path = "/schemas/" + path_of(topic).removeprefix("/persistent/")
    t.admin.get(f"{path}/schema")
    t.admin.delete(f"{path}/schema")
    here = f'namespace="{namespace}"'
    lines = scrape(t, f"pulsar_schema_del_ops_latency_count[^\\n]*{here}[^\\n]* 1")
    t.observe(
        of_schemas=samples(lines, OF_SCHEMAS, here),
        refused=value_of(lines, "pulsar_schema_incompatible_total", here),
    )


@scenario
def compactions_have_pulsars(t):
    producer = t.producer()
    for each in numbered(5):
        producer.send(each, partition_key="key")
    path = path_of(t.topic()) + "/compaction"
    t.admin.put(path)
    eventually(lambda: t.admin.get(path)["status"] == "SUCCESS", "it is compacted")
    here = f'topic="{t.topic()}"'
    lines = scrape(t, rf"pulsar_compaction_succeed_count[^\n]*{re.escape(here)}[^\n]* 1")
    t.observe(
        of_compactions=samples(lines, r"pulsar_compaction_\w+", here),
        removed=value_of(lines, "pulsar_compaction_removed_event_count", here),
        entries=value_of(lines, "pulsar_compaction_compacted_entries_count", here),
    )

// Readers and table views.

import org.apache.pulsar.client.api.Message;
import org.apache.pulsar.client.api.MessageId;
import org.apache.pulsar.client.api.Range;
import org.apache.pulsar.client.api.Reader;
import org.apache.pulsar.client.api.ReaderBuilder;
import org.apache.pulsar.client.api.Schema;

import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

final class Readers {
    static void register() {
        Suite.scenario("reader", "from_the_start", Readers::fromStart);
        Suite.scenario("reader", "from_an_id", Readers::fromId);
        Suite.scenario("reader", "from_inside_a_batch", Readers::fromBatch);
        Suite.scenario("reader", "from_the_end", Readers::fromEnd);
        Suite.scenario("reader", "from_a_time", Readers::fromTime);
        Suite.scenario("reader", "seeks", Readers::seeks);
        Suite.scenario("reader", "of_partitions", Readers::partitions);
        Suite.scenario("reader", "of_some_keys", Readers::someKeys);
        Suite.scenario("reader", "of_the_last_message", Readers::last);
        Suite.scenario("reader", "knows_whether_there_is_more", Readers::more);
        Suite.scenario("reader", "leaves_no_subscription", Readers::leavesNothing);
        Suite.scenario("reader", "after_unload", Readers::unload);
        Suite.scenario("table", "shows_the_newest", Readers::table);
        Suite.scenario("table", "of_partitions", Readers::partitionedTable);
    }

    private static ReaderBuilder<byte[]> reader(Stage t) throws Exception {
        return t.client().newReader().topic(t.topic());
    }

    private static List<String> readAll(Reader<byte[]> reader) throws Exception {
        List<String> texts = new ArrayList<>();
        while (reader.hasMessageAvailable()) {
            texts.add(
                    new String(
                            reader.readNext(Stage.PATIENCE_MS, TimeUnit.MILLISECONDS).getData()));
        }
        return texts;
    }

    private static void fromStart(Stage t) throws Exception {
        Stage.send(t.producer().create(), 0, 5);
        var reader = reader(t).startMessageId(MessageId.earliest).create();
        t.observe("all", readAll(reader));
        t.observe("after", reader.hasReachedEndOfTopic());
        t.observe("nothing more", reader.readNext(300, TimeUnit.MILLISECONDS) == null);
    }

    private static void fromId(Stage t) throws Exception {
        var ids = Stage.send(t.producer().create(), 0, 5);
        t.observe("exclusive", readAll(reader(t).startMessageId(ids.get(2)).create()));
        t.observe(
                "inclusive",
                readAll(reader(t).startMessageId(ids.get(2)).startMessageIdInclusive().create()));
        t.observe("the last", readAll(reader(t).startMessageId(ids.get(4)).create()));
        t.observe(
                "the last, inclusive",
                readAll(reader(t).startMessageId(ids.get(4)).startMessageIdInclusive().create()));
    }

    private static void fromBatch(Stage t) throws Exception {
        var ids = t.sendBatch(t.topic(), 0, 6);
        t.observe("exclusive", readAll(reader(t).startMessageId(ids.get(2)).create()));
        t.observe(
                "inclusive",
                readAll(reader(t).startMessageId(ids.get(2)).startMessageIdInclusive().create()));
        t.observe("the last", readAll(reader(t).startMessageId(ids.get(5)).create()));
    }

    private static void fromEnd(Stage t) throws Exception {
        var producer = t.producer().create();
        Stage.send(producer, 0, 3);
        var reader = reader(t).startMessageId(MessageId.latest).create();
        t.observe("before", reader.hasMessageAvailable());
        Stage.send(producer, 3, 5);
        t.observe("later", readAll(reader));
        var inclusive =
                reader(t).startMessageId(MessageId.latest).startMessageIdInclusive().create();
        t.observe("inclusive", readAll(inclusive));
        var empty =
                t.client()
                        .newReader()
                        .topic(t.topic("-empty"))
                        .startMessageId(MessageId.latest)
                        .startMessageIdInclusive()
                        .create();
        t.observe("of nothing", empty.hasMessageAvailable());
    }

    private static void fromTime(Stage t) throws Exception {
        Stage.send(t.producer().create(), 0, 3);
        t.observe(
                "an hour ago",
                readAll(reader(t).startMessageFromRollbackDuration(1, TimeUnit.HOURS).create()));
    }

    private static void seeks(Stage t) throws Exception {
        var ids = Stage.send(t.producer().create(), 0, 5);
        var reader = reader(t).startMessageId(MessageId.earliest).create();
        readAll(reader);
        reader.seek(ids.get(1));
        t.observe("an id", readAll(reader));
        reader.seek(MessageId.earliest);
        t.observe("earliest", readAll(reader));
        reader.seek(MessageId.latest);
        t.observe("latest", readAll(reader));
        reader.seek(1L);
        t.observe("a time", readAll(reader));
        reader.seek(System.currentTimeMillis() + 100_000);
        t.observe("the future", readAll(reader));
    }

    private static void partitions(Stage t) throws Exception {
        t.createPartitioned(t.topic(), 3);
        Stage.send(t.producer().create(), 0, 12);
        var reader = reader(t).startMessageId(MessageId.earliest).create();
        t.observe("all", new TreeSet<>(readAll(reader)));
        reader.seek(MessageId.earliest);
        t.observe("again", new TreeSet<>(readAll(reader)).size());
    }

    private static void someKeys(Stage t) throws Exception {
        var producer = t.producer().create();
        for (int i = 0; i < 30; i++)
            producer.newMessage().key("key-" + i).value(Stage.bytes("" + i)).send();
        var reader =
                reader(t)
                        .startMessageId(MessageId.earliest)
                        .keyHashRange(Range.of(0, 32_767))
                        .create();
        var keys = new TreeSet<String>();
        Message<byte[]> message;
        while ((message = reader.readNext(500, TimeUnit.MILLISECONDS)) != null)
            keys.add(message.getKey());
        t.observe("keys", keys);
    }

    private static void last(Stage t) throws Exception {
        Stage.send(t.producer().create(), 0, 3);
        var reader = reader(t).startMessageId(MessageId.earliest).create();
        var last = (org.apache.pulsar.client.api.MessageIdAdv) reader.getLastMessageIds().get(0);
        t.observe("entry", List.of(last.getEntryId(), last.getBatchIndex()));
    }

    private static void more(Stage t) throws Exception {
        var reader = reader(t).startMessageId(MessageId.earliest).create();
        t.observe("of nothing", reader.hasMessageAvailable());
        var producer = t.producer().create();
        producer.send(Stage.bytes("a"));
        t.observe("of one", reader.hasMessageAvailable());
        reader.readNext();
        t.observe("after it", reader.hasMessageAvailable());
        t.rest("POST", t.pathOf(t.topic()) + "/terminate", null);
        Stage.eventually("end", reader::hasReachedEndOfTopic);
    }

    private static void leavesNothing(Stage t) throws Exception {
        Stage.send(t.producer().create(), 0, 3);
        var reader =
                reader(t).startMessageId(MessageId.earliest).subscriptionName("named").create();
        readAll(reader);
        t.observe(
                "while it reads",
                List.of(
                        t.stats(t.topic()).path("subscriptions").path("named").path("isDurable"),
                        t.stats(t.topic()).path("subscriptions").path("named").path("type")));
        reader.close();
        Stage.eventually("it is gone", () -> t.stats(t.topic()).path("subscriptions").size() == 0);
    }

    private static void unload(Stage t) throws Exception {
        var producer = t.producer().create();
        Stage.send(producer, 0, 3);
        var reader = reader(t).startMessageId(MessageId.earliest).create();
        t.observe("before", readAll(reader));
        t.rest("PUT", t.pathOf(t.topic()) + "/unload", null);
        Stage.send(producer, 3, 6);
        t.observe("after", readAll(reader));
    }

    private static void table(Stage t) throws Exception {
        var producer = t.producer().create();
        for (String pair : List.of("a=1", "b=1", "a=2", "c=1")) {
            producer.newMessage()
                    .key(pair.substring(0, 1))
                    .value(Stage.bytes(pair.substring(2)))
                    .send();
        }
        var table =
                t.client()
                        .newTableView(Schema.BYTES)
                        .topic(t.topic())
                        .autoUpdatePartitionsInterval(1, TimeUnit.SECONDS)
                        .create();
        var heard = new ConcurrentHashMap<String, String>();
        table.forEachAndListen(
                (key, value) -> heard.put(key, value == null ? "gone" : new String(value)));
        t.observe("at first", new TreeMap<>(heard));
        producer.newMessage().key("b").value(Stage.bytes("2")).send();
        producer.newMessage().key("c").value(null).send();
        Stage.eventually(
                "changes come", () -> "2".equals(heard.get("b")) && "gone".equals(heard.get("c")));
        t.observe("at last", new TreeSet<>(table.keySet()));
        table.refresh();
    }

    private static void partitionedTable(Stage t) throws Exception {
        t.createPartitioned(t.topic(), 3);
        var producer = t.producer().create();
        for (int i = 0; i < 9; i++)
            producer.newMessage().key("k" + i).value(Stage.bytes("" + i)).send();
        var table = t.client().newTableView(Schema.BYTES).topic(t.topic()).create();
        t.observe("keys", new TreeSet<>(table.keySet()));
    }
}

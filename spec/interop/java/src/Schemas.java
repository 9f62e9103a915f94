// Producers and consumers with schemas, and the registry behind them.

import org.apache.pulsar.client.api.Consumer;
import org.apache.pulsar.client.api.Message;
import org.apache.pulsar.client.api.MessageId;
import org.apache.pulsar.client.api.Producer;
import org.apache.pulsar.client.api.Schema;
import org.apache.pulsar.client.api.SubscriptionInitialPosition;
import org.apache.pulsar.client.api.schema.GenericRecord;
import org.apache.pulsar.common.schema.KeyValue;
import org.apache.pulsar.common.schema.KeyValueEncodingType;

import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

final class Schemas {
    static void register() {
        Suite.scenario("schema", "text", t -> roundTrip(t, Schema.STRING, "text ☃"));
        Suite.scenario("schema", "primitives", Schemas::primitives);
        Suite.scenario(
                "schema",
                "json",
                t -> roundTrip(t, Schema.JSON(Person.class), new Person("Ada", 36)));
        Suite.scenario(
                "schema",
                "avro",
                t -> roundTrip(t, Schema.AVRO(Person.class), new Person("Ada", 36)));
        Suite.scenario("schema", "pairs", Schemas::pairs);
        Suite.scenario("schema", "found_out", Schemas::auto);
        Suite.scenario("schema", "found_out_by_producers", Schemas::autoProduce);
        Suite.scenario("schema", "that_grows", Schemas::grows);
        Suite.scenario("schema", "incompatible", Schemas::incompatible);
        Suite.scenario("schema", "of_bytes_beside_others", Schemas::bytesBeside);
        Suite.scenario("schema", "several_by_one_producer", Schemas::several);
        Suite.scenario("schema", "of_partitions", Schemas::partitions);
        Suite.scenario("schema", "after_unload", Schemas::unload);
        Suite.scenario("schema", "of_a_table", Schemas::table);
        Suite.scenario("schema", "of_dead_letters", Schemas::deadLetters);
        Suite.scenario("schema", "over_admin", Schemas::admin);
        Suite.scenario("schema", "over_rest_of_pairs", Schemas::asJson);
        Suite.scenario("schema", "over_rest_made_again", Schemas::madeAgain);
    }

    public static class Person {
        public String name;
        public int age;

        public Person() {}

        Person(String name, int age) {
            this.name = name;
            this.age = age;
        }

        @Override
        public boolean equals(Object other) {
            return other instanceof Person person && person.name.equals(name) && person.age == age;
        }

        @Override
        public int hashCode() {
            return name.hashCode();
        }
    }

    /** The next version: one more field, which may be missing. */
    public static class Friend {
        public String name;
        public int age;
        public String mail;
    }

    /** What the client makes of it does not fit to a Person: a required field of another type. */
    public static class Stranger {
        public List<Integer> name;
    }

    private static <V> void roundTrip(Stage t, Schema<V> schema, V value) throws Exception {
        var consumer = consumer(t, t.topic(), schema);
        var producer = producer(t, t.topic(), schema);
        producer.send(value);
        producer.newMessage().key("k").value(value).send();
        for (var message : Stage.receive(consumer, 2)) {
            Stage.same(message.getValue(), value, "value");
            t.observe("version", version(message.getSchemaVersion()));
        }
        var info =
                t.rest(
                        "GET",
                        "/schemas/" + t.topic().replace("persistent://", "") + "/schema",
                        null);
        t.observe(
                "schema",
                List.of(
                        info.status(),
                        info.body().path("type"),
                        info.body().path("data"),
                        info.body().path("version"),
                        info.body().path("properties")));
    }

    private static <V> Consumer<V> consumer(Stage t, String topic, Schema<V> schema)
            throws Exception {
        return t.client()
                .newConsumer(schema)
                .topic(topic)
                .subscriptionName("sub" + System.nanoTime())
                .subscriptionInitialPosition(SubscriptionInitialPosition.Earliest)
                .subscribe();
    }

    private static String version(byte[] version) {
        return version == null ? "none" : HexFormat.of().formatHex(version);
    }

    private static <V> void one(Stage t, String name, Schema<V> schema, V value) throws Exception {
        String topic = t.topic("-" + name);
        try (var producer = producer(t, topic, schema);
                var consumer = consumer(t, topic, schema)) {
            producer.send(value);
            var message = Stage.receive(consumer, 1).get(0);
            Object got = message.getValue();
            Stage.same(
                    got instanceof byte[] some ? Arrays.toString(some) : got,
                    value instanceof byte[] all ? Arrays.toString(all) : value,
                    name);
            t.observe(name, version(message.getSchemaVersion()));
        }
    }

    private static void primitives(Stage t) throws Exception {
        one(t, "bytes", Schema.BYTES, new byte[] {1, 2});
        one(t, "bool", Schema.BOOL, true);
        one(t, "int8", Schema.INT8, (byte) 7);
        one(t, "int16", Schema.INT16, (short) 700);
        one(t, "int32", Schema.INT32, 70_000);
        one(t, "int64", Schema.INT64, 1L << 40);
        one(t, "float", Schema.FLOAT, 1.5f);
        one(t, "double", Schema.DOUBLE, 2.5);
        one(t, "date", Schema.DATE, new java.util.Date(1_000));
        one(t, "time", Schema.TIME, new java.sql.Time(1_000));
        one(t, "timestamp", Schema.TIMESTAMP, new java.sql.Timestamp(1_000));
        one(t, "instant", Schema.INSTANT, java.time.Instant.ofEpochMilli(1_000));
        one(t, "local_date", Schema.LOCAL_DATE, java.time.LocalDate.of(2026, 1, 2));
        one(t, "local_time", Schema.LOCAL_TIME, java.time.LocalTime.of(1, 2, 3));
        one(
                t,
                "local_date_time",
                Schema.LOCAL_DATE_TIME,
                java.time.LocalDateTime.of(2026, 1, 2, 3, 4));
    }

    private static void pairs(Stage t) throws Exception {
        for (KeyValueEncodingType kind : KeyValueEncodingType.values()) {
            var schema = Schema.KeyValue(Schema.STRING, Schema.JSON(Person.class), kind);
            one(t, "pair-" + kind, schema, new KeyValue<>("key", new Person("Ada", 36)));
            var topic = t.topic("-pair-" + kind);
            var found = consumer(t, topic, Schema.AUTO_CONSUME());
            t.observe(
                    "found " + kind,
                    Stage.receive(found, 1).get(0).getValue().getSchemaType().name());
        }
        var other =
                Schema.KeyValue(Schema.STRING, Schema.INT32, KeyValueEncodingType.INLINE);
        t.observe(
                "other halves", t.kindOf(() -> producer(t, t.topic("-pair-INLINE"), other)));
    }

    private static void auto(Stage t) throws Exception {
        var early = consumer(t, t.topic(), Schema.AUTO_CONSUME());
        producer(t, t.topic(), Schema.AVRO(Person.class)).send(new Person("Ada", 36));
        GenericRecord record = Stage.receive(early, 1).get(0).getValue();
        t.observe(
                "early",
                List.of(
                        record.getField("name"),
                        record.getField("age"),
                        record.getSchemaType().name()));
        var late = consumer(t, t.topic(), Schema.AUTO_CONSUME());
        t.observe("late", Stage.receive(late, 1).get(0).getValue().getField("name"));
        String text = t.topic("-text");
        producer(t, text, Schema.STRING).send("x");
        t.observe(
                "text",
                Stage.receive(consumer(t, text, Schema.AUTO_CONSUME()), 1)
                        .get(0)
                        .getValue()
                        .getNativeObject());
        String none = t.topic("-none");
        t.producer(none).create().send(Stage.bytes("x"));
        t.observe(
                "none",
                new String(
                        (byte[])
                                Stage.receive(consumer(t, none, Schema.AUTO_CONSUME()), 1)
                                        .get(0)
                                        .getValue()
                                        .getNativeObject()));
    }

    private static void autoProduce(Stage t) throws Exception {
        producer(t, t.topic(), Schema.AVRO(Person.class)).send(new Person("Ada", 36));
        var producer = producer(t, t.topic(), Schema.AUTO_PRODUCE_BYTES());
        producer.send(Schema.AVRO(Person.class).encode(new Person("Bob", 7)));
        t.observe("refused", t.kindOf(() -> producer.send(Stage.bytes("nonsense"))));
        var consumer = consumer(t, t.topic(), Schema.AVRO(Person.class));
        t.observe(
                "names",
                Stage.receive(consumer, 2).stream().map(each -> each.getValue().name).toList());
        var bytes = producer(t, t.topic("-none"), Schema.AUTO_PRODUCE_BYTES());
        bytes.send(Stage.bytes("anything"));
    }

    private static void grows(Stage t) throws Exception {
        producer(t, t.topic(), Schema.AVRO(Person.class)).send(new Person("Ada", 36));
        var friend = new Friend();
        friend.name = "Bob";
        friend.mail = "b@x";
        producer(t, t.topic(), Schema.AVRO(Friend.class)).send(friend);
        producer(t, t.topic(), Schema.AVRO(Person.class)).send(new Person("Cyd", 1));
        var old = consumer(t, t.topic(), Schema.AVRO(Person.class));
        t.observe(
                "old",
                Stage.receive(old, 3).stream()
                        .map(each -> each.getValue().name + version(each.getSchemaVersion()))
                        .toList());
        var recent = consumer(t, t.topic(), Schema.AVRO(Friend.class));
        t.observe(
                "new",
                Stage.receive(recent, 3).stream()
                        .map(each -> each.getValue().name + each.getValue().mail)
                        .toList());
        var any = consumer(t, t.topic(), Schema.AUTO_CONSUME());
        t.observe(
                "any",
                Stage.receive(any, 3).stream()
                        .map(each -> each.getValue().getFields().size())
                        .toList());
    }

    private static void incompatible(Stage t) throws Exception {
        producer(t, t.topic(), Schema.AVRO(Person.class)).send(new Person("Ada", 36));
        t.observe(
                "another record",
                t.kindOf(() -> producer(t, t.topic(), Schema.AVRO(Stranger.class))));
        t.observe("text", t.errorOf(() -> producer(t, t.topic(), Schema.STRING)));
        t.observe("json", t.errorOf(() -> producer(t, t.topic(), Schema.JSON(Person.class))));
        t.observe("consumer of text", t.errorOf(() -> consumer(t, t.topic(), Schema.STRING)));
        t.observe(
                "consumer of another record",
                t.kindOf(() -> consumer(t, t.topic(), Schema.AVRO(Stranger.class))));
        t.observe(
                "reader of text",
                t.errorOf(
                        () ->
                                t.client()
                                        .newReader(Schema.STRING)
                                        .topic(t.topic())
                                        .startMessageId(MessageId.earliest)
                                        .create()));
    }

    private static void bytesBeside(Stage t) throws Exception {
        producer(t, t.topic(), Schema.STRING).send("text");
        t.producer().create().send(Stage.bytes("bytes"));
        var plain = t.consumer().subscribe();
        var messages = Stage.receive(plain, 2);
        t.observe("plain", Stage.textOf(messages));
        t.observe("versions", versions(messages));
        var text = consumer(t, t.topic(), Schema.STRING);
        t.observe("text", Stage.receive(text, 2).stream().map(Message::getValue).toList());
        String other = t.topic("-other");
        t.producer(other).create().send(Stage.bytes("bytes"));
        t.observe("text on bytes", t.errorOf(() -> consumer(t, other, Schema.STRING)));
        producer(t, other, Schema.STRING).send("text");
        t.observe("then", Stage.receive(consumer(t, other, Schema.STRING), 2).size());
    }

    private static void several(Stage t) throws Exception {
        try (Producer<byte[]> producer = t.client().newProducer().topic(t.topic()).create()) {
            producer.newMessage(Schema.AVRO(Person.class)).value(new Person("Ada", 36)).send();
            var friend = new Friend();
            friend.name = "Bob";
            producer.newMessage(Schema.AVRO(Friend.class)).value(friend).send();
            t.observe("text", t.kindOf(() -> producer.newMessage(Schema.STRING).value("x").send()));
            producer.send(Stage.bytes("bytes"));
        }
        var consumer = t.consumer().subscribe();
        t.observe("versions", versions(Stage.receive(consumer, 3)));
    }

    private static <T> Producer<T> producer(Stage t, String topic, Schema<T> schema)
            throws Exception {
        return t.client().newProducer(schema).topic(topic).create();
    }

    private static <T> List<?> versions(List<Message<T>> messages) {
        return messages.stream().map(each -> version(each.getSchemaVersion())).toList();
    }

    private static void partitions(Stage t) throws Exception {
        t.createPartitioned(t.topic(), 2);
        var producer = producer(t, t.topic(), Schema.STRING);
        for (int i = 0; i < 4; i++) producer.send("m" + i);
        t.observe("got", Stage.receive(consumer(t, t.topic(), Schema.STRING), 4).size());
        t.observe(
                "json",
                t.errorOf(() -> producer(t, t.topic("-partition-0"), Schema.JSON(Person.class))));
    }

    private static void unload(Stage t) throws Exception {
        var producer = producer(t, t.topic(), Schema.STRING);
        producer.send("a");
        t.rest("PUT", t.pathOf(t.topic()) + "/unload", null);
        producer.send("b");
        var consumer = consumer(t, t.topic(), Schema.STRING);
        t.observe("versions", versions(Stage.receive(consumer, 2)));
    }

    private static void table(Stage t) throws Exception {
        var producer = producer(t, t.topic(), Schema.STRING);
        producer.newMessage().key("a").value("1").send();
        producer.newMessage().key("a").value("2").send();
        t.observe(
                "value", t.client().newTableView(Schema.STRING).topic(t.topic()).create().get("a"));
    }

    private static void deadLetters(Stage t) throws Exception {
        var consumer =
                t.client()
                        .newConsumer(Schema.STRING)
                        .topic(t.topic())
                        .subscriptionName("sub")
                        .subscriptionType(org.apache.pulsar.client.api.SubscriptionType.Shared)
                        .negativeAckRedeliveryDelay(100, TimeUnit.MILLISECONDS)
                        .deadLetterPolicy(
                                org.apache.pulsar.client.api.DeadLetterPolicy.builder()
                                        .maxRedeliverCount(1)
                                        .initialSubscriptionName("keeps")
                                        .build())
                        .subscribe();
        producer(t, t.topic(), Schema.STRING).send("bad");
        for (int i = 0; i < 2; i++) consumer.negativeAcknowledge(Stage.receive(consumer, 1).get(0));
        var dead =
                t.client()
                        .newConsumer(Schema.STRING)
                        .topic(t.topic("-sub-DLQ"))
                        .subscriptionName("keeps")
                        .subscribe();
        t.observe("letter", Stage.receive(dead, 1).get(0).getValue());
    }

    private static void admin(Stage t) throws Exception {
        var schemas = t.admin().schemas();
        t.observe("none", t.errorOf(() -> schemas.getSchemaInfo(t.topic())));
        producer(t, t.topic(), Schema.AVRO(Person.class));
        var info = schemas.getSchemaInfo(t.topic());
        t.observe(
                "info",
                List.of(
                        info.getType().name(),
                        info.getName().replaceAll(".*", "NAME"),
                        new TreeMap<>(info.getProperties()),
                        info.getSchemaDefinition()));
        t.observe("with version", schemas.getSchemaInfoWithVersion(t.topic()).getVersion());
        schemas.createSchema(t.topic(), Schema.AVRO(Friend.class).getSchemaInfo());
        t.observe("all", schemas.getAllSchemas(t.topic()).size());
        t.observe(
                "version of it",
                schemas.getVersionBySchema(t.topic(), postOf(Schema.AVRO(Person.class))));
        t.observe(
                "compatible",
                schemas.testCompatibility(t.topic(), postOf(Schema.AVRO(Person.class)))
                        .isCompatibility());
        t.observe(
                "incompatible",
                t.kindOf(
                        () -> {
                            schemas.createSchema(t.topic(), Schema.STRING.getSchemaInfo());
                            return null;
                        }));
        schemas.deleteSchema(t.topic());
        t.observe("deleted", t.errorOf(() -> schemas.getSchemaInfo(t.topic())));
        schemas.createSchema(t.topic(), Schema.STRING.getSchemaInfo());
        t.observe("afresh", schemas.getSchemaInfoWithVersion(t.topic()).getVersion());
    }

    /** What REST gives of definitions that are made of two. */
    private static void asJson(Stage t) throws Exception {
        var pair = Schema.KeyValue(Schema.AVRO(Person.class), Schema.STRING);
        producer(t, t.topic("-inline"), pair);
        producer(
                t,
                t.topic("-separated"),
                Schema.KeyValue(
                        Schema.INT32, Schema.JSON(Person.class), KeyValueEncodingType.SEPARATED));
        for (String kind : List.of("-inline", "-separated")) {
            String path = "/schemas" + t.pathOf(t.topic(kind)).replace("/persistent", "");
            for (String what : List.of("/schema", "/schema/0", "/schemas")) {
                var answer = t.rest("GET", path + what, null);
                var text = answer.body().toString().replaceAll("\"timestamp\":\\d+", "TIME");
                t.observe(kind + what, List.of(answer.status(), t.plain(text)));
            }
        }
    }

    /** Versions over deletions, soft and hard. */
    private static void madeAgain(Stage t) throws Exception {
        String path = "/schemas" + t.pathOf(t.topic()).replace("/persistent", "");
        var bodies =
                List.of(
                        "{\"type\":\"STRING\",\"schema\":\"\",\"properties\":{\"a\":\"1\"}}",
                        "{\"type\":\"INT32\",\"schema\":\"\",\"properties\":{}}");
        int step = 0;
        for (String each :
                List.of("0", "0", "soft", "0", "soft", "1", "soft", "soft", "1", "hard", "0",
                        "hard", "hard", "1")) {
            var answer =
                    switch (each) {
                        case "soft" -> t.rest("DELETE", path + "/schema", null);
                        case "hard" -> t.rest("DELETE", path + "/schema?force=true", null);
                        case "0" -> t.rest("POST", path + "/schema", bodies.get(0));
                        default -> t.rest("POST", path + "/schema", bodies.get(1));
                    };
            String what = (step < 10 ? "0" : "") + step++ + " " + each;
            t.observe(what, answer.asList());
            var all = t.rest("GET", path + "/schemas", null);
            var text = String.valueOf(all.body()).replaceAll("\"timestamp\":\\d+", "TIME");
            t.observe(what + ", all", List.of(all.status(), text));
            var looked = t.rest("POST", path + "/version", bodies.get(0));
            t.observe(what + ", looked up", looked.asList());
        }
    }

    private static org.apache.pulsar.common.protocol.schema.PostSchemaPayload postOf(
            Schema<?> schema) {
        var info = schema.getSchemaInfo();
        return new org.apache.pulsar.common.protocol.schema.PostSchemaPayload(
                info.getType().name(), info.getSchemaDefinition(), info.getProperties());
    }
}

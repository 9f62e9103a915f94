// Producers: how they send, what a message carries, and what they are refused.

import org.apache.pulsar.client.api.BatcherBuilder;
import org.apache.pulsar.client.api.CompressionType;
import org.apache.pulsar.client.api.Message;
import org.apache.pulsar.client.api.MessageId;
import org.apache.pulsar.client.api.MessageRoutingMode;
import org.apache.pulsar.client.api.Producer;
import org.apache.pulsar.client.api.ProducerAccessMode;
import org.apache.pulsar.client.api.SubscriptionType;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

final class Produce {
    static void register() {
        Suite.scenario("produce", "one_by_one", Produce::oneByOne);
        Suite.scenario("produce", "what_a_message_carries", Produce::contents);
        Suite.scenario("produce", "batches", Produce::batches);
        Suite.scenario("produce", "batches_by_key", Produce::batchesByKey);
        Suite.scenario("produce", "compressed", Produce::compressed);
        Suite.scenario("produce", "in_chunks", Produce::chunks);
        Suite.scenario("produce", "large", Produce::large);
        Suite.scenario("produce", "sequence_ids", Produce::sequenceIds);
        Suite.scenario("produce", "deduplicated", Produce::deduplicated);
        Suite.scenario("produce", "names", Produce::names);
        Suite.scenario("produce", "access_modes", Produce::accessModes);
        Suite.scenario("produce", "fencing", Produce::fencing);
        Suite.scenario("produce", "an_initial_subscription", Produce::initialSubscription);
        Suite.scenario("produce", "a_full_queue", Produce::fullQueue);
        Suite.scenario("produce", "statistics", Produce::statistics);
        Suite.scenario("produce", "encrypted", Produce::encrypted);
        Suite.scenario("produce", "to_bad_names", Produce::badNames);
        Suite.scenario("produce", "to_a_topic_that_ends", Produce::terminated);
        Suite.scenario("produce", "to_a_topic_that_is_deleted", Produce::deleted);
        Suite.scenario("produce", "by_routing_modes", Produce::routing);
        Suite.scenario("produce", "not_replicated", Produce::notReplicated);
        Suite.scenario("produce", "delayed", Produce::delayed);
    }

    private static void oneByOne(Stage t) throws Exception {
        var consumer = t.consumer().subscribe();
        var producer = t.producer().create();
        List<MessageId> ids = new ArrayList<>();
        for (int i = 0; i < 5; i++) ids.add(producer.send(Stage.bytes("message-" + i)));
        var messages = Stage.receive(consumer, 5);
        Stage.same(
                Stage.textOf(messages), Stage.textOf(messages).stream().sorted().toList(), "order");
        Stage.same(messages.stream().map(Message::getMessageId).toList(), ids, "ids");
        t.observe("last sequence id", producer.getLastSequenceId());
        t.observe("topic", t.plain(messages.get(0).getTopicName()));
    }

    private static void contents(Stage t) throws Exception {
        var consumer = t.consumer().subscribe();
        var producer = t.producer().property("of", "producer").create();
        producer.newMessage()
                .key("key")
                .value(Stage.bytes("text"))
                .property("a", "1")
                .property("b", "")
                .eventTime(123_456_789L)
                .orderingKey(Stage.bytes("order"))
                .sequenceId(7)
                .send();
        producer.newMessage().keyBytes(new byte[] {0, 1, (byte) 0xff}).value(new byte[0]).send();
        producer.newMessage().value(null).key("tombstone").send();
        for (Message<byte[]> message : Stage.receive(consumer, 3)) {
            t.observe(
                    "message " + message.getSequenceId(),
                    Arrays.asList(
                            message.getKey(),
                            message.hasBase64EncodedKey(),
                            new TreeMap<>(message.getProperties()),
                            message.getEventTime(),
                            message.hasOrderingKey(),
                            message.size(),
                            message.getRedeliveryCount(),
                            message.isReplicated(),
                            message.getSchemaVersion() == null
                                    ? "none"
                                    : message.getSchemaVersion().length,
                            message.hasBrokerPublishTime(),
                            message.hasIndex(),
                            message.getProducerName().equals(producer.getProducerName())));
        }
        t.observe("producer", t.stats(t.topic()).path("publishers").path(0).path("metadata"));
    }

    private static void batches(Stage t) throws Exception {
        var consumer = t.consumer().subscribe();
        t.sendBatch(t.topic(), 0, 10);
        try (var producer =
                t.client()
                        .newProducer()
                        .topic(t.topic())
                        .batchingMaxMessages(3)
                        .batchingMaxPublishDelay(50, TimeUnit.MILLISECONDS)
                        .create()) {
            Stage.send(producer, 10, 20);
        }
        var messages = Stage.receive(consumer, 20);
        Stage.same(Stage.textOf(messages).get(19), "message-19", "the last");
        t.observe(
                "entries",
                t.rest("GET", t.pathOf(t.topic()) + "/internalStats", null)
                                .body()
                                .path("numberOfEntries")
                                .asLong()
                        >= 5);
        t.observe("counted", t.stats(t.topic()).path("msgInCounter").asLong());
    }

    private static void batchesByKey(Stage t) throws Exception {
        var consumer = t.consumer().subscriptionType(SubscriptionType.Key_Shared).subscribe();
        try (var producer =
                t.client()
                        .newProducer()
                        .topic(t.topic())
                        .batcherBuilder(BatcherBuilder.KEY_BASED)
                        .batchingMaxMessages(12)
                        .batchingMaxPublishDelay(60, TimeUnit.SECONDS)
                        .create()) {
            List<CompletableFuture<MessageId>> sent = new ArrayList<>();
            for (int i = 0; i < 12; i++) {
                sent.add(
                        producer.newMessage()
                                .key("key-" + i % 3)
                                .value(Stage.bytes("" + i))
                                .sendAsync());
            }
            producer.flush();
            for (var each : sent) each.get();
        }
        Map<String, List<String>> byKey = new TreeMap<>();
        for (var message : Stage.receive(consumer, 12)) {
            byKey.computeIfAbsent(message.getKey(), key -> new ArrayList<>())
                    .add(new String(message.getData()));
        }
        t.observe("by key", byKey);
    }

    private static void compressed(Stage t) throws Exception {
        var consumer = t.consumer().subscribe();
        for (CompressionType codec : CompressionType.values()) {
            for (boolean batched : new boolean[] {false, true}) {
                try (var producer =
                        t.producer().compressionType(codec).enableBatching(batched).create()) {
                    producer.send(Stage.bytes("x".repeat(1_000)));
                }
                byte[] data = Stage.receive(consumer, 1).get(0).getData();
                Stage.same(new String(data), "x".repeat(1_000), codec + " " + batched);
            }
        }
    }

    private static void chunks(Stage t) throws Exception {
        var consumer =
                t.consumer()
                        .subscriptionType(SubscriptionType.Shared)
                        .startMessageIdInclusive()
                        .subscribe();
        byte[] large = new byte[300_000];
        Arrays.fill(large, (byte) 7);
        var producer = t.producer().enableChunking(true).chunkMaxMessageSize(50_000).create();
        MessageId id = producer.send(large);
        producer.send(Stage.bytes("small"));
        var messages = Stage.receive(consumer, 2);
        Stage.same(Arrays.equals(messages.get(0).getData(), large), true, "content");
        Stage.same(messages.get(0).getMessageId(), id, "id");
        t.observe("kind of id", id.getClass().getSimpleName());
        for (var each : messages) consumer.acknowledge(each);
        Stage.eventually("all are acknowledged", () -> t.backlog(t.topic(), "sub") == 0);
        consumer.seek(id);
        Stage.same(
                Arrays.equals(Stage.receive(consumer, 1).get(0).getData(), large),
                true,
                "after seek");
    }

    private static void large(Stage t) throws Exception {
        var consumer = t.consumer().subscribe();
        var producer = t.producer().create();
        byte[] most = new byte[5 * 1024 * 1024 - 200];
        producer.send(most);
        Stage.same(Stage.receive(consumer, 1).get(0).getData().length, most.length, "length");
        t.observe("larger", t.errorOf(() -> producer.send(new byte[5 * 1024 * 1024 + 1])));
        producer.send(Stage.bytes("after"));
        Stage.same(Stage.textOf(Stage.receive(consumer, 1)), List.of("after"), "after");
    }

    private static void sequenceIds(Stage t) throws Exception {
        var consumer = t.consumer().subscribe();
        var producer = t.producer().initialSequenceId(100).create();
        t.observe("before", producer.getLastSequenceId());
        producer.send(Stage.bytes("a"));
        producer.newMessage().sequenceId(500).value(Stage.bytes("b")).send();
        producer.send(Stage.bytes("c"));
        t.observe("after", producer.getLastSequenceId());
        t.observe("ids", Stage.receive(consumer, 3).stream().map(Message::getSequenceId).toList());
    }

    private static void deduplicated(Stage t) throws Exception {
        String namespace = t.namespace();
        t.observe(
                "set",
                t.rest("POST", "/namespaces/" + namespace + "/deduplication", "true").status());
        Thread.sleep(600);
        String topic = "persistent://" + namespace + "/topic";
        var consumer = t.consumer(topic).subscribe();
        for (boolean batched : new boolean[] {false, true}) {
            String name = "producer-" + batched;
            for (int round = 0; round < 2; round++) {
                try (var producer =
                        t.producer(topic)
                                .producerName(name)
                                .enableBatching(batched)
                                .sendTimeout(0, TimeUnit.SECONDS)
                                .create()) {
                    t.observe(name + " " + round, producer.getLastSequenceId());
                    List<CompletableFuture<MessageId>> sent = new ArrayList<>();
                    for (int i = 0; i < 5; i++) {
                        sent.add(
                                producer.newMessage()
                                        .sequenceId(i)
                                        .value(Stage.bytes(name + i))
                                        .sendAsync());
                    }
                    producer.flush();
                    int at = round;
                    for (var each : sent) {
                        boolean dropped = each.get().toString().startsWith("-1:-1");
                        Stage.same(dropped, at == 1, "dropped");
                    }
                }
            }
        }
        t.observe("delivered", Stage.textOf(Stage.drain(consumer)));
    }

    private static void names(Stage t) throws Exception {
        var first = t.producer().producerName("name").create();
        t.observe("taken", t.errorOf(() -> t.producer().producerName("name").create()));
        var other = t.newClient(t.serviceUrl, builder -> {});
        t.observe(
                "taken elsewhere",
                t.errorOf(
                        () -> other.newProducer().topic(t.topic()).producerName("name").create()));
        first.close();
        other.newProducer().topic(t.topic()).producerName("name").create().send(Stage.bytes("x"));
        t.observe("generated", t.plain(t.producer().create().getProducerName()));
    }

    private static void accessModes(Stage t) throws Exception {
        var holder = t.producer().accessMode(ProducerAccessMode.Exclusive).create();
        t.observe("shared", t.errorOf(() -> t.producer().create()));
        t.observe(
                "exclusive",
                t.errorOf(() -> t.producer().accessMode(ProducerAccessMode.Exclusive).create()));
        var waiting = t.producer().accessMode(ProducerAccessMode.WaitForExclusive).createAsync();
        Thread.sleep(300);
        t.observe("waits", !waiting.isDone());
        holder.send(Stage.bytes("a"));
        holder.close();
        var next = waiting.get(Stage.PATIENCE_MS, TimeUnit.MILLISECONDS);
        next.send(Stage.bytes("b"));
        t.observe(
                "modes",
                List.of(t.stats(t.topic()).path("publishers").path(0).path("accessMode").asText()));
    }

    private static void fencing(Stage t) throws Exception {
        var shared = t.producer().create();
        var other = t.newClient(t.serviceUrl, builder -> {});
        var fencing =
                other.newProducer()
                        .topic(t.topic())
                        .accessMode(ProducerAccessMode.ExclusiveWithFencing)
                        .create();
        fencing.send(Stage.bytes("from the new one"));
        t.observe(
                "the old one",
                t.kindOf(() -> shared.sendAsync(Stage.bytes("x")).get(10, TimeUnit.SECONDS)));
        var waiting = t.producer().accessMode(ProducerAccessMode.WaitForExclusive).createAsync();
        Thread.sleep(300);
        var third = t.newClient(t.serviceUrl, builder -> {});
        third.newProducer()
                .topic(t.topic())
                .accessMode(ProducerAccessMode.ExclusiveWithFencing)
                .create();
        t.observe("the waiting one", t.errorOf(() -> waiting.get(10, TimeUnit.SECONDS)));
    }

    private static void initialSubscription(Stage t) throws Exception {
        try (var producer =
                ((org.apache.pulsar.client.impl.ProducerBuilderImpl<byte[]>) t.producer())
                        .initialSubscriptionName("first")
                        .create()) {
            producer.send(Stage.bytes("kept"));
        }
        var consumer = t.consumer().subscriptionName("first").subscribe();
        t.observe("kept", Stage.textOf(Stage.receive(consumer, 1)));
    }

    private static void fullQueue(Stage t) throws Exception {
        var producer = t.producer().maxPendingMessages(5).blockIfQueueFull(false).create();
        List<CompletableFuture<MessageId>> sent = new ArrayList<>();
        for (int i = 0; i < 2_000; i++) sent.add(producer.sendAsync(new byte[1_000]));
        String error = "";
        int good = 0;
        for (var each : sent) {
            try {
                each.get();
                good++;
            } catch (Exception refused) {
                error = t.errorText(refused);
            }
        }
        t.observe("refused", List.of(error, good > 0));
        Stage.eventually(
                "queue empties", () -> t.stats(t.topic()).path("msgInCounter").asLong() > 0);
        producer.send(Stage.bytes("after"));
    }

    private static void statistics(Stage t) throws Exception {
        var consumer = t.consumer().subscribe();
        var producer = t.producer().create();
        Stage.send(producer, 0, 10);
        Stage.receive(consumer, 10);
        t.observe(
                "producer",
                List.of(
                        producer.getStats().getTotalMsgsSent(),
                        producer.getStats().getTotalSendFailed(),
                        producer.isConnected()));
        t.observe(
                "consumer",
                List.of(consumer.getStats().getTotalMsgsReceived(), consumer.isConnected()));
    }

    private static void encrypted(Stage t) throws Exception {
        var keys = new Keys();
        var consumer = t.consumer().cryptoKeyReader(keys).subscribe();
        try (var producer = t.producer().addEncryptionKey("key").cryptoKeyReader(keys).create()) {
            producer.send(Stage.bytes("secret"));
        }
        try (var producer =
                t.client()
                        .newProducer()
                        .topic(t.topic())
                        .addEncryptionKey("key")
                        .cryptoKeyReader(keys)
                        .create()) {
            producer.send(Stage.bytes("secret in a batch"));
        }
        var messages = Stage.receive(consumer, 2);
        t.observe("texts", Stage.textOf(messages));
        t.observe("context", messages.get(0).getEncryptionCtx().isPresent());
    }

    private static void badNames(Stage t) {
        for (String name :
                List.of(
                        "a/b",
                        "persistent://public/default/",
                        "persistent://public/nope/x",
                        "persistent://nope/default/x",
                        "nonsense://public/default/x")) {
            t.observe(name, t.errorOf(() -> t.client().newProducer().topic(name).create()));
        }
    }

    private static void terminated(Stage t) throws Exception {
        var consumer = t.consumer().subscribe();
        var producer = t.producer().create();
        Stage.send(producer, 0, 3);
        t.observe("terminate", t.rest("POST", t.pathOf(t.topic()) + "/terminate", null).status());
        t.observe(
                "sends",
                t.kindOf(() -> producer.sendAsync(Stage.bytes("x")).get(10, TimeUnit.SECONDS)));
        t.observe("another", t.errorOf(() -> t.producer().create()));
        for (var each : Stage.receive(consumer, 3)) consumer.acknowledge(each);
        Stage.eventually("the end is seen", consumer::hasReachedEndOfTopic);
    }

    private static void deleted(Stage t) throws Exception {
        var consumer = t.consumer().subscribe();
        var producer = t.producer().create();
        producer.send(Stage.bytes("a"));
        Stage.receive(consumer, 1);
        t.observe("refused", t.rest("DELETE", t.pathOf(t.topic()), null).asList());
        t.observe("forced", t.rest("DELETE", t.pathOf(t.topic()) + "?force=true", null).status());
        producer.send(Stage.bytes("b"));
        t.observe("after", Stage.textOf(Stage.receive(consumer, 1)));
    }

    private static void routing(Stage t) throws Exception {
        t.createPartitioned(t.topic(), 3);
        for (MessageRoutingMode mode : MessageRoutingMode.values()) {
            var builder = t.producer().messageRoutingMode(mode);
            if (mode == MessageRoutingMode.CustomPartition) {
                builder.messageRouter(
                        new org.apache.pulsar.client.api.MessageRouter() {
                            @Override
                            public int choosePartition(
                                    Message<?> message,
                                    org.apache.pulsar.client.api.TopicMetadata topic) {
                                return topic.numPartitions() - 1;
                            }
                        });
            }
            try (Producer<byte[]> producer = builder.create()) {
                TreeMap<Integer, Integer> counts = new TreeMap<>();
                for (int i = 0; i < 9; i++) {
                    var id =
                            (org.apache.pulsar.client.api.MessageIdAdv)
                                    producer.send(Stage.bytes("x"));
                    counts.merge(id.getPartitionIndex(), 1, Integer::sum);
                }
                boolean single = mode == MessageRoutingMode.SinglePartition;
                t.observe(mode.name(), single ? counts.size() : counts);
                TreeMap<String, Integer> byKey = new TreeMap<>();
                for (int i = 0; i < 9; i++) {
                    var id =
                            (org.apache.pulsar.client.api.MessageIdAdv)
                                    producer.newMessage()
                                            .key("key-" + i)
                                            .value(Stage.bytes("x"))
                                            .send();
                    byKey.put("key-" + i, id.getPartitionIndex());
                }
                t.observe(mode.name() + " by key", byKey);
            }
        }
    }

    private static void notReplicated(Stage t) throws Exception {
        var consumer = t.consumer().subscribe();
        t.producer().create().newMessage().value(Stage.bytes("here")).disableReplication().send();
        t.producer()
                .create()
                .newMessage()
                .value(Stage.bytes("there"))
                .replicationClusters(List.of("standalone"))
                .send();
        t.observe("delivered", Stage.textOf(Stage.receive(consumer, 2)));
    }

    private static void delayed(Stage t) throws Exception {
        var consumer = t.consumer().subscribe();
        var producer = t.producer().create();
        producer.newMessage().value(Stage.bytes("a")).deliverAfter(5, TimeUnit.SECONDS).send();
        // On an exclusive subscription it comes at once.
        t.observe("delivered", Stage.textOf(Stage.receive(consumer, 1)));
    }
}

// Features that meet on a topic: patterns beside partitions that come and go, deduplication beside
// seeks, limits that are lowered below what there is, compaction of everything but plain messages.

import org.apache.pulsar.client.admin.LongRunningProcessStatus;
import org.apache.pulsar.client.admin.TopicPolicies;
import org.apache.pulsar.client.api.CompressionType;
import org.apache.pulsar.client.api.Consumer;
import org.apache.pulsar.client.api.MessageId;
import org.apache.pulsar.client.api.Producer;
import org.apache.pulsar.client.api.ProducerAccessMode;
import org.apache.pulsar.client.api.ProducerBuilder;
import org.apache.pulsar.client.api.PulsarClientException;
import org.apache.pulsar.client.api.Reader;
import org.apache.pulsar.client.api.Schema;
import org.apache.pulsar.client.api.SubscriptionInitialPosition;
import org.apache.pulsar.client.api.SubscriptionType;
import org.apache.pulsar.client.api.TableView;
import org.apache.pulsar.client.impl.MultiTopicsConsumerImpl;
import org.apache.pulsar.common.policies.data.BacklogQuota;

import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;

final class CombinedTopics {
    /** How long a topic of Pulsar takes to hear of a policy at the most. */
    private static final int HEARD_MS = 600;

    static void register() {
        Suite.scenario("combined", "a_pattern_whose_topics_grow", CombinedTopics::growing);
        Suite.scenario("combined", "duplicates_after_a_seek", CombinedTopics::duplicates);
        Suite.scenario("combined", "fewer_consumers_than_there_are", CombinedTopics::consumers);
        Suite.scenario("combined", "fewer_producers_than_there_are", CombinedTopics::producers);
        Suite.scenario(
                "combined", "fewer_subscriptions_than_there_are", CombinedTopics::subscriptions);
        Suite.scenario("combined", "less_unacknowledged_than_there_is", CombinedTopics::unacked);
        Suite.scenario("combined", "compaction_of_chunks", CombinedTopics::chunks);
        Suite.scenario("combined", "compaction_of_what_is_encrypted", CombinedTopics::encrypted);
        Suite.scenario("combined", "compaction_of_a_mixture", CombinedTopics::mixture);
        Suite.scenario("combined", "tables_over_compaction", CombinedTopics::tables);
        Suite.alone("combined", "waiting_for_a_topic_over_a_kill", CombinedTopics::waiting);
        Suite.alone("combined", "quotas_by_age_of_several", CombinedTopics::quotas);
    }

    private static List<String> topicsOf(Stage t, Consumer<byte[]> consumer) {
        var many = (MultiTopicsConsumerImpl<byte[]>) consumer;
        return many.getPartitions().stream().map(t::plain).sorted().toList();
    }

    private static int countOf(Consumer<byte[]> consumer) {
        return ((MultiTopicsConsumerImpl<byte[]>) consumer).getConsumers().size();
    }

    /** Found, grown, deleted, made again with fewer partitions. */
    private static void growing(Stage t) throws Exception {
        String namespace = t.namespace();
        String base = "persistent://" + namespace + "/";
        t.createPartitioned(base + "a", 2);
        var consumer =
                t.client()
                        .newConsumer()
                        .topicsPattern(Pattern.compile(base + "a.*"))
                        .patternAutoDiscoveryPeriod(1, TimeUnit.SECONDS)
                        .autoUpdatePartitionsInterval(1, TimeUnit.SECONDS)
                        .subscriptionName("sub")
                        .subscriptionType(SubscriptionType.Shared)
                        .subscriptionInitialPosition(SubscriptionInitialPosition.Earliest)
                        .subscribe();
        t.observe("at first", topicsOf(t, consumer));
        t.rest("POST", t.pathOf(base + "a") + "/partitions", "4");
        Stage.eventually("grown", () -> countOf(consumer) == 4);
        t.createPartitioned(base + "ab", 1);
        t.producer(base + "b").create().send(Stage.bytes("not this"));
        Stage.eventually("another", () -> countOf(consumer) == 5);
        t.observe("grown", topicsOf(t, consumer));
        try (var producer = t.producer(base + "a").create()) {
            Stage.send(producer, 0, 8);
        }
        t.observe("all came", new TreeSet<>(Stage.textOf(Stage.receive(consumer, 8))).size());
        t.observe(
                "deleted",
                t.rest("DELETE", t.pathOf(base + "a") + "/partitions?force=true", null).status());
        Stage.eventually("gone", () -> countOf(consumer) == 1);
        t.observe("left", topicsOf(t, consumer));
        t.createPartitioned(base + "a", 1);
        try (var producer = t.producer(base + "a").create()) {
            Stage.send(producer, 10, 12);
        }
        t.observe("made again", new TreeSet<>(Stage.textOf(Stage.receive(consumer, 2))));
        t.observe("at last", topicsOf(t, consumer));
    }

    private static String outcome(Producer<byte[]> producer, long sequenceId, String text)
            throws Exception {
        var id = producer.newMessage().sequenceId(sequenceId).value(Stage.bytes(text)).send();
        return id.toString().startsWith("-1:-1") ? "dropped" : "stored";
    }

    /** A producer's name outlives it, seeks of others, and an unload; another name is another. */
    private static void duplicates(Stage t) throws Exception {
        t.producer().create().close();
        t.admin().topicPolicies().setDeduplicationStatus(t.topic(), true);
        Thread.sleep(HEARD_MS);
        var consumer = t.consumer().subscribe();
        var outcomes = new ArrayList<String>();
        for (String name : List.of("p", "p", "q")) {
            try (var producer = t.producer().producerName(name).create()) {
                outcomes.add(name + " after " + producer.getLastSequenceId());
                for (long id : List.of(3L, 5L, 4L, 5L, 7L))
                    outcomes.add(name + " " + id + " " + outcome(producer, id, name + id));
            }
        }
        t.observe("outcomes", outcomes);
        t.observe("delivered", Stage.textOf(Stage.drain(consumer)));
        consumer.seek(MessageId.earliest);
        t.observe("after a seek", Stage.textOf(Stage.drain(consumer)));
        t.rest("PUT", t.pathOf(t.topic()) + "/unload", null);
        var later = new ArrayList<String>();
        try (var producer = t.producer().producerName("p").create()) {
            later.add("after " + producer.getLastSequenceId());
            later.add(outcome(producer, 7, "again"));
            later.add(outcome(producer, 8, "new"));
        }
        t.observe("after an unload", later);
        t.rest("POST", t.pathOf(t.topic()) + "/subscription/sub/skip_all", null);
        t.rest("DELETE", t.pathOf(t.topic()) + "/truncate", null);
        try (var producer = t.producer().producerName("p").create()) {
            t.observe("after truncating", outcome(producer, 8, "again"));
        }
        t.admin().topicPolicies().setDeduplicationStatus(t.topic(), false);
        Thread.sleep(HEARD_MS);
        try (var producer = t.producer().producerName("p").create()) {
            t.observe("without", outcome(producer, 8, "again"));
        }
    }

    private static void consumers(Stage t) throws Exception {
        var all = new ArrayList<Consumer<byte[]>>();
        for (int i = 0; i < 3; i++)
            all.add(t.consumer().subscriptionType(SubscriptionType.Shared).subscribe());
        var elsewhere = t.consumer().subscriptionName("other").subscribe();
        TopicPolicies policies = t.admin().topicPolicies();
        policies.setMaxConsumersPerSubscription(t.topic(), 1);
        Thread.sleep(HEARD_MS);
        Stage.send(t.producer().create(), 0, 6);
        var texts = new TreeSet<String>();
        for (var each : all) texts.addAll(Stage.textOf(Stage.drain(each)));
        t.observe("who was there goes on", texts.size());
        t.observe(
                "one more",
                t.errorOf(
                        () -> t.consumer().subscriptionType(SubscriptionType.Shared).subscribe()));
        for (var each : all) each.close();
        var only = t.consumer().subscriptionType(SubscriptionType.Shared).subscribe();
        t.observe("the only one", new TreeSet<>(Stage.textOf(Stage.receive(only, 6))).size());
        policies.setMaxConsumers(t.topic(), 1);
        Thread.sleep(HEARD_MS);
        t.observe(
                "of the topic",
                t.errorOf(() -> t.consumer().subscriptionName("third").subscribe()));
        t.rest("PUT", t.pathOf(t.topic()) + "/unload", null);
        Stage.eventually("who comes first is back", () -> consumersOf(t) == 1);
        Thread.sleep(500);
        t.observe("after an unload", consumersOf(t));
        policies.removeMaxConsumers(t.topic());
        policies.removeMaxConsumersPerSubscription(t.topic());
        Stage.eventually("both are back", () -> consumersOf(t) == 2);
        elsewhere.close();
    }

    private static int consumersOf(Stage t) throws Exception {
        int count = 0;
        for (var each : t.stats(t.topic()).path("subscriptions"))
            count += each.path("consumers").size();
        return count;
    }

    private static void producers(Stage t) throws Exception {
        var one = t.producer().producerName("one").create();
        var two = t.producer().producerName("two").create();
        TopicPolicies policies = t.admin().topicPolicies();
        policies.setMaxProducers(t.topic(), 1);
        Thread.sleep(HEARD_MS);
        one.send(Stage.bytes("a"));
        two.send(Stage.bytes("b"));
        t.observe("one more", t.errorOf(() -> t.producer().create()));
        two.close();
        t.observe("still one more", t.errorOf(() -> t.producer().create()));
        one.close();
        var three = t.producer().create();
        three.send(Stage.bytes("c"));
        t.observe("publishers", t.stats(t.topic()).path("publishers").size());
        policies.removeMaxProducers(t.topic());
    }

    private static void subscriptions(Stage t) throws Exception {
        for (String name : List.of("a", "b", "c"))
            t.consumer().subscriptionName(name).subscribe().close();
        TopicPolicies policies = t.admin().topicPolicies();
        policies.setMaxSubscriptionsPerTopic(t.topic(), 2);
        Thread.sleep(HEARD_MS);
        t.consumer().subscriptionName("a").subscribe().close();
        t.observe("a new one", t.errorOf(() -> t.consumer().subscriptionName("d").subscribe()));
        t.observe(
                "a reader",
                t.errorOf(
                        () ->
                                t.client()
                                        .newReader()
                                        .topic(t.topic())
                                        .startMessageId(MessageId.earliest)
                                        .create()));
        t.observe(
                "over REST",
                t.plain(
                        String.valueOf(
                                t.rest("PUT", t.pathOf(t.topic()) + "/subscription/d", "{}")
                                        .asList())));
        t.admin().topics().deleteSubscription(t.topic(), "c");
        t.observe("as many", t.errorOf(() -> t.consumer().subscriptionName("d").subscribe()));
        t.admin().topics().deleteSubscription(t.topic(), "b");
        t.consumer().subscriptionName("d").subscribe().close();
        t.observe("left", new TreeSet<>(t.admin().topics().getSubscriptions(t.topic())));
    }

    private static boolean blocked(Stage t) throws Exception {
        var consumer = t.stats(t.topic()).path("subscriptions").path("sub").path("consumers").get(0);
        return consumer.path("blockedConsumerOnUnackedMsgs").asBoolean();
    }

    /** A limit that falls below what a consumer has holds it once it has gone down so far. */
    private static void unacked(Stage t) throws Exception {
        var consumer =
                t.consumer()
                        .subscriptionType(SubscriptionType.Shared)
                        .receiverQueueSize(2)
                        .subscribe();
        var producer = t.producer().create();
        Stage.send(producer, 0, 20);
        var first = Stage.receive(consumer, 10);
        t.admin().topicPolicies().setMaxUnackedMessagesOnConsumer(t.topic(), 4);
        Thread.sleep(HEARD_MS);
        // Those that are in its queue are its own already.
        var next = Stage.drain(consumer);
        t.observe("held", next.size() < 10);
        t.observe("blocked", blocked(t));
        for (var each : first) consumer.acknowledge(each);
        for (var each : next) consumer.acknowledge(each);
        var rest = new ArrayList<String>();
        while (rest.size() + 10 + next.size() < 20) {
            var message = Stage.receive(consumer, 1).get(0);
            rest.add(new String(message.getData()));
            consumer.acknowledge(message);
        }
        Stage.eventually("all is acknowledged", () -> t.backlog(t.topic(), "sub") == 0);
        Stage.send(producer, 20, 30);
        var held = Stage.drain(consumer);
        t.observe("then at most", held.size());
        t.admin().topicPolicies().removeMaxUnackedMessagesOnConsumer(t.topic());
        Thread.sleep(HEARD_MS);
        for (var each : held) consumer.acknowledge(each);
        t.observe("and at last", Stage.receive(consumer, 10 - held.size()).size() + held.size());
    }

    private static void compact(Stage t) throws Exception {
        var topics = t.admin().topics();
        topics.triggerCompaction(t.topic());
        Stage.eventually(
                "it is compacted",
                () ->
                        topics.compactionStatus(t.topic()).status
                                != LongRunningProcessStatus.Status.RUNNING);
        Stage.same(
                topics.compactionStatus(t.topic()).status,
                LongRunningProcessStatus.Status.SUCCESS,
                "the outcome");
    }

    private static List<String> readCompacted(Stage t) throws Exception {
        var pairs = new ArrayList<String>();
        try (Reader<byte[]> reader =
                t.client()
                        .newReader()
                        .topic(t.topic())
                        .readCompacted(true)
                        .cryptoKeyReader(new Keys())
                        .startMessageId(MessageId.earliest)
                        .create()) {
            while (reader.hasMessageAvailable()) {
                var message = reader.readNext(5, TimeUnit.SECONDS);
                if (message == null) {
                    pairs.add("nothing came");
                    break;
                }
                String text = new String(message.getData());
                String what = text.length() > 20 ? text.length() + " of " + text.charAt(0) : text;
                pairs.add(message.getKey() + "=" + what);
            }
        }
        return pairs;
    }

    private static ProducerBuilder<byte[]> chunking(Stage t) throws Exception {
        return t.producer().enableBatching(false).enableChunking(true).chunkMaxMessageSize(4_000);
    }

    private static void put(Producer<byte[]> producer, String key, String text) throws Exception {
        producer.newMessage().key(key).value(text == null ? null : Stage.bytes(text)).send();
    }

    /** Each large message is followed by a small one with its key: what stays is whole. */
    private static void chunks(Stage t) throws Exception {
        var producer = chunking(t).create();
        put(producer, "a", "x".repeat(10_000));
        put(producer, "b", "small");
        put(producer, "a", "after");
        put(producer, "c", "y".repeat(10_000));
        put(producer, "c", null);
        compact(t);
        t.observe("compacted", readCompacted(t));
        put(producer, "b", "z".repeat(9_000));
        t.observe("and live", readCompacted(t));
    }

    private static void encrypted(Stage t) throws Exception {
        var producer =
                t.producer()
                        .enableBatching(false)
                        .addEncryptionKey("key")
                        .cryptoKeyReader(new Keys())
                        .create();
        var plain = t.producer().enableBatching(false).create();
        put(producer, "a", "1");
        put(plain, "b", "1");
        put(producer, "b", "2");
        put(plain, "a", "2");
        put(producer, "c", "1");
        put(producer, "d", "1");
        put(plain, "d", null);
        compact(t);
        t.observe("compacted", readCompacted(t));
        put(producer, "a", "3");
        compact(t);
        t.observe("again", readCompacted(t));
    }

    /** Batches and single messages, with every codec, with and without keys. */
    private static void mixture(Stage t) throws Exception {
        for (CompressionType codec : CompressionType.values()) {
            try (var producer =
                    t.client()
                            .newProducer()
                            .topic(t.topic())
                            .compressionType(codec)
                            .batchingMaxMessages(4)
                            .batchingMaxPublishDelay(60, TimeUnit.SECONDS)
                            .create()) {
                var sent = new ArrayList<CompletableFuture<MessageId>>();
                sent.add(send(producer, "every", codec.name()));
                sent.add(send(producer, codec.name(), "own"));
                sent.add(send(producer, null, "no key"));
                sent.add(send(producer, "gone", codec == CompressionType.SNAPPY ? "" : "there"));
                for (var each : sent) each.get(Stage.PATIENCE_MS, TimeUnit.MILLISECONDS);
            }
        }
        put(t.producer().enableBatching(false).create(), "LZ4", "alone");
        compact(t);
        t.observe("compacted", readCompacted(t));
        compact(t);
        t.observe("again", readCompacted(t));
    }

    private static CompletableFuture<MessageId> send(
            Producer<byte[]> producer, String key, String text) {
        var message = producer.newMessage().value(Stage.bytes(text));
        if (key != null) message.key(key);
        return message.sendAsync();
    }

    private static TreeMap<String, String> shown(TableView<String> table) {
        var all = new TreeMap<String, String>();
        table.forEach(all::put);
        return all;
    }

    /** One table from before, one from between, one from after: at last all show the same. */
    private static void tables(Stage t) throws Exception {
        var producer =
                t.client().newProducer(Schema.STRING).topic(t.topic()).enableBatching(false).create();
        var builder = t.client().newTableView(Schema.STRING).topic(t.topic());
        var before = builder.create();
        for (String pair : List.of("a=1", "b=1", "c=1", "a=2"))
            producer.newMessage().key(pair.substring(0, 1)).value(pair.substring(2)).send();
        producer.newMessage().key("b").value(null).send();
        compact(t);
        var between = t.client().newTableView(Schema.STRING).topic(t.topic()).create();
        t.observe("between", shown(between));
        producer.newMessage().key("c").value(null).send();
        producer.newMessage().key("b").value("2").send();
        producer.newMessage().key("d").value("1").send();
        compact(t);
        producer.newMessage().key("d").value(null).send();
        producer.newMessage().key("e").value("last").send();
        var after = t.client().newTableView(Schema.STRING).topic(t.topic()).create();
        for (var each : List.of(before, between, after)) {
            Stage.eventually("it has the last", () -> "last".equals(each.get("e")));
            t.observe("at last", shown(each));
        }
        t.rest("DELETE", t.pathOf(t.topic()) + "/truncate", null);
        t.rest("PUT", t.pathOf(t.topic()) + "/unload", null);
        producer.newMessage().key("a").value("3").send();
        Stage.eventually("it goes on", () -> "3".equals(before.get("a")));
        t.observe("truncated", shown(before));
    }

    /** One of the two has the topic afterwards, whoever comes first; the other is not in it. */
    private static void waiting(Stage t) throws Exception {
        var owner =
                t.producer().producerName("owner").accessMode(ProducerAccessMode.Exclusive).create();
        owner.send(Stage.bytes("before"));
        var next =
                t.producer()
                        .producerName("next")
                        .accessMode(ProducerAccessMode.WaitForExclusive)
                        .createAsync();
        Stage.eventually(
                "it waits", () -> t.stats(t.topic()).path("waitingPublishers").asInt() == 1);
        t.control("kill");
        t.control("start");
        boolean isOwners = true;
        try {
            owner.send(Stage.bytes("after"));
        } catch (PulsarClientException.ProducerFencedException error) {
            isOwners = false;
        }
        Thread.sleep(1_500);
        t.observe("one has it", next.isDone() != isOwners);
        t.observe(
                "another",
                t.errorOf(() -> t.producer().create()).replaceAll("owner|next", "NAME"));
        owner.close();
        var now = next.get(30, TimeUnit.SECONDS);
        now.send(Stage.bytes("next"));
        t.observe("publishers", t.stats(t.topic()).path("publishers").size());
        var all = new TreeSet<>(Stage.textOf(Stage.drain(t.consumer().subscribe())));
        t.observe("all", all.containsAll(List.of("before", "next")));
        t.observe("and what was confirmed", all.contains("after") == isOwners);
    }

    /** One subscription has read all, one a part, one nothing. */
    private static void quotas(Stage t) throws Exception {
        t.control("with/preciseTimeBasedBacklogQuotaCheck=true");
        for (var policy :
                List.of(
                        BacklogQuota.RetentionPolicy.consumer_backlog_eviction,
                        BacklogQuota.RetentionPolicy.producer_exception)) {
            String topic = t.topic("-" + policy);
            t.consumer(topic).subscriptionName("none").subscribe().close();
            var all = t.consumer(topic).subscriptionName("all").subscribe();
            var part = t.consumer(topic).subscriptionName("part").subscribe();
            var producer = t.producer(topic).sendTimeout(20, TimeUnit.SECONDS).create();
            Stage.send(producer, 0, 6);
            for (var each : Stage.receive(all, 6)) all.acknowledge(each);
            var taken = Stage.receive(part, 6);
            for (var each : taken.subList(0, 3)) part.acknowledge(each);
            Stage.eventually("acknowledged", () -> t.backlog(topic, "part") == 3);
            t.admin()
                    .topicPolicies()
                    .setBacklogQuota(
                            topic,
                            BacklogQuota.builder().limitTime(4).retentionPolicy(policy).build(),
                            BacklogQuota.BacklogQuotaType.message_age);
            if (policy == BacklogQuota.RetentionPolicy.consumer_backlog_eviction) {
                Stage.eventually("the slowest is evicted", () -> t.backlog(topic, "none") == 0);
                Stage.eventually("the other too", () -> t.backlog(topic, "part") == 0);
                Stage.send(producer, 6, 8);
                t.observe("evicted, all", Stage.textOf(Stage.receive(all, 2)));
                t.observe("evicted, part", Stage.textOf(Stage.receive(part, 2)));
                continue;
            }
            Stage.eventually(
                    "the producer is let go",
                    () -> t.stats(topic).path("publishers").size() == 0);
            t.observe("refused", t.errorOf(() -> producer.send(Stage.bytes("no"))));
            t.observe("a new one", t.errorOf(() -> t.producer(topic).create()));
            for (var each : taken.subList(3, 6)) part.acknowledge(each);
            Stage.eventually("acknowledged", () -> t.backlog(topic, "part") == 0);
            Thread.sleep(1_500);
            t.observe("one still lags", t.errorOf(() -> t.producer(topic).create()));
            t.rest("POST", t.pathOf(topic) + "/subscription/none/skip_all", null);
            Stage.eventually("it is taken", () -> mayProduce(t, topic));
            t.observe("then", Stage.send(t.producer(topic).create(), 6, 7).size());
        }
        t.control("without");
    }

    private static boolean mayProduce(Stage t, String topic) {
        try {
            t.producer(topic).create().close();
            return true;
        } catch (Exception error) {
            return false;
        }
    }
}

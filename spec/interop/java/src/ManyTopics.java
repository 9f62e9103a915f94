// Partitioned topics, several topics, and topics by pattern.

import org.apache.pulsar.client.api.RegexSubscriptionMode;
import org.apache.pulsar.client.api.SubscriptionInitialPosition;
import org.apache.pulsar.client.api.SubscriptionType;
import org.apache.pulsar.client.impl.MultiTopicsConsumerImpl;

import java.util.List;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;

final class ManyTopics {
    static void register() {
        Suite.scenario("topics", "partitioned", ManyTopics::partitioned);
        Suite.scenario("topics", "growing", ManyTopics::growing);
        Suite.scenario("topics", "several", ManyTopics::several);
        Suite.scenario("topics", "by_pattern", ManyTopics::pattern);
        Suite.scenario("topics", "that_come_and_go", ManyTopics::comeAndGo);
        Suite.scenario("topics", "partitions_of", ManyTopics::partitionsOf);
        Suite.scenario("topics", "by_the_name_of_a_partition", ManyTopics::onePartition);
    }

    private static void partitioned(Stage t) throws Exception {
        t.createPartitioned(t.topic(), 4);
        for (SubscriptionType type : SubscriptionType.values()) {
            try (var consumer =
                    t.consumer().subscriptionName(type.name()).subscriptionType(type).subscribe()) {
                try (var producer = t.producer().create()) {
                    Stage.send(producer, 0, 20);
                }
                var messages = Stage.receive(consumer, 20 * (type.ordinal() + 1));
                for (var each : messages) consumer.acknowledge(each);
                t.observe(type.name(), new TreeSet<>(Stage.textOf(messages)).size());
                consumer.unsubscribe();
            }
        }
        t.observe("topics", messagesTopics(t));
    }

    private static List<String> messagesTopics(Stage t) throws Exception {
        return t.client().getPartitionsForTopic(t.topic()).get().stream().map(t::plain).toList();
    }

    private static void growing(Stage t) throws Exception {
        t.createPartitioned(t.topic(), 1);
        var consumer = t.consumer().autoUpdatePartitionsInterval(1, TimeUnit.SECONDS).subscribe();
        var producer = t.producer().autoUpdatePartitionsInterval(1, TimeUnit.SECONDS).create();
        Stage.send(producer, 0, 3);
        t.observe("grown", t.rest("POST", t.pathOf(t.topic()) + "/partitions", "3").status());
        Stage.eventually(
                "the consumer sees it",
                () ->
                        ((MultiTopicsConsumerImpl<byte[]>) consumer).getPartitionedTopics().size()
                                        == 1
                                && ((MultiTopicsConsumerImpl<byte[]>) consumer)
                                                .getConsumers()
                                                .size()
                                        == 3);
        Stage.eventually(
                "the producer sees it",
                () -> t.stats(t.topic("-partition-2")).path("publishers").size() == 1);
        Stage.send(producer, 3, 30);
        t.observe("all came", new TreeSet<>(Stage.textOf(Stage.receive(consumer, 30))).size());
        t.observe("shrunk", t.rest("POST", t.pathOf(t.topic()) + "/partitions", "2").asList());
    }

    private static void several(Stage t) throws Exception {
        var consumer =
                t.client()
                        .newConsumer()
                        .topics(List.of(t.topic("-a"), t.topic("-b"), t.topic("-c")))
                        .subscriptionName("sub")
                        .subscribe();
        for (String each : List.of("-a", "-b", "-c"))
            Stage.send(t.producer(t.topic(each)).create(), 0, 3);
        var byTopic = new TreeMap<String, Integer>();
        for (var each : Stage.receive(consumer, 9)) {
            byTopic.merge(t.plain(each.getTopicName()), 1, Integer::sum);
            consumer.acknowledge(each);
        }
        t.observe("by topic", byTopic);
        t.observe("last ids", consumer.getLastMessageIds().size());
        consumer.unsubscribe();
        t.observe("left", t.stats(t.topic("-a")).path("subscriptions").size());
    }

    private static void pattern(Stage t) throws Exception {
        String namespace = t.namespace();
        String base = "persistent://" + namespace + "/";
        for (String name : List.of("a1", "a2", "b1"))
            Stage.send(t.producer(base + name).create(), 0, 1);
        t.createPartitioned(base + "a3", 2);
        Stage.send(t.producer(base + "a3").create(), 0, 2);
        for (RegexSubscriptionMode mode : RegexSubscriptionMode.values()) {
            try (var consumer =
                    t.client()
                            .newConsumer()
                            .topicsPattern(Pattern.compile(base + "a.*"))
                            .subscriptionName("sub" + mode)
                            .subscriptionTopicsMode(mode)
                            .subscriptionInitialPosition(SubscriptionInitialPosition.Earliest)
                            .subscribe()) {
                t.observe(
                        mode.name(),
                        new TreeSet<>(
                                Stage.drain(consumer).stream()
                                        .map(each -> t.plain(each.getTopicName()))
                                        .toList()));
            }
        }
    }

    /** The interval is long: only the broker can have told the client. */
    private static void comeAndGo(Stage t) throws Exception {
        String namespace = t.namespace();
        String base = "persistent://" + namespace + "/";
        t.producer(base + "a1").create().close();
        var consumer =
                t.client()
                        .newConsumer()
                        .topicsPattern(Pattern.compile(base + "a.*"))
                        .patternAutoDiscoveryPeriod(300, TimeUnit.SECONDS)
                        .subscriptionName("sub")
                        .subscriptionInitialPosition(SubscriptionInitialPosition.Earliest)
                        .subscribe();
        var many = (MultiTopicsConsumerImpl<byte[]>) consumer;
        t.observe("at first", many.getPartitions().stream().map(t::plain).sorted().toList());
        var producer = t.producer(base + "a2").create();
        t.producer(base + "b2").create().send(Stage.bytes("not this"));
        producer.send(Stage.bytes("from a2"));
        t.observe("got", Stage.textOf(Stage.receive(consumer, 1)));
        t.createPartitioned(base + "a3", 2);
        Stage.eventually("partitions are found", () -> many.getConsumers().size() == 4);
        t.rest("DELETE", t.pathOf(base + "a1") + "?force=true", null);
        Stage.eventually("one is gone", () -> many.getConsumers().size() == 3);
        t.observe("at last", many.getPartitions().stream().map(t::plain).sorted().toList());
    }

    private static void partitionsOf(Stage t) throws Exception {
        t.observe(
                "of none",
                t.client().getPartitionsForTopic(t.topic("-none")).get().stream()
                        .map(t::plain)
                        .toList());
        t.createPartitioned(t.topic(), 2);
        t.observe("of two", messagesTopics(t));
        t.observe(
                "of a partition",
                t.client().getPartitionsForTopic(t.topic("-partition-1")).get().stream()
                        .map(t::plain)
                        .toList());
        t.observe("of a bad name", t.errorOf(() -> t.client().getPartitionsForTopic("a/b").get()));
        t.observe(
                "of no namespace",
                t.errorOf(
                        () ->
                                t.client()
                                        .getPartitionsForTopic("persistent://public/nope/x")
                                        .get()));
        t.observe(
                "of none, not to be made",
                t.errorOf(() -> t.client().getPartitionsForTopic(t.topic("-no"), false).get()));
    }

    private static void onePartition(Stage t) throws Exception {
        t.createPartitioned(t.topic(), 2);
        Stage.send(t.producer(t.topic("-partition-1")).create(), 0, 2);
        t.observe(
                "got",
                Stage.textOf(Stage.receive(t.consumer(t.topic("-partition-1")).subscribe(), 2)));
        t.observe("beyond", t.errorOf(() -> t.producer(t.topic("-partition-2")).create()));
        t.observe(
                "beyond, to consume",
                t.errorOf(() -> t.consumer(t.topic("-partition-2")).subscribe()));
        t.observe("of none", t.errorOf(() -> t.producer(t.topic("-none-partition-0")).create()));
    }
}

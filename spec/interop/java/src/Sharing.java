// Several consumers on one subscription: failover and key_shared.

import org.apache.pulsar.client.api.Consumer;
import org.apache.pulsar.client.api.ConsumerEventListener;
import org.apache.pulsar.client.api.KeySharedPolicy;
import org.apache.pulsar.client.api.Range;
import org.apache.pulsar.client.api.SubscriptionType;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;

final class Sharing {
    static void register() {
        Suite.scenario("failover", "one_after_the_other", Sharing::failover);
        Suite.scenario("failover", "hears_before_it_receives", Sharing::hearsFirst);
        Suite.scenario("failover", "by_priority", Sharing::failoverPriority);
        Suite.scenario("failover", "of_partitions", Sharing::failoverPartitions);
        Suite.scenario(
                "key_shared",
                "automatically",
                t -> keyShared(t, KeySharedPolicy.autoSplitHashRange()));
        Suite.scenario(
                "key_shared",
                "out_of_order",
                t ->
                        keyShared(
                                t,
                                KeySharedPolicy.autoSplitHashRange()
                                        .setAllowOutOfOrderDelivery(true)));
        Suite.scenario("key_shared", "by_chosen_ranges", Sharing::sticky);
        Suite.scenario("key_shared", "keeps_order_while_consumers_join", Sharing::joining);
        Suite.scenario("key_shared", "of_ordering_keys", Sharing::orderingKeys);
        Suite.scenario("key_shared", "without_keys", Sharing::noKeys);
        Suite.scenario("shared", "round_robin", Sharing::roundRobin);
    }

    /** Keeps what each consumer is told, in order. */
    private static final class Notices implements ConsumerEventListener {
        final Map<String, List<String>> heard = new ConcurrentHashMap<>();

        @Override
        public void becameActive(Consumer<?> consumer, int partition) {
            add(consumer, "active");
        }

        @Override
        public void becameInactive(Consumer<?> consumer, int partition) {
            add(consumer, "inactive");
        }

        void add(Consumer<?> consumer, String what) {
            heard.computeIfAbsent(
                            consumer.getConsumerName(),
                            name -> Collections.synchronizedList(new ArrayList<>()))
                    .add(what);
        }
    }

    private static Consumer<byte[]> failoverConsumer(Stage t, String name, Notices notices)
            throws Exception {
        return t.consumer()
                .subscriptionType(SubscriptionType.Failover)
                .consumerName(name)
                .consumerEventListener(notices)
                .subscribe();
    }

    private static void failover(Stage t) throws Exception {
        var notices = new Notices();
        var consumers = new TreeMap<String, Consumer<byte[]>>();
        for (String name : List.of("b", "a", "c")) {
            consumers.put(name, failoverConsumer(t, name, notices));
            Thread.sleep(1_500);
        }
        t.observe("heard", new TreeMap<>(notices.heard));
        var producer = t.producer().create();
        Stage.send(producer, 0, 5);
        while (consumers.size() > 0) {
            String active =
                    t.stats(t.topic())
                            .path("subscriptions")
                            .path("sub")
                            .path("activeConsumerName")
                            .asText();
            var consumer = consumers.remove(active);
            t.observe(
                    "with " + consumers.size() + " left",
                    List.of(active, Stage.textOf(Stage.receive(consumer, 5))));
            consumer.close();
            Thread.sleep(1_500);
        }
    }

    private static void hearsFirst(Stage t) throws Exception {
        Stage.send(t.producer().create(), 0, 3);
        var notices = new Notices();
        t.consumer()
                .subscriptionType(SubscriptionType.Failover)
                .consumerName("a")
                .consumerEventListener(notices)
                .messageListener(
                        (consumer, message) -> notices.add(consumer, new String(message.getData())))
                .subscribe();
        Stage.eventually("all came", () -> notices.heard.getOrDefault("a", List.of()).size() == 4);
        t.observe("order", notices.heard.get("a"));
    }

    private static void failoverPriority(Stage t) throws Exception {
        var notices = new Notices();
        for (int level = 2; level >= 0; level--) {
            t.consumer()
                    .subscriptionType(SubscriptionType.Failover)
                    .consumerName("p" + level)
                    .priorityLevel(level)
                    .consumerEventListener(notices)
                    .subscribe();
            Thread.sleep(1_500);
        }
        t.observe("heard", new TreeMap<>(notices.heard));
    }

    private static void failoverPartitions(Stage t) throws Exception {
        t.createPartitioned(t.topic(), 3);
        for (String name : List.of("a", "b")) {
            t.consumer().subscriptionType(SubscriptionType.Failover).consumerName(name).subscribe();
        }
        Thread.sleep(1_500);
        List<String> active = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            active.add(
                    t.stats(t.topic("-partition-" + i))
                            .path("subscriptions")
                            .path("sub")
                            .path("activeConsumerName")
                            .asText());
        }
        t.observe("active", active);
    }

    private static Consumer<byte[]> sharer(Stage t, String name, KeySharedPolicy policy)
            throws Exception {
        return t.consumer()
                .subscriptionType(SubscriptionType.Key_Shared)
                .keySharedPolicy(policy)
                .consumerName(name)
                .subscribe();
    }

    private static void keyShared(Stage t, KeySharedPolicy policy) throws Exception {
        var consumers = new ArrayList<Consumer<byte[]>>();
        for (String name : List.of("a", "b", "c")) consumers.add(sharer(t, name, policy));
        var producer = t.producer().create();
        for (int i = 0; i < 60; i++) {
            producer.newMessage().key("key-" + i % 12).value(Stage.bytes("" + i)).send();
        }
        Map<String, String> owners = new TreeMap<>();
        int count = 0;
        for (var consumer : consumers) {
            for (var message : Stage.drain(consumer)) {
                String before = owners.put(message.getKey(), consumer.getConsumerName());
                Stage.same(
                        before == null || before.equals(consumer.getConsumerName()),
                        true,
                        message.getKey());
                consumer.acknowledge(message);
                count++;
            }
        }
        Stage.same(count, 60, "messages");
        t.observe("owners", owners);
        var sub = t.stats(t.topic()).path("subscriptions").path("sub");
        t.observe("stats", List.of(sub.path("keySharedMode"), sub.path("allowOutOfOrderDelivery")));
    }

    private static void sticky(Stage t) throws Exception {
        var low = sharer(t, "low", KeySharedPolicy.stickyHashRange().ranges(Range.of(0, 32_767)));
        t.observe(
                "overlapping",
                t.errorOf(
                                () ->
                                        sharer(
                                                t,
                                                "x",
                                                KeySharedPolicy.stickyHashRange()
                                                        .ranges(Range.of(32_767, 40_000))))
                        .replaceAll("(?s)(conflict).*", "$1"));
        t.observe(
                "automatic", t.errorOf(() -> sharer(t, "x", KeySharedPolicy.autoSplitHashRange())));
        t.observe(
                "own overlap",
                t.kindOf(
                        () ->
                                sharer(
                                        t,
                                        "x",
                                        KeySharedPolicy.stickyHashRange()
                                                .ranges(
                                                        Range.of(40_000, 50_000),
                                                        Range.of(45_000, 60_000)))));
        var producer = t.producer().create();
        for (int i = 0; i < 30; i++)
            producer.newMessage().key("key-" + i).value(Stage.bytes("" + i)).send();
        var keys = new TreeSet<String>();
        for (var each : Stage.drain(low)) keys.add(each.getKey());
        t.observe("low", keys);
        var high =
                sharer(
                        t,
                        "high",
                        KeySharedPolicy.stickyHashRange().ranges(Range.of(32_768, 65_535)));
        t.observe("high", Stage.receive(high, 30 - keys.size()).size());
    }

    private static void joining(Stage t) throws Exception {
        var first = sharer(t, "first", KeySharedPolicy.autoSplitHashRange());
        var producer = t.producer().create();
        for (int i = 0; i < 40; i++)
            producer.newMessage().key("k" + i % 8).value(Stage.bytes("" + i)).send();
        var held = Stage.receive(first, 40);
        var second = sharer(t, "second", KeySharedPolicy.autoSplitHashRange());
        for (int i = 40; i < 80; i++)
            producer.newMessage().key("k" + i % 8).value(Stage.bytes("" + i)).send();
        t.observe("before acknowledgements", Stage.drain(second).size());
        for (var each : held) first.acknowledge(each);
        var moved = Stage.drain(second);
        var keys = new TreeSet<String>();
        for (var each : moved) keys.add(each.getKey());
        t.observe("moved", keys);
        t.observe(
                "all of them in order",
                Stage.textOf(moved).stream()
                        .map(Integer::parseInt)
                        .sorted()
                        .map(String::valueOf)
                        .toList()
                        .equals(Stage.textOf(moved)));
    }

    private static void orderingKeys(Stage t) throws Exception {
        var consumers =
                List.of(
                        sharer(t, "a", KeySharedPolicy.autoSplitHashRange()),
                        sharer(t, "b", KeySharedPolicy.autoSplitHashRange()));
        var producer = t.producer().create();
        for (int i = 0; i < 20; i++) {
            producer.newMessage()
                    .key("same")
                    .orderingKey(Stage.bytes("order-" + i % 5))
                    .value(Stage.bytes("" + i))
                    .send();
        }
        Map<String, String> owners = new TreeMap<>();
        for (var consumer : consumers) {
            for (var each : Stage.drain(consumer)) {
                owners.put(new String(each.getOrderingKey()), consumer.getConsumerName());
            }
        }
        t.observe("owners", owners);
    }

    private static void noKeys(Stage t) throws Exception {
        var consumers =
                List.of(
                        sharer(t, "a", KeySharedPolicy.autoSplitHashRange()),
                        sharer(t, "b", KeySharedPolicy.autoSplitHashRange()));
        var producer = t.producer().producerName("named").create();
        Stage.send(producer, 0, 20);
        Map<String, List<String>> got = new TreeMap<>();
        for (var consumer : consumers)
            got.put(consumer.getConsumerName(), Stage.textOf(Stage.drain(consumer)));
        t.observe("got", got);
    }

    private static void roundRobin(Stage t) throws Exception {
        var consumers = new ArrayList<Consumer<byte[]>>();
        for (int i = 0; i < 3; i++) {
            consumers.add(
                    t.consumer()
                            .subscriptionType(SubscriptionType.Shared)
                            .receiverQueueSize(10)
                            .subscribe());
        }
        Stage.send(t.producer().create(), 0, 60);
        int total = 0;
        boolean everybody = true;
        for (int round = 0; round < 4; round++) {
            for (var consumer : consumers) {
                var messages = Stage.drain(consumer);
                if (round == 0) everybody &= messages.size() > 0;
                total += messages.size();
                for (var each : messages) consumer.acknowledge(each);
            }
        }
        t.observe("everybody got some of all", List.of(everybody, total));
    }
}

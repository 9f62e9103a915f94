// Consumers: how they receive.

import org.apache.pulsar.client.api.BatchReceivePolicy;
import org.apache.pulsar.client.api.Message;
import org.apache.pulsar.client.api.SubscriptionInitialPosition;
import org.apache.pulsar.client.api.SubscriptionMode;
import org.apache.pulsar.client.api.SubscriptionType;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

final class Consume {
    static void register() {
        for (SubscriptionType type : SubscriptionType.values()) {
            Suite.scenario("consume", "by_type_" + type.name().toLowerCase(), t -> byType(t, type));
        }
        Suite.scenario("consume", "with_a_listener", Consume::listener);
        Suite.scenario("consume", "paused", Consume::paused);
        Suite.scenario("consume", "in_batches", Consume::batchReceive);
        Suite.scenario("consume", "asynchronously", Consume::async);
        Suite.scenario("consume", "with_a_queue_of_none", Consume::zeroQueue);
        Suite.scenario("consume", "with_a_small_queue", Consume::smallQueue);
        Suite.scenario("consume", "from_the_latest", Consume::latest);
        Suite.scenario("consume", "compacted", Consume::compacted);
        Suite.scenario("consume", "with_replicated_state", Consume::replicated);
        Suite.scenario("consume", "with_properties", Consume::properties);
        Suite.scenario("consume", "not_durably", Consume::nonDurable);
        Suite.scenario("consume", "refused", Consume::refused);
        Suite.scenario("consume", "by_priority", Consume::priorities);
        Suite.scenario("consume", "statistics", Consume::statistics);
        Suite.scenario("consume", "unsubscribe", Consume::unsubscribe);
        Suite.scenario("consume", "after_unload", Consume::unload);
        Suite.scenario("consume", "an_interceptor_sees_all", Consume::interceptor);
        Suite.scenario("consume", "a_missing_topic_that_may_not_be_made", Consume::notCreated);
    }

    private static void byType(Stage t, SubscriptionType type) throws Exception {
        var consumer = t.consumer().subscriptionType(type).consumerName("c").subscribe();
        var producer = t.producer().create();
        for (int i = 0; i < 20; i++)
            producer.newMessage().key("k" + i % 4).value(Stage.bytes("" + i)).send();
        var messages = Stage.receive(consumer, 20);
        for (var each : messages) consumer.acknowledge(each);
        t.observe("order", Stage.textOf(messages));
        Stage.eventually("all are acknowledged", () -> t.backlog(t.topic(), "sub") == 0);
        var stats = t.stats(t.topic()).path("subscriptions").path("sub");
        t.observe(
                "stats",
                Arrays.asList(
                        stats.path("type"),
                        stats.path("isDurable"),
                        stats.path("consumers").path(0).path("consumerName"),
                        stats.path("unackedMessages"),
                        stats.path("msgOutCounter")));
        t.observe(
                "names",
                List.of(
                        consumer.getSubscription(),
                        t.plain(consumer.getTopic()),
                        consumer.getConsumerName()));
    }

    private static void listener(Stage t) throws Exception {
        var got = Collections.synchronizedList(new ArrayList<String>());
        var done = new CountDownLatch(20);
        t.consumer()
                .messageListener(
                        (consumer, message) -> {
                            got.add(new String(message.getData()));
                            consumer.acknowledgeAsync(message);
                            done.countDown();
                        })
                .subscribe();
        Stage.send(t.producer().create(), 0, 20);
        Stage.same(done.await(20, TimeUnit.SECONDS), true, "all came");
        t.observe("got", got);
    }

    private static void paused(Stage t) throws Exception {
        var got = Collections.synchronizedList(new ArrayList<String>());
        var consumer =
                t.consumer()
                        .receiverQueueSize(2)
                        .messageListener(
                                (each, message) -> {
                                    got.add(new String(message.getData()));
                                    each.acknowledgeAsync(message);
                                })
                        .subscribe();
        consumer.pause();
        Stage.send(t.producer().create(), 0, 20);
        Thread.sleep(500);
        t.observe("while paused", got.size() <= 2);
        consumer.resume();
        Stage.eventually("all came", () -> got.size() == 20);
    }

    private static void batchReceive(Stage t) throws Exception {
        var consumer =
                t.consumer()
                        .batchReceivePolicy(
                                BatchReceivePolicy.builder()
                                        .maxNumMessages(8)
                                        .timeout(2, TimeUnit.SECONDS)
                                        .build())
                        .subscribe();
        Stage.send(t.producer().create(), 0, 20);
        List<Integer> sizes = new ArrayList<>();
        int count = 0;
        while (count < 20) {
            var messages = consumer.batchReceive();
            consumer.acknowledge(messages);
            sizes.add(messages.size());
            count += messages.size();
        }
        t.observe("sizes", sizes);
        Stage.eventually("all are acknowledged", () -> t.backlog(t.topic(), "sub") == 0);
    }

    private static void async(Stage t) throws Exception {
        var consumer = t.consumer().subscribeAsync().get();
        var first = consumer.receiveAsync();
        Stage.send(t.producer().create(), 0, 3);
        t.observe("first", new String(first.get(20, TimeUnit.SECONDS).getData()));
        t.observe("others", Stage.textOf(Stage.receive(consumer, 2)));
        consumer.acknowledgeCumulativeAsync(first.get()).get();
        consumer.closeAsync().get();
        t.observe("closed", t.errorOf(() -> consumer.receive()));
    }

    private static void zeroQueue(Stage t) throws Exception {
        var consumer = t.consumer().receiverQueueSize(0).subscribe();
        Stage.send(t.producer().create(), 0, 3);
        for (int i = 0; i < 3; i++) {
            var message = consumer.receive();
            Stage.same(new String(message.getData()), "message-" + i, "message");
            consumer.acknowledge(message);
        }
        Stage.eventually("all are acknowledged", () -> t.backlog(t.topic(), "sub") == 0);
    }

    private static void smallQueue(Stage t) throws Exception {
        var consumer =
                t.consumer()
                        .receiverQueueSize(1)
                        .subscriptionType(SubscriptionType.Shared)
                        .subscribe();
        for (int i = 0; i < 5; i++) t.sendBatch(t.topic(), i * 10, i * 10 + 10);
        var messages = Stage.receive(consumer, 50);
        t.observe(
                "order",
                Stage.textOf(messages)
                        .equals(
                                java.util.stream.IntStream.range(0, 50)
                                        .mapToObj(i -> "message-" + i)
                                        .toList()));
    }

    private static void latest(Stage t) throws Exception {
        var producer = t.producer().create();
        Stage.send(producer, 0, 3);
        var consumer =
                t.consumer()
                        .subscriptionInitialPosition(SubscriptionInitialPosition.Latest)
                        .subscribe();
        Stage.send(producer, 3, 5);
        t.observe("got", Stage.textOf(Stage.drain(consumer)));
    }

    private static void compacted(Stage t) throws Exception {
        Stage.send(t.producer().create(), 0, 3);
        for (SubscriptionType type : SubscriptionType.values()) {
            try (var consumer =
                    t.consumer()
                            .subscriptionName(type.name())
                            .subscriptionType(type)
                            .readCompacted(true)
                            .subscribe()) {
                t.observe(type.name(), Stage.textOf(Stage.drain(consumer)));
            } catch (Exception error) {
                t.observe(type.name(), t.errorText(error));
            }
        }
    }

    private static void replicated(Stage t) throws Exception {
        t.consumer().replicateSubscriptionState(true).subscribe();
        t.observe(
                "replicated",
                t.stats(t.topic()).path("subscriptions").path("sub").path("isReplicated"));
    }

    private static void properties(Stage t) throws Exception {
        t.consumer().property("a", "1").subscriptionProperties(Map.of("b", "2")).subscribe();
        var sub = t.stats(t.topic()).path("subscriptions").path("sub");
        t.observe(
                "stats",
                List.of(
                        sub.path("subscriptionProperties"),
                        sub.path("consumers").path(0).path("metadata")));
        t.consumer().subscriptionName("big").subscribe();
        t.observe(
                "too many",
                t.errorOf(
                        () ->
                                t.consumer()
                                        .subscriptionName("large")
                                        .property("a", "x".repeat(2_000))
                                        .subscribe()));
    }

    private static void nonDurable(Stage t) throws Exception {
        Stage.send(t.producer().create(), 0, 5);
        var consumer = t.consumer().subscriptionMode(SubscriptionMode.NonDurable).subscribe();
        var messages = Stage.receive(consumer, 5);
        consumer.acknowledgeCumulative(messages.get(2).getMessageId());
        t.observe("durable beside it", t.errorOf(() -> t.consumer().subscribe()));
        consumer.close();
        var again = t.consumer().subscriptionMode(SubscriptionMode.NonDurable).subscribe();
        t.observe("again", Stage.textOf(Stage.drain(again)));
    }

    private static void refused(Stage t) throws Exception {
        t.consumer().subscribe();
        t.observe("exclusive", t.errorOf(() -> t.consumer().subscribe()));
        t.observe(
                "shared",
                t.errorOf(
                        () -> t.consumer().subscriptionType(SubscriptionType.Shared).subscribe()));
        t.observe("empty", t.errorOf(() -> t.consumer().subscriptionName(" ").subscribe()));
        t.observe(
                "reserved",
                t.errorOf(() -> t.consumer().subscriptionName("pulsar.dedup").subscribe()));
        t.observe(
                "no namespace",
                t.errorOf(() -> t.consumer("persistent://public/nope/x").subscribe()));
        t.observe("bad name", t.errorOf(() -> t.consumer("a/b").subscribe()));
    }

    private static void priorities(Stage t) throws Exception {
        var high =
                t.consumer()
                        .subscriptionType(SubscriptionType.Shared)
                        .priorityLevel(0)
                        .receiverQueueSize(5)
                        .subscribe();
        var low =
                t.consumer()
                        .subscriptionType(SubscriptionType.Shared)
                        .priorityLevel(1)
                        .receiverQueueSize(100)
                        .subscribe();
        Stage.send(t.producer().create(), 0, 20);
        var first = Stage.drain(low);
        t.observe("low got", first.size());
        t.observe("high got", Stage.drain(high).size() >= 5);
    }

    private static void statistics(Stage t) throws Exception {
        var consumer =
                t.consumer()
                        .subscriptionType(SubscriptionType.Shared)
                        .receiverQueueSize(10)
                        .subscribe();
        Stage.send(t.producer().create(), 0, 30);
        Stage.receive(consumer, 3);
        Stage.eventually(
                "unacked",
                () ->
                        t.stats(t.topic())
                                        .path("subscriptions")
                                        .path("sub")
                                        .path("unackedMessages")
                                        .asInt()
                                >= 10);
        var sub = t.stats(t.topic()).path("subscriptions").path("sub");
        t.observe("backlog", sub.path("msgBacklog"));
        t.observe(
                "permits and unacked",
                sub.path("consumers").path(0).path("availablePermits").asInt()
                        + sub.path("consumers").path(0).path("unackedMessages").asInt());
    }

    private static void unsubscribe(Stage t) throws Exception {
        var one = t.consumer().subscriptionType(SubscriptionType.Shared).subscribe();
        var two = t.consumer().subscriptionType(SubscriptionType.Shared).subscribe();
        t.observe(
                "beside another",
                t.errorOf(
                        () -> {
                            one.unsubscribe();
                            return null;
                        }));
        one.unsubscribe(true);
        t.observe("left", List.of(t.stats(t.topic()).path("subscriptions").size()));
        Stage.eventually(
                "the other comes back", () -> t.stats(t.topic()).path("subscriptions").has("sub"));
        two.unsubscribe();
        t.observe("at the end", t.stats(t.topic()).path("subscriptions").size());
    }

    private static void unload(Stage t) throws Exception {
        var consumer = t.consumer().subscribe();
        var producer = t.producer().create();
        Stage.send(producer, 0, 5);
        var messages = Stage.receive(consumer, 5);
        consumer.acknowledge(messages.get(0));
        consumer.acknowledgeCumulative(messages.get(2));
        Stage.eventually("acknowledged", () -> t.backlog(t.topic(), "sub") == 2);
        t.observe("unload", t.rest("PUT", t.pathOf(t.topic()) + "/unload", null).status());
        Stage.send(producer, 5, 8);
        t.observe("after", Stage.textOf(Stage.receive(consumer, 5)));
    }

    private static void interceptor(Stage t) throws Exception {
        var seen = Collections.synchronizedList(new ArrayList<String>());
        var consumer =
                t.consumer()
                        .intercept(
                                new org.apache.pulsar.client.api.ConsumerInterceptor<byte[]>() {
                                    @Override
                                    public void close() {}

                                    @Override
                                    public Message<byte[]> beforeConsume(
                                            org.apache.pulsar.client.api.Consumer<byte[]> consumer,
                                            Message<byte[]> message) {
                                        seen.add("consume");
                                        return message;
                                    }

                                    @Override
                                    public void onAcknowledge(
                                            org.apache.pulsar.client.api.Consumer<byte[]> consumer,
                                            org.apache.pulsar.client.api.MessageId id,
                                            Throwable error) {
                                        seen.add("acknowledge " + (error == null));
                                    }

                                    @Override
                                    public void onAcknowledgeCumulative(
                                            org.apache.pulsar.client.api.Consumer<byte[]> consumer,
                                            org.apache.pulsar.client.api.MessageId id,
                                            Throwable error) {
                                        seen.add("cumulative " + (error == null));
                                    }

                                    @Override
                                    public void onNegativeAcksSend(
                                            org.apache.pulsar.client.api.Consumer<byte[]> consumer,
                                            java.util.Set<org.apache.pulsar.client.api.MessageId>
                                                    ids) {}

                                    @Override
                                    public void onAckTimeoutSend(
                                            org.apache.pulsar.client.api.Consumer<byte[]> consumer,
                                            java.util.Set<org.apache.pulsar.client.api.MessageId>
                                                    ids) {}
                                })
                        .subscribe();
        Stage.send(t.producer().create(), 0, 2);
        var messages = Stage.receive(consumer, 2);
        consumer.acknowledge(messages.get(0));
        consumer.acknowledgeCumulative(messages.get(1));
        Stage.eventually("all seen", () -> seen.size() == 4);
        t.observe("seen", new ArrayList<>(new java.util.TreeSet<>(seen)));
    }

    private static void notCreated(Stage t) throws Exception {
        String namespace = t.namespace();
        t.rest(
                "POST",
                "/namespaces/" + namespace + "/autoTopicCreation",
                "{\"allowAutoTopicCreation\":false}");
        Thread.sleep(500);
        String topic = "persistent://" + namespace + "/topic";
        t.observe("consumer", t.errorOf(() -> t.consumer(topic).subscribe()));
        t.observe("producer", t.errorOf(() -> t.producer(topic).create()));
        t.observe(
                "reader",
                t.errorOf(
                        () ->
                                t.client()
                                        .newReader()
                                        .topic(topic)
                                        .startMessageId(
                                                org.apache.pulsar.client.api.MessageId.earliest)
                                        .create()));
    }
}

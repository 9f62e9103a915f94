// What comes again: refused, timed out, dead letters, retries.

import org.apache.pulsar.client.api.Consumer;
import org.apache.pulsar.client.api.DeadLetterPolicy;
import org.apache.pulsar.client.api.Message;
import org.apache.pulsar.client.api.SubscriptionType;
import org.apache.pulsar.client.impl.MultiplierRedeliveryBackoff;

import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;

final class Redelivery {
    static void register() {
        Suite.scenario("redelivery", "nacked", Redelivery::nacked);
        Suite.scenario("redelivery", "nacked_with_back_off", Redelivery::backOff);
        Suite.scenario("redelivery", "nacked_in_a_batch", Redelivery::nackedBatch);
        Suite.scenario("redelivery", "timed_out", Redelivery::timedOut);
        Suite.scenario("redelivery", "all_at_once", Redelivery::allAtOnce);
        Suite.scenario("redelivery", "dead_letters", Redelivery::deadLetters);
        Suite.scenario(
                "redelivery",
                "dead_letters_of_a_partitioned_topic",
                Redelivery::partitionedDeadLetters);
        Suite.scenario("redelivery", "later", Redelivery::later);
        Suite.scenario("redelivery", "later_too_often", Redelivery::laterTooOften);
        Suite.scenario("redelivery", "when_a_consumer_leaves", Redelivery::leaving);
    }

    private static void nacked(Stage t) throws Exception {
        for (SubscriptionType type : SubscriptionType.values()) {
            String topic = t.topic("-" + type);
            var consumer =
                    t.consumer(topic)
                            .subscriptionType(type)
                            .negativeAckRedeliveryDelay(100, TimeUnit.MILLISECONDS)
                            .subscribe();
            var producer = t.producer(topic).create();
            for (int i = 0; i < 4; i++)
                producer.newMessage().key("k").value(Stage.bytes("message-" + i)).send();
            List<Integer> counts = new ArrayList<>();
            for (int round = 0; round < 3; round++) {
                var messages = Stage.receive(consumer, 4);
                Stage.same(new TreeSet<>(Stage.textOf(messages)).size(), 4, type + " " + round);
                counts.add(messages.get(0).getRedeliveryCount());
                for (var each : messages) consumer.negativeAcknowledge(each);
            }
            t.observe(type.name(), counts);
        }
    }

    private static void backOff(Stage t) throws Exception {
        var consumer =
                t.consumer()
                        .subscriptionType(SubscriptionType.Shared)
                        .negativeAckRedeliveryBackoff(
                                MultiplierRedeliveryBackoff.builder()
                                        .minDelayMs(100)
                                        .maxDelayMs(1_000)
                                        .multiplier(2)
                                        .build())
                        .subscribe();
        t.producer().create().send(Stage.bytes("m"));
        t.observe("counts", refuse(consumer, 4));
    }

    /** Refuses one message so often; the counts with which it came. */
    private static List<Integer> refuse(Consumer<byte[]> consumer, int times) throws Exception {
        List<Integer> counts = new ArrayList<>();
        for (int i = 0; i < times; i++) {
            var message = Stage.receive(consumer, 1).get(0);
            counts.add(message.getRedeliveryCount());
            consumer.negativeAcknowledge(message);
        }
        return counts;
    }

    private static void nackedBatch(Stage t) throws Exception {
        for (boolean indexes : new boolean[] {true, false}) {
            String topic = t.topic("-" + indexes);
            var consumer =
                    t.consumer(topic)
                            .subscriptionType(SubscriptionType.Shared)
                            .enableBatchIndexAcknowledgment(indexes)
                            .isAckReceiptEnabled(true)
                            .negativeAckRedeliveryDelay(300, TimeUnit.MILLISECONDS)
                            .subscribe();
            t.sendBatch(topic, 0, 6);
            var messages = Stage.receive(consumer, 6);
            var acks = new ArrayList<java.util.concurrent.CompletableFuture<Void>>();
            for (int i = 0; i < 6; i++) {
                if (i % 3 == 0) consumer.negativeAcknowledge(messages.get(i));
                else acks.add(consumer.acknowledgeAsync(messages.get(i)));
            }
            Thread.sleep(600);
            var again = Stage.drain(consumer);
            t.observe("again, indexes " + indexes, Stage.textOf(again));
            t.observe("count, indexes " + indexes, again.get(0).getRedeliveryCount());
        }
    }

    private static void timedOut(Stage t) throws Exception {
        for (SubscriptionType type : List.of(SubscriptionType.Shared, SubscriptionType.Exclusive)) {
            String topic = t.topic("-" + type);
            var consumer =
                    t.consumer(topic)
                            .subscriptionType(type)
                            .ackTimeout(1, TimeUnit.SECONDS)
                            .ackTimeoutTickTime(200, TimeUnit.MILLISECONDS)
                            .subscribe();
            Stage.send(t.producer(topic).create(), 0, 3);
            consumer.acknowledge(Stage.receive(consumer, 3).get(0));
            var again = Stage.receive(consumer, 2);
            t.observe(
                    type.name(),
                    List.of(new TreeSet<>(Stage.textOf(again)), again.get(0).getRedeliveryCount()));
        }
    }

    private static void allAtOnce(Stage t) throws Exception {
        for (SubscriptionType type : List.of(SubscriptionType.Shared, SubscriptionType.Exclusive)) {
            String topic = t.topic("-" + type);
            var consumer = t.consumer(topic).subscriptionType(type).subscribe();
            Stage.send(t.producer(topic).create(), 0, 5);
            var messages = Stage.receive(consumer, 5);
            consumer.acknowledge(messages.get(1));
            Stage.eventually("acknowledged", () -> t.backlog(topic, "sub") == 4);
            consumer.redeliverUnacknowledgedMessages();
            var again = Stage.drain(consumer);
            t.observe(type.name(), List.of(Stage.textOf(again), again.get(0).getRedeliveryCount()));
        }
    }

    private static void deadLetters(Stage t) throws Exception {
        var consumer =
                t.consumer()
                        .subscriptionType(SubscriptionType.Shared)
                        .negativeAckRedeliveryDelay(100, TimeUnit.MILLISECONDS)
                        .deadLetterPolicy(
                                DeadLetterPolicy.builder()
                                        .maxRedeliverCount(2)
                                        .initialSubscriptionName("keeps")
                                        .build())
                        .subscribe();
        t.producer()
                .create()
                .newMessage()
                .key("key")
                .property("own", "1")
                .value(Stage.bytes("bad"))
                .send();
        t.observe("counts", refuse(consumer, 3));
        var dead = t.consumer(t.topic("-sub-DLQ")).subscriptionName("keeps").subscribe();
        var letter = Stage.receive(dead, 1).get(0);
        t.observe(
                "letter",
                List.of(
                        new String(letter.getData()),
                        letter.getKey(),
                        new TreeSet<>(letter.getProperties().keySet()),
                        t.plain(letter.getProperty("REAL_TOPIC")),
                        t.plain(letter.getProducerName())
                                .replaceAll("-\\w{5}-", "-")
                                .replaceAll("-\\w{5}-", "-")));
        Stage.eventually("acknowledged", () -> t.backlog(t.topic(), "sub") == 0);
    }

    private static void partitionedDeadLetters(Stage t) throws Exception {
        t.createPartitioned(t.topic(), 2);
        var consumer =
                t.consumer()
                        .subscriptionType(SubscriptionType.Shared)
                        .negativeAckRedeliveryDelay(100, TimeUnit.MILLISECONDS)
                        .deadLetterPolicy(
                                DeadLetterPolicy.builder()
                                        .maxRedeliverCount(1)
                                        .deadLetterTopic(t.topic("-dead"))
                                        .build())
                        .subscribe();
        var dead = t.consumer(t.topic("-dead")).subscribe();
        Stage.send(t.producer().create(), 0, 4);
        for (int i = 0; i < 8; i++) consumer.negativeAcknowledge(Stage.receive(consumer, 1).get(0));
        t.observe("letters", new TreeSet<>(Stage.textOf(Stage.receive(dead, 4))));
    }

    private static void later(Stage t) throws Exception {
        var consumer =
                t.consumer()
                        .subscriptionType(SubscriptionType.Shared)
                        .enableRetry(true)
                        .deadLetterPolicy(DeadLetterPolicy.builder().maxRedeliverCount(3).build())
                        .subscribe();
        t.producer().create().newMessage().property("own", "1").value(Stage.bytes("m")).send();
        var first = Stage.receive(consumer, 1).get(0);
        consumer.reconsumeLater(first, 100, TimeUnit.MILLISECONDS);
        var again = Stage.receive(consumer, 1).get(0);
        t.observe(
                "again",
                List.of(
                        t.plain(again.getTopicName()),
                        new TreeSet<>(again.getProperties().keySet()),
                        again.getProperty("RECONSUMETIMES")));
        consumer.acknowledge(again);
        Stage.eventually("acknowledged", () -> t.backlog(t.topic(), "sub") == 0);
    }

    private static void laterTooOften(Stage t) throws Exception {
        var consumer =
                t.consumer()
                        .subscriptionType(SubscriptionType.Shared)
                        .enableRetry(true)
                        .deadLetterPolicy(DeadLetterPolicy.builder().maxRedeliverCount(2).build())
                        .subscribe();
        var dead = t.consumer(t.topic("-sub-DLQ")).subscribe();
        t.producer().create().send(Stage.bytes("m"));
        List<String> times = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            var message = Stage.receive(consumer, 1).get(0);
            times.add(String.valueOf(message.getProperty("RECONSUMETIMES")));
            consumer.reconsumeLater(message, 100, TimeUnit.MILLISECONDS);
        }
        t.observe("times", times);
        t.observe("letter", Stage.textOf(Stage.receive(dead, 1)));
    }

    private static void leaving(Stage t) throws Exception {
        var one =
                t.consumer()
                        .subscriptionType(SubscriptionType.Shared)
                        .receiverQueueSize(3)
                        .subscribe();
        Stage.send(t.producer().create(), 0, 6);
        var taken = Stage.receive(one, 3);
        one.acknowledge(taken.get(0));
        Stage.eventually("acknowledged", () -> t.backlog(t.topic(), "sub") == 5);
        var two = t.consumer().subscriptionType(SubscriptionType.Shared).subscribe();
        one.close();
        var all = Stage.receive(two, 5);
        t.observe("others got", new TreeSet<>(Stage.textOf(all)));
        t.observe("counts", all.stream().map(Message::getRedeliveryCount).distinct().toList());
    }
}

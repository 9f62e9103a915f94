// Rate limits, and topics that store nothing, through Java's client.

import org.apache.pulsar.client.api.MessageIdAdv;
import org.apache.pulsar.client.api.SubscriptionType;

import java.util.TreeSet;

final class Rates {
    static void register() {
        Suite.scenario("rates", "of_publishing", Rates::publishing);
        Suite.scenario("rates", "of_dispatch", Rates::dispatch);
        Suite.scenario("rates", "nothing_is_stored", Rates::passing);
    }

    private static void publishing(Stage t) throws Exception {
        t.producer().create().close();
        limit(t, "publishRate", "{\"publishThrottlingRateInMsg\": 50}");
        var producer = t.producer().enableBatching(false).create();
        long start = System.nanoTime();
        Stage.send(producer, 0, 125);
        took("125 messages at 50 a second", start, 1_200, 4_000);
        t.observe("limited", t.stats(t.topic()).path("publishRateLimitedTimes").asInt() > 0);
    }

    private static void dispatch(Stage t) throws Exception {
        Stage.send(t.producer().enableBatching(false).create(), 0, 50);
        limit(
                t,
                "subscriptionDispatchRate",
                "{\"dispatchThrottlingRateInMsg\": 20, \"ratePeriodInSecond\": 1}");
        var consumer = t.consumer().subscriptionType(SubscriptionType.Key_Shared).subscribe();
        long start = System.nanoTime();
        t.observe("all came", new TreeSet<>(Stage.textOf(Stage.receive(consumer, 50))).size());
        took("50 messages at 20 a second", start, 1_500, 5_000);
    }

    private static void passing(Stage t) throws Exception {
        String topic = t.topic().replace("persistent://", "non-persistent://");
        for (SubscriptionType type : SubscriptionType.values()) {
            var consumer =
                    t.client()
                            .newConsumer()
                            .topic(topic)
                            .subscriptionName(type.name())
                            .subscriptionType(type)
                            .subscribe();
            try (var producer = t.client().newProducer().topic(topic).create()) {
                var id = (MessageIdAdv) Stage.send(producer, 0, 10).get(9);
                t.observe(type + " id", id.getLedgerId() + ":" + id.getEntryId());
            }
            var messages = Stage.receive(consumer, 10);
            for (var each : messages) consumer.acknowledge(each);
            t.observe(type.name(), Stage.textOf(messages));
            consumer.close();
        }
        t.observe("left", t.rest("GET", t.pathOf(topic) + "/subscriptions", null).asList());
    }

    /** Sets a rate for the topic, and waits until it is there and has had time to count. */
    private static void limit(Stage t, String what, String rate) throws Exception {
        String path = t.pathOf(t.topic()) + "/" + what;
        t.rest("POST", path, rate);
        Stage.eventually(what, () -> t.rest("GET", path, null).body() != null);
        Thread.sleep(300);
    }

    private static void took(String what, long startNanos, int leastMs, int mostMs) {
        long ms = (System.nanoTime() - startNanos) / 1_000_000;
        Stage.same(leastMs < ms && ms < mostMs, true, what + " took " + ms + " ms");
    }
}

// Features that meet: dead letters beside retries, seeks beside redelivery, time to live beside
// delays, readers at the borders of batches, subscriptions that last as long as their consumers.

import org.apache.pulsar.client.api.Consumer;
import org.apache.pulsar.client.api.ConsumerBuilder;
import org.apache.pulsar.client.api.DeadLetterPolicy;
import org.apache.pulsar.client.api.Message;
import org.apache.pulsar.client.api.MessageId;
import org.apache.pulsar.client.api.Producer;
import org.apache.pulsar.client.api.Reader;
import org.apache.pulsar.client.api.SubscriptionMode;
import org.apache.pulsar.client.api.SubscriptionType;

import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;

final class Combined {
    static void register() {
        Suite.scenario("combined", "dead_letters_of_keys", Combined::keyedLetters);
        Suite.scenario("combined", "dead_letters_of_a_batch", Combined::batchLetters);
        Suite.scenario("combined", "dead_letters_of_delayed_messages", Combined::delayedLetters);
        Suite.scenario("combined", "retries_up_to_a_message", Combined::laterCumulatively);
        Suite.scenario("combined", "retries_of_a_batch", Combined::laterOfBatch);
        Suite.scenario("combined", "seeks_while_messages_are_refused", Combined::seekRefused);
        Suite.scenario("combined", "seeks_back_while_all_is_out", Combined::seekOut);
        Suite.scenario("combined", "readers_at_borders_of_batches", Combined::borders);
        Suite.scenario("combined", "readers_that_seek_by_time", Combined::readersByTime);
        Suite.scenario("combined", "a_reader_reset_over_rest", Combined::readerReset);
        Suite.scenario("combined", "refused_without_durability", Combined::nonDurable);
        Suite.scenario("combined", "time_to_live_of_every_type", Combined::timeToLive);
        Suite.scenario("combined", "expired_while_delayed", Combined::expiredDelayed);
        Suite.scenario("combined", "a_partition_without_the_subscription", Combined::lacking);
        Suite.scenario("combined", "the_last_id_of_what_was_truncated", Combined::truncated);
    }

    private static ConsumerBuilder<byte[]> refusing(Stage t, SubscriptionType type, int most)
            throws Exception {
        return t.consumer()
                .subscriptionType(type)
                .negativeAckRedeliveryDelay(100, TimeUnit.MILLISECONDS)
                .deadLetterPolicy(
                        DeadLetterPolicy.builder()
                                .maxRedeliverCount(most)
                                .initialSubscriptionName("keeps")
                                .build());
    }

    private static Consumer<byte[]> letters(Stage t) throws Exception {
        return t.consumer(t.topic("-sub-DLQ")).subscriptionName("keeps").subscribe();
    }

    private static String pairOf(Message<byte[]> message) {
        return message.getKey() + "=" + new String(message.getData());
    }

    /** Two keys; one of them is refused until it is a dead letter, and holds up no other. */
    private static void keyedLetters(Stage t) throws Exception {
        var consumer = refusing(t, SubscriptionType.Key_Shared, 1).subscribe();
        var producer = t.producer().create();
        for (int i = 0; i < 6; i++)
            producer.newMessage().key(i % 2 == 0 ? "bad" : "good").value(Stage.bytes("" + i)).send();
        var good = new ArrayList<String>();
        var bad = new ArrayList<String>();
        // Three that are good, and three that come twice.
        for (var message : Stage.receive(consumer, 6)) take(consumer, message, good, bad);
        for (var message : Stage.receive(consumer, 3)) take(consumer, message, good, bad);
        t.observe("good", good);
        t.observe("bad", bad);
        var dead = letters(t);
        var sorted = new TreeSet<String>();
        for (var letter : Stage.receive(dead, 3)) sorted.add(pairOf(letter));
        t.observe("letters", sorted);
        Stage.eventually("acknowledged", () -> t.backlog(t.topic(), "sub") == 0);
    }

    private static void take(
            Consumer<byte[]> consumer, Message<byte[]> message, List<String> good, List<String> bad)
            throws Exception {
        if (message.getKey().equals("good")) {
            good.add(new String(message.getData()));
            consumer.acknowledge(message);
        } else {
            bad.add(new String(message.getData()) + " " + message.getRedeliveryCount());
            consumer.negativeAcknowledge(message);
        }
    }

    /** All of a batch is refused; each message becomes a letter of its own. */
    private static void batchLetters(Stage t) throws Exception {
        var consumer =
                refusing(t, SubscriptionType.Shared, 1).enableBatchIndexAcknowledgment(true).subscribe();
        t.sendBatch(t.topic(), 0, 4);
        var counts = new ArrayList<Integer>();
        for (int round = 0; round < 2; round++) {
            var messages = Stage.receive(consumer, 4);
            counts.add(messages.get(3).getRedeliveryCount());
            for (var each : messages) consumer.negativeAcknowledge(each);
        }
        t.observe("counts", counts);
        t.observe("letters", new TreeSet<>(Stage.textOf(Stage.receive(letters(t), 4))));
        Stage.eventually("acknowledged", () -> t.backlog(t.topic(), "sub") == 0);
    }

    private static void delayedLetters(Stage t) throws Exception {
        var consumer = refusing(t, SubscriptionType.Shared, 1).subscribe();
        var producer = t.producer().create();
        producer.newMessage().value(Stage.bytes("late")).deliverAfter(4, TimeUnit.SECONDS).send();
        producer.newMessage().value(Stage.bytes("soon")).send();
        var came = new ArrayList<String>();
        for (int i = 0; i < 4; i++) {
            var message = Stage.receive(consumer, 1).get(0);
            came.add(new String(message.getData()) + " " + message.getRedeliveryCount());
            consumer.negativeAcknowledge(message);
        }
        t.observe("came", came);
        t.observe("letters", new TreeSet<>(Stage.textOf(Stage.receive(letters(t), 2))));
        Stage.eventually("acknowledged", () -> t.backlog(t.topic(), "sub") == 0);
    }

    /** What lies before the message is acknowledged, it alone comes again. */
    private static void laterCumulatively(Stage t) throws Exception {
        var consumer =
                t.consumer()
                        .subscriptionType(SubscriptionType.Exclusive)
                        .enableRetry(true)
                        .deadLetterPolicy(
                                DeadLetterPolicy.builder()
                                        .maxRedeliverCount(1)
                                        .initialSubscriptionName("keeps")
                                        .build())
                        .subscribe();
        Stage.send(t.producer().create(), 0, 5);
        var messages = Stage.receive(consumer, 5);
        consumer.reconsumeLaterCumulative(messages.get(3), 200, TimeUnit.MILLISECONDS);
        Stage.eventually("acknowledged", () -> t.backlog(t.topic(), "sub") == 1);
        var again = Stage.receive(consumer, 1).get(0);
        t.observe("again", List.of(new String(again.getData()), again.getProperty("RECONSUMETIMES")));
        consumer.reconsumeLaterCumulative(again, 200, TimeUnit.MILLISECONDS);
        t.observe("letters", Stage.textOf(Stage.receive(letters(t), 1)));
        consumer.acknowledge(messages.get(4));
        Stage.eventually("all done", () -> t.backlog(t.topic(), "sub") == 0);
        // The client acknowledges nothing for what becomes a letter.
        t.observe("left to retry", t.backlog(t.topic("-sub-RETRY"), "sub"));
    }

    private static void laterOfBatch(Stage t) throws Exception {
        var consumer =
                t.consumer()
                        .subscriptionType(SubscriptionType.Shared)
                        .enableRetry(true)
                        .enableBatchIndexAcknowledgment(true)
                        .deadLetterPolicy(
                                DeadLetterPolicy.builder()
                                        .maxRedeliverCount(1)
                                        .initialSubscriptionName("keeps")
                                        .build())
                        .subscribe();
        t.sendBatch(t.topic(), 0, 4);
        var times = new TreeMap<String, List<String>>();
        for (int i = 0; i < 6; i++) {
            var message = Stage.receive(consumer, 1).get(0);
            String text = new String(message.getData());
            times.computeIfAbsent(text, key -> new ArrayList<>())
                    .add(String.valueOf(message.getProperty("RECONSUMETIMES")));
            boolean isOdd = (text.charAt(text.length() - 1) - '0') % 2 == 1;
            if (isOdd) consumer.reconsumeLater(message, 100, TimeUnit.MILLISECONDS);
            else consumer.acknowledge(message);
        }
        t.observe("times", times);
        t.observe("letters", new TreeSet<>(Stage.textOf(Stage.receive(letters(t), 2))));
        Stage.eventually("all done", () -> t.backlog(t.topic(), "sub") == 0);
        Stage.eventually("no retries left", () -> t.backlog(t.topic("-sub-RETRY"), "sub") == 0);
    }

    /** What was refused before a seek comes as any other after it, and once. */
    private static void seekRefused(Stage t) throws Exception {
        for (SubscriptionType type : SubscriptionType.values()) {
            String topic = t.topic("-" + type);
            var consumer =
                    t.consumer(topic)
                            .subscriptionType(type)
                            .negativeAckRedeliveryDelay(1_500, TimeUnit.MILLISECONDS)
                            .subscribe();
            var producer = t.producer(topic).create();
            for (int i = 0; i < 5; i++)
                producer.newMessage().key("k" + i % 2).value(Stage.bytes("" + i)).send();
            var messages = Stage.receive(consumer, 5);
            consumer.negativeAcknowledge(messages.get(0));
            consumer.negativeAcknowledge(messages.get(3));
            consumer.acknowledge(messages.get(1));
            Stage.eventually("acknowledged", () -> t.backlog(topic, "sub") == 4);
            consumer.seek(messages.get(1).getMessageId());
            var after = Stage.receive(consumer, 3);
            t.observe(type + " after", new TreeSet<>(Stage.textOf(after)));
            t.observe(
                    type + " counts",
                    after.stream().map(Message::getRedeliveryCount).distinct().toList());
            Thread.sleep(2_200);
            t.observe(type + " later", new TreeSet<>(Stage.textOf(Stage.drain(consumer))));
            t.observe(type + " backlog", t.backlog(topic, "sub"));
        }
    }

    /** Two consumers hold everything, half of it was sent again, as one of them seeks. */
    private static void seekOut(Stage t) throws Exception {
        var one = t.consumer().subscriptionType(SubscriptionType.Shared).subscribe();
        var two = t.consumer().subscriptionType(SubscriptionType.Shared).subscribe();
        var ids = Stage.send(t.producer().create(), 0, 8);
        Stage.eventually(
                "all is out",
                () ->
                        t.stats(t.topic())
                                        .path("subscriptions")
                                        .path("sub")
                                        .path("unackedMessages")
                                        .asLong()
                                == 8);
        one.redeliverUnacknowledgedMessages();
        one.seek(ids.get(3));
        var all = new TreeSet<String>();
        for (var each : List.of(one, two)) all.addAll(Stage.textOf(Stage.drain(each)));
        t.observe("all", all.containsAll(List.of("message-4", "message-5", "message-7")));
        t.observe("backlog", t.backlog(t.topic(), "sub"));
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

    /** A batch of three, a single message, a batch of two: from each of them, and after a seek. */
    private static void borders(Stage t) throws Exception {
        var ids = new ArrayList<MessageId>(t.sendBatch(t.topic(), 0, 3));
        ids.addAll(Stage.send(t.producer().create(), 3, 4));
        ids.addAll(t.sendBatch(t.topic(), 4, 6));
        for (int i = 0; i < ids.size(); i++) {
            for (boolean inclusive : new boolean[] {false, true}) {
                var builder = t.client().newReader().topic(t.topic()).startMessageId(ids.get(i));
                if (inclusive) builder.startMessageIdInclusive();
                try (var reader = builder.create()) {
                    String what = (inclusive ? "at " : "behind ") + i;
                    t.observe(what, readAll(reader));
                    reader.seek(ids.get(i));
                    t.observe(what + ", sought", readAll(reader));
                }
            }
        }
        for (boolean inclusive : new boolean[] {false, true}) {
            var builder =
                    t.client().newReader().topic(t.topic()).startMessageId(MessageId.latest);
            if (inclusive) builder.startMessageIdInclusive();
            try (var reader = builder.create()) {
                t.observe("latest, inclusive " + inclusive, readAll(reader));
                reader.seek(MessageId.earliest);
                t.observe("earliest, inclusive " + inclusive, readAll(reader));
            }
        }
    }

    private static void readersByTime(Stage t) throws Exception {
        var producer = t.producer().create();
        var times = new ArrayList<Long>();
        for (int i = 0; i < 4; i++) {
            producer.send(Stage.bytes("" + i));
            Thread.sleep(100);
            times.add(System.currentTimeMillis());
            Thread.sleep(100);
        }
        for (SubscriptionMode mode : SubscriptionMode.values()) {
            var consumer =
                    t.consumer()
                            .subscriptionName(mode.name())
                            .subscriptionMode(mode)
                            .subscribe();
            Stage.receive(consumer, 4);
            consumer.seek(times.get(1));
            t.observe(mode.name(), Stage.textOf(Stage.drain(consumer)));
        }
        var reader = t.client().newReader().topic(t.topic()).startMessageId(MessageId.earliest).create();
        readAll(reader);
        reader.seek(times.get(1));
        t.observe("reader", readAll(reader));
        reader.seek(times.get(0));
        t.observe("reader again", readAll(reader));
    }

    /** The reader comes again and goes on where it was: where it begins is its own to say. */
    private static void readerReset(Stage t) throws Exception {
        var producer = t.producer().create();
        Stage.send(producer, 0, 4);
        var reader =
                t.client()
                        .newReader()
                        .topic(t.topic())
                        .subscriptionName("named")
                        .startMessageId(MessageId.earliest)
                        .create();
        readAll(reader);
        t.observe(
                "reset",
                t.rest("POST", t.pathOf(t.topic()) + "/subscription/named/resetcursor/0", null)
                        .status());
        Stage.eventually(
                "the reader is back",
                () -> t.stats(t.topic()).path("subscriptions").path("named").path("consumers").size() == 1);
        Stage.send(producer, 4, 6);
        var texts = new ArrayList<String>();
        Message<byte[]> message;
        while ((message = reader.readNext(800, TimeUnit.MILLISECONDS)) != null)
            texts.add(new String(message.getData()));
        t.observe("read on", texts);
        reader.close();
        Stage.eventually("it is gone", () -> t.stats(t.topic()).path("subscriptions").size() == 0);
        t.observe(
                "reset of none",
                t.rest("POST", t.pathOf(t.topic()) + "/subscription/named/resetcursor/0", null)
                        .status());
    }

    private static void nonDurable(Stage t) throws Exception {
        for (SubscriptionType type : SubscriptionType.values()) {
            String topic = t.topic("-" + type);
            var producer = t.producer(topic).create();
            for (int i = 0; i < 4; i++)
                producer.newMessage().key("k").value(Stage.bytes("" + i)).send();
            var consumer =
                    t.consumer(topic)
                            .subscriptionMode(SubscriptionMode.NonDurable)
                            .subscriptionType(type)
                            .negativeAckRedeliveryDelay(100, TimeUnit.MILLISECONDS)
                            .subscribe();
            var messages = Stage.receive(consumer, 4);
            consumer.acknowledge(messages.get(0));
            for (var each : messages.subList(1, 4)) consumer.negativeAcknowledge(each);
            var again = Stage.receive(consumer, 3);
            t.observe(type + " again", new TreeSet<>(Stage.textOf(again)));
            t.observe(type + " count", again.get(0).getRedeliveryCount());
            consumer.acknowledge(again.get(0));
            consumer.redeliverUnacknowledgedMessages();
            var more = Stage.receive(consumer, 2);
            t.observe(type + " more", new TreeSet<>(Stage.textOf(more)));
            for (var each : more) consumer.acknowledge(each);
            Stage.eventually("acknowledged", () -> t.backlog(topic, "sub") == 0);
            consumer.close();
            Stage.eventually("it is gone", () -> t.stats(topic).path("subscriptions").size() == 0);
        }
    }

    /** Messages go that somebody has, that nobody has and that are refused; new ones come. */
    private static void timeToLive(Stage t) throws Exception {
        var producer = t.producer().create();
        var consumers = new TreeMap<SubscriptionType, Consumer<byte[]>>();
        for (SubscriptionType type : SubscriptionType.values()) {
            consumers.put(
                    type,
                    t.consumer()
                            .subscriptionName(type.name())
                            .subscriptionType(type)
                            .receiverQueueSize(4)
                            .subscribe());
        }
        t.consumer().subscriptionName("nobody").subscribe().close();
        for (int i = 0; i < 8; i++)
            producer.newMessage().key("k" + i % 3).value(Stage.bytes("" + i)).send();
        for (var each : consumers.values()) Stage.receive(each, 2);
        t.admin().topicPolicies().setMessageTTL(t.topic(), 2);
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(80);
        for (String name : List.of("Exclusive", "Shared", "Failover", "Key_Shared", "nobody")) {
            while (t.backlog(t.topic(), name) > 0 && System.nanoTime() < end) Thread.sleep(100);
            t.observe(name + " backlog", t.backlog(t.topic(), name));
        }
        t.admin().topicPolicies().removeMessageTTL(t.topic());
        for (var each : consumers.values()) Stage.drain(each);
        producer.newMessage().key("k1").value(Stage.bytes("new")).send();
        for (var each : consumers.entrySet())
            t.observe(each.getKey().name(), Stage.textOf(Stage.receive(each.getValue(), 1)));
    }

    /** What is delayed is as old as it is; who is behind it is found. */
    private static void expiredDelayed(Stage t) throws Exception {
        var consumer = t.consumer().subscriptionType(SubscriptionType.Shared).subscribe();
        var producer = t.producer().create();
        producer.newMessage().value(Stage.bytes("late")).deliverAfter(5, TimeUnit.SECONDS).send();
        producer.newMessage().value(Stage.bytes("later")).deliverAfter(1, TimeUnit.HOURS).send();
        producer.newMessage().value(Stage.bytes("now")).send();
        consumer.acknowledge(Stage.receive(consumer, 1).get(0));
        Stage.eventually("acknowledged", () -> t.backlog(t.topic(), "sub") == 2);
        Thread.sleep(3_000);
        producer.newMessage().value(Stage.bytes("young")).deliverAfter(4, TimeUnit.SECONDS).send();
        t.observe(
                "expired",
                t.rest("POST", t.pathOf(t.topic()) + "/subscription/sub/expireMessages/2", null)
                        .status());
        Stage.eventually("they are gone", () -> t.backlog(t.topic(), "sub") == 1);
        t.observe("then", Stage.textOf(Stage.receive(consumer, 1)));
        t.observe("nothing more", Stage.textOf(Stage.drain(consumer)));
    }

    private static void lacking(Stage t) throws Exception {
        t.createPartitioned(t.topic(), 3);
        Stage.send(t.producer().create(), 0, 9);
        String path = t.pathOf(t.topic());
        String earliest = "{\"ledgerId\":-1,\"entryId\":-1}";
        t.rest("PUT", path + "/subscription/sub", earliest);
        t.rest("DELETE", path + "-partition-1/subscription/sub", null);
        for (String call :
                List.of("skip_all", "resetcursor/0", "expireMessages/100000", "skip/1")) {
            t.observe(call, plainAnswer(t, "POST", "/subscription/sub/" + call, null));
            t.observe(call + ", then", backlogs(t));
        }
        t.observe("properties", plainAnswer(t, "GET", "/subscription/sub/properties", null));
        t.observe(
                "set", plainAnswer(t, "PUT", "/subscription/sub/properties", "{\"a\":\"b\"}"));
        t.observe("properties set", plainAnswer(t, "GET", "/subscription/sub/properties", null));
        t.observe(
                "replicated",
                plainAnswer(t, "GET", "/subscription/sub/replicatedSubscriptionStatus", null));
        t.observe(
                "made replicated",
                plainAnswer(t, "POST", "/subscription/sub/replicatedSubscriptionStatus", "true"));
        t.observe(
                "replicated then",
                plainAnswer(t, "GET", "/subscription/sub/replicatedSubscriptionStatus", null));
        t.observe("made", plainAnswer(t, "PUT", "/subscription/sub", earliest));
        t.observe("deleted", plainAnswer(t, "DELETE", "/subscription/sub", null));
        t.observe("left", backlogs(t));
    }

    private static List<Object> plainAnswer(Stage t, String method, String call, String body)
            throws Exception {
        var answer = t.rest(method, t.pathOf(t.topic()) + call, body);
        return List.of(answer.status(), t.plain(String.valueOf(answer.body())));
    }

    /** Of the subscription in each partition that has it. */
    private static TreeMap<Integer, Long> backlogs(Stage t) throws Exception {
        var all = new TreeMap<Integer, Long>();
        for (int i = 0; i < 3; i++) {
            var stats = t.stats(t.topic("-partition-" + i)).path("subscriptions").path("sub");
            if (!stats.isMissingNode()) all.put(i, stats.path("msgBacklog").asLong());
        }
        return all;
    }

    /** Ledgers are counted from that of the first message. */
    private static void truncated(Stage t) throws Exception {
        Producer<byte[]> producer = t.producer().create();
        Stage.send(producer, 0, 3);
        producer.close();
        long first = lastOf(t).path("ledgerId").asLong();
        t.observe("at first", entryOf(t, first));
        int step = 0;
        for (String call : List.of("truncate", "unload", "truncate", "unload", "unload")) {
            String method = call.equals("truncate") ? "DELETE" : "PUT";
            t.rest(method, t.pathOf(t.topic()) + "/" + call, null);
            // Pulsar trims in the background.
            Thread.sleep(1_000);
            t.observe((step++) + " " + call, entryOf(t, first));
        }
        Stage.send(t.producer().create(), 3, 4);
        t.observe("at last", lastOf(t).path("entryId").asLong());
    }

    private static com.fasterxml.jackson.databind.JsonNode lastOf(Stage t) throws Exception {
        return t.rest("GET", t.pathOf(t.topic()) + "/lastMessageId", null).body();
    }

    private static List<Object> entryOf(Stage t, long first) throws Exception {
        var last = lastOf(t);
        long ledger = last.path("ledgerId").asLong();
        String which = ledger < 0 ? "none" : ledger == first ? "the first" : "a later one";
        return List.of(which, last.path("entryId").asLong());
    }
}

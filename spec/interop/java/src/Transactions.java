// Transactions: what is published and acknowledged in one counts with its commit, all or nothing.
// Brokers have them only when they are told to, so these run alone, on a broker started anew.

import org.apache.pulsar.client.api.Consumer;
import org.apache.pulsar.client.api.Message;
import org.apache.pulsar.client.api.Producer;
import org.apache.pulsar.client.api.PulsarClient;
import org.apache.pulsar.client.api.SubscriptionInitialPosition;
import org.apache.pulsar.client.api.SubscriptionType;
import org.apache.pulsar.client.api.transaction.Transaction;

import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;

final class Transactions {
    static void register() {
        Suite.alone("transaction", "published", t -> transact(t, Transactions::published));
        Suite.alone("transaction", "acknowledged", t -> transact(t, Transactions::acknowledged));
        Suite.alone("transaction", "ended", t -> transact(t, Transactions::ended));
        Suite.alone("transaction", "over_a_kill", t -> transact(t, Transactions::killed));
    }

    private interface Body {
        void perform(Stage t, PulsarClient client) throws Exception;
    }

    private static void transact(Stage t, Body body) throws Exception {
        t.control("with/transactionCoordinatorEnabled=true");
        try {
            var client =
                    t.newClient(
                            t.serviceUrl,
                            builder ->
                                    builder.enableTransaction(true)
                                            .operationTimeout(20, TimeUnit.SECONDS));
            body.perform(t, client);
        } finally {
            t.control("without");
        }
    }

    private static Transaction begin(PulsarClient client, int seconds) throws Exception {
        return client.newTransaction()
                .withTransactionTimeout(seconds, TimeUnit.SECONDS)
                .build()
                .get();
    }

    private static Producer<byte[]> producer(PulsarClient client, String topic) throws Exception {
        return client.newProducer()
                .topic(topic)
                .enableBatching(false)
                .sendTimeout(0, TimeUnit.SECONDS)
                .create();
    }

    private static Consumer<byte[]> consumer(
            PulsarClient client, String topic, SubscriptionType type) throws Exception {
        return client.newConsumer()
                .topic(topic)
                .subscriptionName("sub")
                .subscriptionType(type)
                .subscriptionInitialPosition(SubscriptionInitialPosition.Earliest)
                .isAckReceiptEnabled(true)
                .subscribe();
    }

    private static void send(Producer<byte[]> producer, Transaction txn, String text)
            throws Exception {
        producer.newMessage(txn).value(Stage.bytes(text)).send();
    }

    /** Values with their redelivery counts. */
    private static List<String> counted(List<Message<byte[]>> messages) {
        var texts = new ArrayList<String>();
        for (var each : messages) {
            texts.add(new String(each.getData()) + " #" + each.getRedeliveryCount());
        }
        return texts;
    }

    private static void published(Stage t, PulsarClient client) throws Exception {
        String one = t.topic("-one"), two = t.topic("-two");
        var producers = List.of(producer(client, one), producer(client, two));
        var consumers =
                List.of(
                        consumer(client, one, SubscriptionType.Exclusive),
                        consumer(client, two, SubscriptionType.Shared));
        for (boolean commits : List.of(true, false)) {
            var txn = begin(client, 60);
            for (var each : producers) {
                send(each, txn, "in a transaction");
                send(each, txn, "and another");
                each.send(Stage.bytes("plain"));
            }
            String how = commits ? "commit" : "abort";
            for (int i = 0; i < 2; i++) {
                var seen = Stage.textOf(Stage.drain(consumers.get(i)));
                t.observe("before the " + how + " " + i, seen);
            }
            if (commits) txn.commit().get();
            else txn.abort().get();
            for (int i = 0; i < 2; i++) {
                var seen = Stage.drain(consumers.get(i));
                t.observe("after the " + how + " " + i, Stage.textOf(seen));
                for (var each : seen) consumers.get(i).acknowledge(each);
            }
        }
        Stage.eventually("backlog", () -> t.backlog(one, "sub") == 0 && t.backlog(two, "sub") == 0);
        var reader =
                client.newReader()
                        .topic(one)
                        .startMessageId(org.apache.pulsar.client.api.MessageId.earliest)
                        .create();
        var read = new ArrayList<String>();
        while (reader.hasMessageAvailable()) {
            read.add(new String(reader.readNext(5, TimeUnit.SECONDS).getData()));
        }
        t.observe("a reader", read);
    }

    private static void acknowledged(Stage t, PulsarClient client) throws Exception {
        acknowledged(t, client, SubscriptionType.Shared);
        acknowledged(t, client, SubscriptionType.Key_Shared);
        startsOver(t, client);
        upToAMessage(t, client);
    }

    private static void acknowledged(Stage t, PulsarClient client, SubscriptionType type)
            throws Exception {
        String topic = t.topic("-" + type.name().toLowerCase());
        var consumer = consumer(client, topic, type);
        Stage.send(producer(client, topic), 0, 3);
        var messages = Stage.receive(consumer, 3);
        var txn = begin(client, 60);
        var other = begin(client, 60);
        consumer.acknowledgeAsync(messages.get(0).getMessageId(), txn).get();
        consumer.acknowledgeAsync(messages.get(1).getMessageId(), txn).get();
        t.observe(
                type + " conflict",
                t.kindOf(
                        () ->
                                consumer.acknowledgeAsync(messages.get(0).getMessageId(), other)
                                        .get()));
        t.observe(type + " backlog while it waits", t.backlog(topic, "sub"));
        consumer.redeliverUnacknowledgedMessages();
        t.observe(type + " redelivered meanwhile", counted(Stage.drain(consumer)));
        txn.abort().get();
        var again = Stage.drain(consumer);
        t.observe(type + " after the abort", counted(again));
        var last = begin(client, 60);
        for (var each : again) consumer.acknowledgeAsync(each.getMessageId(), last).get();
        last.commit().get();
        t.observe(type + " backlog after the commit", t.backlog(topic, "sub"));
        t.observe(
                type + " acknowledged before",
                t.kindOf(
                        () -> {
                            var late = begin(client, 60);
                            return consumer.acknowledgeAsync(again.get(0).getMessageId(), late)
                                    .get();
                        }));
        consumer.close();
    }

    private static void startsOver(Stage t, PulsarClient client) throws Exception {
        String topic = t.topic("-exclusive");
        var consumer = consumer(client, topic, SubscriptionType.Exclusive);
        Stage.send(producer(client, topic), 0, 3);
        var messages = Stage.receive(consumer, 3);
        var txn = begin(client, 60);
        consumer.acknowledgeAsync(messages.get(0).getMessageId(), txn).get();
        txn.abort().get();
        t.observe("exclusive after the abort", counted(Stage.drain(consumer)));
    }

    private static void upToAMessage(Stage t, PulsarClient client) throws Exception {
        String topic = t.topic("-cumulative");
        var consumer = consumer(client, topic, SubscriptionType.Exclusive);
        Stage.send(producer(client, topic), 0, 4);
        var messages = Stage.receive(consumer, 4);
        var txn = begin(client, 60);
        var other = begin(client, 60);
        consumer.acknowledgeCumulativeAsync(messages.get(1).getMessageId(), txn).get();
        for (int i : List.of(0, 1)) {
            var id = messages.get(i).getMessageId();
            t.observe(
                    "up to " + i + " after 1",
                    t.kindOf(() -> consumer.acknowledgeCumulativeAsync(id, txn).get()));
        }
        var third = messages.get(2).getMessageId();
        t.observe(
                "up to 2 by another",
                t.kindOf(() -> consumer.acknowledgeCumulativeAsync(third, other).get()));
        consumer.acknowledgeCumulativeAsync(third, txn).get();
        consumer.redeliverUnacknowledgedMessages();
        t.observe("nothing is hidden meanwhile", Stage.textOf(Stage.drain(consumer)));
        // What has met a conflict, the client does not commit.
        txn.abort().get();
        t.observe("after the abort", Stage.textOf(Stage.drain(consumer)));
        var last = begin(client, 60);
        consumer.acknowledgeCumulativeAsync(third, last).get();
        last.commit().get();
        consumer.redeliverUnacknowledgedMessages();
        t.observe("after the commit", Stage.textOf(Stage.drain(consumer)));
    }

    private static void ended(Stage t, PulsarClient client) throws Exception {
        var txn = begin(client, 60);
        var id = txn.getTxnID();
        txn.commit().get();
        t.observe("ended twice", t.kindOf(() -> txn.commit().get()));
        var metadata = t.admin().transactions();
        t.observe("its metadata", t.kindOf(() -> metadata.getTransactionMetadata(id)));
        var open = begin(client, 60);
        var shown = metadata.getTransactionMetadata(open.getTxnID());
        t.observe("of an open one", List.of(shown.status, shown.timeoutAt));
        metadata.abortTransaction(open.getTxnID());
        t.observe("aborted over REST", t.kindOf(() -> open.commit().get()));
        String topic = t.topic("-time");
        var consumer = consumer(client, topic, SubscriptionType.Exclusive);
        var producer = producer(client, topic);
        send(producer, begin(client, 1), "too late");
        producer.send(Stage.bytes("plain"));
        t.observe("after the time", Stage.textOf(Stage.receive(consumer, 1)));
    }

    /** A broker that dies between the messages and the commit, and one that dies behind it. */
    private static void killed(Stage t, PulsarClient client) throws Exception {
        String in = t.topic("-in"), one = t.topic("-out1"), two = t.topic("-out2");
        var input = consumer(client, in, SubscriptionType.Shared);
        var outputs = List.of(producer(client, one), producer(client, two));
        Stage.send(producer(client, in), 0, 3);
        for (String step : List.of("before", "behind")) {
            var message = Stage.receive(input, 1).get(0);
            var txn = begin(client, 120);
            for (var each : outputs) send(each, txn, "died " + step);
            // The client does not wait by itself, and has messages from before the kill.
            Stage.eventually("the input is connected again", input::isConnected);
            input.acknowledgeAsync(message.getMessageId(), txn).get();
            if (step.equals("behind")) txn.commit().get();
            t.control("kill");
            t.control("start");
            if (step.equals("before")) txn.commit().get();
        }
        var undone = begin(client, 120);
        for (var each : outputs) send(each, undone, "undone");
        undone.abort().get();
        for (String topic : List.of(one, two)) {
            var reader = consumer(client, topic, SubscriptionType.Exclusive);
            t.observe("what was sent", new TreeSet<>(Stage.textOf(Stage.drain(reader))));
        }
        Stage.eventually("one is left", () -> t.backlog(in, "sub") == 1);
    }
}

// Transactions: what is published and acknowledged in one counts with its commit, all or nothing.
// Brokers have them only when they are told to, so these run alone, on a broker started anew.

import org.apache.pulsar.client.api.Consumer;
import org.apache.pulsar.client.api.Message;
import org.apache.pulsar.client.api.MessageIdAdv;
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
        Suite.alone("transaction", "of_batches", t -> transact(t, Transactions::ofBatches));
        Suite.alone("transaction", "over_partitions", t -> transact(t, Transactions::partitions));
        Suite.alone("transaction", "deduplicated", Transactions::deduplicated);
        Suite.alone("transaction", "ended", t -> transact(t, Transactions::ended));
        Suite.alone("transaction", "statistics", t -> transact(t, Transactions::statistics));
        Suite.alone(
                "transaction",
                "more_than_may_be_open",
                t ->
                        transact(
                                t,
                                "&maxActiveTransactionsPerCoordinator=1",
                                Transactions::limited));
        Suite.alone("transaction", "over_a_kill", t -> transact(t, Transactions::killed));
    }

    private interface Body {
        void perform(Stage t, PulsarClient client) throws Exception;
    }

    private static void transact(Stage t, Body body) throws Exception {
        transact(t, "", body);
    }

    private static void transact(Stage t, String settings, Body body) throws Exception {
        t.control("with/transactionCoordinatorEnabled=true" + settings);
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

    /** Messages of one batch, acknowledged by several transactions. */
    private static void ofBatches(Stage t, PulsarClient client) throws Exception {
        String topic = t.topic();
        t.sendBatch(topic, 0, 4);
        var consumer =
                client.newConsumer()
                        .topic(topic)
                        .subscriptionName("sub")
                        .subscriptionType(SubscriptionType.Shared)
                        .subscriptionInitialPosition(SubscriptionInitialPosition.Earliest)
                        .enableBatchIndexAcknowledgment(true)
                        .isAckReceiptEnabled(true)
                        .subscribe();
        var messages = Stage.receive(consumer, 4);
        var kept = begin(client, 60);
        var undone = begin(client, 60);
        for (int i : List.of(0, 2)) {
            consumer.acknowledgeAsync(messages.get(i).getMessageId(), kept).get();
        }
        consumer.acknowledgeAsync(messages.get(1).getMessageId(), undone).get();
        for (int i : List.of(1, 2)) {
            var late = begin(client, 60);
            var id = messages.get(i).getMessageId();
            t.observe(
                    "held, " + i,
                    t.kindOf(() -> consumer.acknowledgeAsync(id, late).get()));
        }
        kept.commit().get();
        t.observe(
                "acknowledged before",
                t.kindOf(
                        () -> {
                            var late = begin(client, 60);
                            return consumer.acknowledgeAsync(messages.get(0).getMessageId(), late)
                                    .get();
                        }));
        undone.abort().get();
        consumer.redeliverUnacknowledgedMessages();
        var again = Stage.drain(consumer);
        t.observe("what is left", new TreeSet<>(Stage.textOf(again)));
        var last = begin(client, 60);
        for (int i : List.of(1, 3)) {
            consumer.acknowledgeAsync(messages.get(i).getMessageId(), last).get();
        }
        last.commit().get();
        consumer.redeliverUnacknowledgedMessages();
        t.observe("after all of it", Stage.textOf(Stage.drain(consumer)));
        t.observe("backlog", t.backlog(topic, "sub"));
    }

    /** Keys over partitions, taken by two consumers of a key_shared subscription. */
    private static void partitions(Stage t, PulsarClient client) throws Exception {
        String in = t.topic("-in"), out = t.topic("-out");
        t.createPartitioned(in, 3);
        t.createPartitioned(out, 3);
        var consumers =
                List.of(
                        consumer(client, out, SubscriptionType.Key_Shared),
                        consumer(client, out, SubscriptionType.Key_Shared));
        var input = consumer(client, in, SubscriptionType.Key_Shared);
        var feed = producer(client, in);
        var producer = producer(client, out);
        for (boolean commits : List.of(false, true)) {
            for (int i = 0; i < 12 && !commits; i++) {
                feed.newMessage().key("k" + i % 4).value(Stage.bytes("" + i)).send();
            }
            var txn = begin(client, 60);
            for (var each : Stage.receive(input, 12)) {
                producer.newMessage(txn).key(each.getKey()).value(each.getValue()).send();
                input.acknowledgeAsync(each.getMessageId(), txn).get();
            }
            t.observe("before, " + commits, Stage.textOf(Stage.drain(consumers.get(0))).size());
            if (commits) txn.commit().get();
            else txn.abort().get();
        }
        var keys = new ArrayList<TreeSet<String>>();
        var orders = new java.util.TreeMap<String, List<String>>();
        for (var each : consumers) {
            var seen = Stage.drain(each);
            keys.add(new TreeSet<>());
            for (var message : seen) {
                keys.get(keys.size() - 1).add(message.getKey());
                orders.computeIfAbsent(message.getKey(), key -> new ArrayList<>())
                        .add(new String(message.getData()));
                each.acknowledge(message);
            }
        }
        t.observe("each key in its order", orders);
        keys.get(0).retainAll(keys.get(1));
        t.observe("keys of both consumers", keys.get(0));
        Stage.eventually(
                "the input is acknowledged",
                () -> {
                    var stats = t.rest("GET", t.pathOf(in) + "/partitioned-stats", null).body();
                    return stats.path("subscriptions").path("sub").path("msgBacklog").asLong() == 0;
                });
    }

    /** A sequence number that was stored is known, whatever became of its transaction. */
    private static void deduplicated(Stage t) throws Exception {
        transact(
                t,
                "&brokerDeduplicationEnabled=true",
                (stage, client) -> {
                    String topic = t.topic();
                    var consumer = consumer(client, topic, SubscriptionType.Exclusive);
                    var producer =
                            client.newProducer()
                                    .topic(topic)
                                    .producerName("p")
                                    .enableBatching(false)
                                    .create();
                    var stored = new ArrayList<Boolean>();
                    for (boolean commits : List.of(true, false, true)) {
                        var txn = begin(client, 60);
                        for (int sequence : List.of(stored.size(), stored.size() + 1)) {
                            var id =
                                    producer.newMessage(txn)
                                            .sequenceId(sequence)
                                            .value(Stage.bytes("" + sequence))
                                            .send();
                            stored.add(!id.toString().startsWith("-1:-1"));
                        }
                        if (commits) txn.commit().get();
                        else txn.abort().get();
                    }
                    t.observe("stored", stored);
                    t.observe("seen", Stage.textOf(Stage.drain(consumer)));
                    t.observe("last sequence", producer.getLastSequenceId());
                });
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

    /** What REST tells of a transaction's topic and subscription. */
    private static void statistics(Stage t, PulsarClient client) throws Exception {
        String topic = t.topic();
        var consumer = consumer(client, topic, SubscriptionType.Shared);
        var producer = producer(client, topic);
        Stage.send(producer, 0, 2);
        var ids = new ArrayList<MessageIdAdv>();
        for (var each : Stage.receive(consumer, 2)) ids.add((MessageIdAdv) each.getMessageId());
        var admin = t.admin().transactions();
        t.observe("unused", admin.getPendingAckStats(topic, "sub", false).state);
        var log = t.kindOf(() -> admin.getPendingAckInternalStats(topic, "sub", false));
        t.observe("unused log", log);
        var txn = begin(client, 60);
        send(producer, txn, "held back");
        consumer.acknowledgeAsync(ids.get(0), txn).get();
        var pending = admin.getPendingAckStats(topic, "sub", true);
        t.observe("open", List.of(pending.state, pending.ongoingTxnSize, pending.lowWaterMarks));
        for (var id : ids) {
            var ledger = id.getLedgerId();
            var entry = id.getEntryId();
            var state = admin.getPositionStatsInPendingAck(topic, "sub", ledger, entry, null).state;
            t.observe("position " + entry, state.toString());
        }
        var acks = admin.getPendingAckInternalStats(topic, "sub", false).pendingAckLogStats;
        var name = topic.substring(topic.lastIndexOf('/') + 1);
        t.observe("log", acks.managedLedgerName.replace(name, "TOPIC"));
        var coordinator = (int) txn.getTxnID().getMostSigBits();
        var its = admin.getCoordinatorInternalStats(coordinator, false).transactionLogStats;
        t.observe("coordinator's log", its.managedLedgerName.replaceAll("[0-9]+$", "N"));
        var buffer = admin.getTransactionBufferInternalStats(topic, false);
        t.observe("snapshots", buffer.snapshotType);
        txn.commit().get();
        var ended = admin.getTransactionBufferStats(topic, true, false);
        t.observe("ended", List.of(ended.ongoingTxnSize, ended.lowWaterMarks.size()));
    }

    /** Each coordinator has one; the broker says nothing to who wants more. */
    private static void limited(Stage t, PulsarClient client) throws Exception {
        var hasty =
                t.newClient(
                        t.serviceUrl,
                        builder ->
                                builder.enableTransaction(true)
                                        .operationTimeout(6, TimeUnit.SECONDS));
        var open = new ArrayList<Transaction>();
        t.observe(
                "one more",
                t.kindOf(
                        () -> {
                            while (true) open.add(begin(hasty, 60));
                        }));
        for (var each : open) each.commit().get();
        t.observe("after the end of all", begin(client, 60) != null);
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

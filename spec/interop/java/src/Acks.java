// Acknowledgement in every form that the client has.

import org.apache.pulsar.client.api.Message;
import org.apache.pulsar.client.api.MessageId;
import org.apache.pulsar.client.api.SubscriptionType;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

final class Acks {
    static void register() {
        Suite.scenario("ack", "individually", Acks::individually);
        Suite.scenario("ack", "a_list", Acks::list);
        Suite.scenario("ack", "cumulatively", Acks::cumulatively);
        Suite.scenario("ack", "cumulatively_on_shared", Acks::cumulativeOnShared);
        Suite.scenario("ack", "indexes_of_a_batch", t -> batchIndexes(t, true));
        Suite.scenario("ack", "indexes_of_a_batch_not_told", t -> batchIndexes(t, false));
        Suite.scenario("ack", "cumulatively_inside_a_batch", Acks::insideBatch);
        Suite.scenario("ack", "with_receipts", Acks::receipts);
        Suite.scenario("ack", "at_once", Acks::atOnce);
        Suite.scenario("ack", "by_id_of_bytes", Acks::byBytes);
        Suite.scenario("ack", "in_a_transaction", Acks::transaction);
        Suite.scenario("ack", "twice", Acks::twice);
    }

    private static List<String> left(Stage t, SubscriptionType type) throws Exception {
        try (var consumer =
                t.consumer()
                        .subscriptionType(type)
                        .enableBatchIndexAcknowledgment(true)
                        .subscribe()) {
            return Stage.textOf(Stage.drain(consumer));
        }
    }

    private static void individually(Stage t) throws Exception {
        Stage.send(t.producer().create(), 0, 6);
        try (var consumer = t.consumer().subscriptionType(SubscriptionType.Shared).subscribe()) {
            for (var each : Stage.receive(consumer, 6)) {
                if (!new String(each.getData()).matches("message-[14]")) consumer.acknowledge(each);
            }
            Stage.eventually("backlog", () -> t.backlog(t.topic(), "sub") == 2);
        }
        t.observe("left", left(t, SubscriptionType.Shared));
    }

    private static void list(Stage t) throws Exception {
        Stage.send(t.producer().create(), 0, 6);
        try (var consumer = t.consumer().subscriptionType(SubscriptionType.Shared).subscribe()) {
            var ids = Stage.receive(consumer, 6).stream().map(Message::getMessageId).toList();
            consumer.acknowledge(ids.subList(0, 3));
            consumer.acknowledgeAsync(ids.subList(4, 5)).get();
            Stage.eventually("backlog", () -> t.backlog(t.topic(), "sub") == 2);
        }
        t.observe("left", left(t, SubscriptionType.Exclusive));
    }

    private static void cumulatively(Stage t) throws Exception {
        Stage.send(t.producer().create(), 0, 6);
        for (SubscriptionType type :
                List.of(SubscriptionType.Exclusive, SubscriptionType.Failover)) {
            try (var consumer =
                    t.consumer().subscriptionName(type.name()).subscriptionType(type).subscribe()) {
                consumer.acknowledgeCumulative(Stage.receive(consumer, 6).get(3));
                Stage.eventually("backlog", () -> t.backlog(t.topic(), type.name()) == 2);
            }
            try (var consumer =
                    t.consumer().subscriptionName(type.name()).subscriptionType(type).subscribe()) {
                t.observe(type.name(), Stage.textOf(Stage.receive(consumer, 2)));
            }
        }
    }

    private static void cumulativeOnShared(Stage t) throws Exception {
        Stage.send(t.producer().create(), 0, 3);
        for (SubscriptionType type :
                List.of(SubscriptionType.Shared, SubscriptionType.Key_Shared)) {
            var consumer =
                    t.consumer().subscriptionName(type.name()).subscriptionType(type).subscribe();
            var messages = Stage.receive(consumer, 3);
            t.observe(
                    type.name(),
                    t.errorOf(
                            () -> {
                                consumer.acknowledgeCumulative(messages.get(1));
                                return null;
                            }));
        }
    }

    private static void batchIndexes(Stage t, boolean told) throws Exception {
        t.sendBatch(t.topic(), 0, 10);
        try (var consumer =
                t.consumer()
                        .subscriptionType(SubscriptionType.Shared)
                        .enableBatchIndexAcknowledgment(told)
                        .isAckReceiptEnabled(true)
                        .subscribe()) {
            var messages = Stage.receive(consumer, 10);
            var acks = new ArrayList<java.util.concurrent.CompletableFuture<Void>>();
            for (int i = 0; i < 10; i += 2) acks.add(consumer.acknowledgeAsync(messages.get(i)));
            if (told) for (var each : acks) each.get();
            else Thread.sleep(300);
        }
        t.observe("left", left(t, SubscriptionType.Shared));
    }

    private static void insideBatch(Stage t) throws Exception {
        t.sendBatch(t.topic(), 0, 10);
        t.sendBatch(t.topic(), 10, 20);
        try (var consumer =
                t.consumer()
                        .enableBatchIndexAcknowledgment(true)
                        .isAckReceiptEnabled(true)
                        .subscribe()) {
            consumer.acknowledgeCumulative(Stage.receive(consumer, 20).get(13));
        }
        t.observe("left", left(t, SubscriptionType.Exclusive));
    }

    private static void receipts(Stage t) throws Exception {
        Stage.send(t.producer().create(), 0, 5);
        try (var consumer =
                t.consumer()
                        .subscriptionType(SubscriptionType.Shared)
                        .isAckReceiptEnabled(true)
                        .subscribe()) {
            var messages = Stage.receive(consumer, 5);
            consumer.acknowledge(messages.get(0));
            consumer.acknowledge(
                    List.of(messages.get(1).getMessageId(), messages.get(2).getMessageId()));
            t.observe("backlog", t.backlog(t.topic(), "sub"));
        }
        t.observe("left", left(t, SubscriptionType.Exclusive));
    }

    private static void atOnce(Stage t) throws Exception {
        Stage.send(t.producer().create(), 0, 3);
        var consumer =
                t.consumer()
                        .acknowledgmentGroupTime(0, TimeUnit.MILLISECONDS)
                        .isAckReceiptEnabled(true)
                        .subscribe();
        consumer.acknowledge(Stage.receive(consumer, 3).get(1));
        t.observe("backlog", t.backlog(t.topic(), "sub"));
    }

    private static void byBytes(Stage t) throws Exception {
        Stage.send(t.producer().create(), 0, 3);
        var consumer = t.consumer().isAckReceiptEnabled(true).subscribe();
        var id = Stage.receive(consumer, 3).get(2).getMessageId();
        consumer.acknowledgeCumulative(
                MessageId.fromByteArrayWithTopic(id.toByteArray(), t.topic()));
        t.observe("backlog", t.backlog(t.topic(), "sub"));
    }

    private static void transaction(Stage t) throws Exception {
        var client = t.newClient(t.serviceUrl, builder -> {});
        t.observe(
                "not enabled by the client",
                t.errorOf(() -> client.newTransaction().build().get()));
        t.observe(
                "enabled by the client",
                t.errorOf(
                        () ->
                                t.newClient(
                                        t.serviceUrl, builder -> builder.enableTransaction(true))));
    }

    private static void twice(Stage t) throws Exception {
        Stage.send(t.producer().create(), 0, 3);
        var consumer = t.consumer().isAckReceiptEnabled(true).subscribe();
        var messages = Stage.receive(consumer, 3);
        for (int i = 0; i < 2; i++) consumer.acknowledge(messages.get(0));
        consumer.acknowledgeCumulative(messages.get(1));
        consumer.acknowledge(messages.get(0));
        t.observe("backlog", t.backlog(t.topic(), "sub"));
    }
}

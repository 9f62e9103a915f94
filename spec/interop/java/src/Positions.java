// Where a subscription stands: seek, last ids, resets.

import org.apache.pulsar.client.api.MessageId;
import org.apache.pulsar.client.api.MessageIdAdv;
import org.apache.pulsar.client.api.SubscriptionType;

import java.util.List;
import java.util.TreeSet;

final class Positions {
    static void register() {
        for (SubscriptionType type : SubscriptionType.values()) {
            Suite.scenario("position", "seek_on_" + type.name().toLowerCase(), t -> seek(t, type));
        }
        Suite.scenario("position", "seek_inclusively", Positions::inclusive);
        Suite.scenario("position", "seek_inside_a_batch", Positions::insideBatch);
        Suite.scenario("position", "seek_by_time", Positions::byTime);
        Suite.scenario("position", "seek_by_function", Positions::byFunction);
        Suite.scenario("position", "seek_on_partitions", Positions::partitions);
        Suite.scenario("position", "last_ids", Positions::lastIds);
        Suite.scenario("position", "reset_over_rest", Positions::reset);
        Suite.scenario("position", "seek_with_two_consumers", Positions::twoConsumers);
    }

    private static void seek(Stage t, SubscriptionType type) throws Exception {
        var ids = Stage.send(t.producer().create(), 0, 10);
        var consumer = t.consumer().subscriptionType(type).subscribe();
        Stage.receive(consumer, 10);
        consumer.seek(ids.get(6));
        t.observe("an id", Stage.textOf(Stage.drain(consumer)));
        consumer.seek(MessageId.earliest);
        t.observe("earliest", Stage.textOf(Stage.drain(consumer)));
        consumer.seek(MessageId.latest);
        t.observe("latest", Stage.textOf(Stage.drain(consumer)));
        consumer.seek(ids.get(9));
        t.observe("the last", Stage.textOf(Stage.drain(consumer)));
    }

    private static void inclusive(Stage t) throws Exception {
        var ids = Stage.send(t.producer().create(), 0, 10);
        var consumer = t.consumer().startMessageIdInclusive().subscribe();
        Stage.receive(consumer, 10);
        consumer.seek(ids.get(6));
        t.observe("an id", Stage.textOf(Stage.drain(consumer)));
    }

    private static void insideBatch(Stage t) throws Exception {
        var ids = t.sendBatch(t.topic(), 0, 10);
        t.sendBatch(t.topic(), 10, 15);
        for (boolean inclusive : new boolean[] {false, true}) {
            var builder = t.consumer().subscriptionName("sub" + inclusive);
            if (inclusive) builder.startMessageIdInclusive();
            var consumer = builder.subscribe();
            Stage.receive(consumer, 15);
            consumer.seek(ids.get(6));
            t.observe("inclusive " + inclusive, Stage.textOf(Stage.drain(consumer)));
        }
    }

    private static void byTime(Stage t) throws Exception {
        var producer = t.producer().create();
        Stage.send(producer, 0, 5);
        Thread.sleep(50);
        long middle = System.currentTimeMillis();
        Thread.sleep(50);
        Stage.send(producer, 5, 10);
        var consumer = t.consumer().subscribe();
        Stage.receive(consumer, 10);
        consumer.seek(middle);
        t.observe("the middle", Stage.textOf(Stage.drain(consumer)));
        consumer.seek(0);
        t.observe("the start", Stage.textOf(Stage.drain(consumer)).size());
        consumer.seek(System.currentTimeMillis() + 60_000);
        t.observe("the future", Stage.textOf(Stage.drain(consumer)));
    }

    private static void byFunction(Stage t) throws Exception {
        t.createPartitioned(t.topic(), 2);
        var ids = Stage.send(t.producer().create(), 0, 10);
        var consumer = t.consumer().subscribe();
        Stage.receive(consumer, 10);
        consumer.seek(
                topic -> topic.endsWith("-partition-0") ? MessageId.earliest : MessageId.latest);
        var partitions = new TreeSet<Integer>();
        for (var each : Stage.drain(consumer))
            partitions.add(((MessageIdAdv) each.getMessageId()).getPartitionIndex());
        t.observe("partitions", partitions);
        Stage.same(ids.size(), 10, "ids");
    }

    private static void partitions(Stage t) throws Exception {
        t.createPartitioned(t.topic(), 2);
        Stage.send(t.producer().create(), 0, 10);
        var consumer = t.consumer().subscribe();
        var messages = Stage.receive(consumer, 10);
        consumer.seek(MessageId.earliest);
        t.observe("earliest", new TreeSet<>(Stage.textOf(Stage.drain(consumer))));
        consumer.seek(1L);
        t.observe("time", new TreeSet<>(Stage.textOf(Stage.drain(consumer))));
        t.observe(
                "an id",
                t.errorOf(
                        () -> {
                            consumer.seek(messages.get(3).getMessageId());
                            throw new IllegalStateException("taken");
                        }));
    }

    private static void lastIds(Stage t) throws Exception {
        var empty = t.consumer(t.topic("-empty")).subscribe();
        t.observe(
                "of nothing",
                empty.getLastMessageIds().stream()
                        .map(id -> (MessageIdAdv) id)
                        .map(
                                each ->
                                        each.getLedgerId()
                                                + ":"
                                                + each.getEntryId()
                                                + ":"
                                                + each.getPartitionIndex()
                                                + ":"
                                                + each.getBatchIndex())
                        .toList());
        t.sendBatch(t.topic(), 0, 5);
        var consumer = t.consumer().subscribe();
        var last = consumer.getLastMessageIds().get(0);
        var id = (MessageIdAdv) last;
        t.observe(
                "of a batch",
                List.of(
                        id.getEntryId(),
                        id.getBatchIndex(),
                        id.getPartitionIndex(),
                        t.plain(last.getOwnerTopic())));
        t.createPartitioned(t.topic("-p"), 2);
        t.observe(
                "of partitions",
                t.consumer(t.topic("-p")).subscribe().getLastMessageIds().stream()
                        .map(each -> t.plain(each.getOwnerTopic()))
                        .sorted()
                        .toList());
    }

    private static void reset(Stage t) throws Exception {
        var ids = Stage.send(t.producer().create(), 0, 6);
        var consumer = t.consumer().subscribe();
        Stage.receive(consumer, 6);
        var id = (MessageIdAdv) ids.get(2);
        String path = t.pathOf(t.topic()) + "/subscription/sub/resetcursor";
        t.observe(
                "to an id",
                t.rest(
                                "POST",
                                path,
                                "{\"ledgerId\":"
                                        + id.getLedgerId()
                                        + ",\"entryId\":"
                                        + id.getEntryId()
                                        + ",\"partitionIndex\":-1}")
                        .status());
        t.observe("got", Stage.textOf(Stage.drain(consumer)));
        t.observe("to a time", t.rest("POST", path + "/1", null).status());
        t.observe("got all", Stage.textOf(Stage.drain(consumer)).size());
    }

    private static void twoConsumers(Stage t) throws Exception {
        Stage.send(t.producer().create(), 0, 10);
        var one = t.consumer().subscriptionType(SubscriptionType.Shared).subscribe();
        Stage.receive(one, 10);
        var two = t.consumer().subscriptionType(SubscriptionType.Shared).subscribe();
        two.seek(MessageId.earliest);
        var all = new TreeSet<String>();
        all.addAll(Stage.textOf(Stage.drain(one)));
        all.addAll(Stage.textOf(Stage.drain(two)));
        all.addAll(Stage.textOf(Stage.drain(one)));
        t.observe("together", all);
    }
}

// Topic compaction through the admin client, and what readers, consumers and table views get of it.

import org.apache.pulsar.client.admin.LongRunningProcessStatus;
import org.apache.pulsar.client.api.CompressionType;
import org.apache.pulsar.client.api.Message;
import org.apache.pulsar.client.api.MessageId;
import org.apache.pulsar.client.api.Producer;
import org.apache.pulsar.client.api.Reader;
import org.apache.pulsar.client.api.Schema;
import org.apache.pulsar.client.api.SubscriptionInitialPosition;
import org.apache.pulsar.client.api.SubscriptionType;

import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

final class Compactions {
    private static final List<String> HISTORY =
            List.of("a=1", "b=1", "a=2", "plain", "c=1", "b=", "d=9");

    static void register() {
        Suite.scenario("compaction", "of_single_messages", Compactions::singles);
        Suite.scenario("compaction", "of_batches", Compactions::batches);
        Suite.scenario("compaction", "consumers", Compactions::consumers);
        Suite.scenario("compaction", "table_view", Compactions::table);
        Suite.scenario("compaction", "thresholds", Compactions::thresholds);
    }

    private static void publish(Producer<byte[]> producer, List<String> pairs) throws Exception {
        var sent = new ArrayList<CompletableFuture<MessageId>>();
        for (String pair : pairs) {
            int at = pair.indexOf('=');
            var message = producer.newMessage().value(Stage.bytes(pair.substring(at + 1)));
            if (at >= 0) message.key(pair.substring(0, at));
            sent.add(message.sendAsync());
        }
        producer.flush();
        for (var each : sent) each.get(Stage.PATIENCE_MS, TimeUnit.MILLISECONDS);
    }

    private static void compact(Stage t) throws Exception {
        t.admin().topics().triggerCompaction(t.topic());
        Stage.eventually("it is compacted", () -> status(t) != LongRunningProcessStatus.Status.RUNNING);
        Stage.same(status(t), LongRunningProcessStatus.Status.SUCCESS, "the outcome");
    }

    private static LongRunningProcessStatus.Status status(Stage t) throws Exception {
        return t.admin().topics().compactionStatus(t.topic()).status;
    }

    private static String pairOf(Message<byte[]> message) {
        return message.getKey() + "=" + new String(message.getData());
    }

    private static List<String> readCompacted(Stage t) throws Exception {
        var pairs = new ArrayList<String>();
        try (Reader<byte[]> reader =
                t.client()
                        .newReader()
                        .topic(t.topic())
                        .readCompacted(true)
                        .startMessageId(MessageId.earliest)
                        .create()) {
            while (reader.hasMessageAvailable()) {
                pairs.add(pairOf(reader.readNext(Stage.PATIENCE_MS, TimeUnit.MILLISECONDS)));
            }
        }
        return pairs;
    }

    private static void singles(Stage t) throws Exception {
        var producer = t.producer().enableBatching(false).create();
        publish(producer, HISTORY);
        t.observe("before", status(t).name());
        compact(t);
        t.observe("compacted", readCompacted(t));
        publish(producer, List.of("a=3", "e=1"));
        t.observe("and live", readCompacted(t));
        compact(t);
        t.observe("again", readCompacted(t));
        var stats = t.admin().topics().getStats(t.topic());
        t.observe("removed", stats.getCompaction().getLastCompactionRemovedEventCount());
        var internal = t.admin().topics().getInternalStats(t.topic());
        t.observe("entries", internal.compactedLedger.entries);
    }

    private static void batches(Stage t) throws Exception {
        var producer =
                t.producer()
                        .compressionType(CompressionType.ZSTD)
                        .batchingMaxMessages(HISTORY.size())
                        .batchingMaxPublishDelay(60, TimeUnit.SECONDS)
                        .create();
        publish(producer, HISTORY);
        publish(producer, List.of("d=10", "x=1"));
        compact(t);
        t.observe("compacted", readCompacted(t));
        publish(producer, List.of("a="));
        compact(t);
        t.observe("again", readCompacted(t));
    }

    private static void consumers(Stage t) throws Exception {
        publish(t.producer().enableBatching(false).create(), HISTORY);
        compact(t);
        for (var type : List.of(SubscriptionType.Exclusive, SubscriptionType.Failover)) {
            var consumer =
                    t.client()
                            .newConsumer()
                            .topic(t.topic())
                            .subscriptionName(type.name())
                            .subscriptionType(type)
                            .subscriptionInitialPosition(SubscriptionInitialPosition.Earliest)
                            .readCompacted(true)
                            .subscribe();
            var pairs = new ArrayList<String>();
            for (var message : Stage.receive(consumer, 3)) pairs.add(pairOf(message));
            t.observe(type.name(), pairs);
            consumer.seek(MessageId.earliest);
            var again = new ArrayList<String>();
            for (var message : Stage.receive(consumer, 3)) again.add(pairOf(message));
            Stage.same(again, pairs, "after a seek to the beginning");
            consumer.close();
        }
    }

    private static void table(Stage t) throws Exception {
        var producer = t.producer().enableBatching(false).create();
        publish(producer, List.of("a=1", "b=1", "a=2", "b="));
        compact(t);
        publish(producer, List.of("c=1"));
        var table = t.client().newTableView(Schema.BYTES).topic(t.topic()).create();
        var heard = new ConcurrentHashMap<String, String>();
        table.forEachAndListen(
                (key, value) -> heard.put(key, value == null ? "gone" : new String(value)));
        t.observe("at first", new TreeMap<>(heard));
        publish(producer, List.of("a=3", "d=1"));
        Stage.eventually("changes come", () -> "3".equals(heard.get("a")) && heard.containsKey("d"));
        t.observe("at last", new TreeMap<>(heard));
    }

    private static void thresholds(Stage t) throws Exception {
        t.producer().create();
        var policies = t.admin().topicPolicies();
        t.observe("unset", String.valueOf(policies.getCompactionThreshold(t.topic())));
        policies.setCompactionThreshold(t.topic(), 1_000_000);
        Stage.eventually("it is set", () -> policies.getCompactionThreshold(t.topic()) != null);
        t.observe("set", policies.getCompactionThreshold(t.topic()));
        Stage.eventually(
                "what is not compacted is kept",
                () -> t.admin().topics().getSubscriptions(t.topic()).contains("__compaction"));
        policies.removeCompactionThreshold(t.topic());
        Stage.eventually("it is gone", () -> policies.getCompactionThreshold(t.topic()) == null);
    }
}

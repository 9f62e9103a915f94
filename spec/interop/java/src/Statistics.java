// Every field of a topic's statistics, as the Java admin client reads them.

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;

import org.apache.pulsar.client.api.Consumer;
import org.apache.pulsar.client.api.Message;
import org.apache.pulsar.client.api.MessageRouter;
import org.apache.pulsar.client.api.SubscriptionType;
import org.apache.pulsar.client.api.TopicMetadata;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

final class Statistics {
    private static final ObjectMapper JSON = new ObjectMapper();

    static void register() {
        Suite.scenario("stats", "of_a_topic", Statistics::topic);
        Suite.scenario("stats", "of_partitions", Statistics::partitions);
    }

    private static void topic(Stage t) throws Exception {
        var topics = t.admin().topics();
        var consumers = use(t);
        tell(t, "in use", JSON.valueToTree(topics.getStats(t.topic(), true, true, false)));
        for (var consumer : consumers) consumer.close();
        tell(t, "at rest", JSON.valueToTree(topics.getStats(t.topic(), true, true, false)));
    }

    private static void partitions(Stage t) throws Exception {
        t.createPartitioned(t.topic(), 2);
        use(t);
        var stats = t.admin().topics().getPartitionedStats(t.topic(), true, true, true, false);
        tell(t, "all", JSON.valueToTree(stats));
    }

    /** A producer of batches and one consumer of each type; some of it is acknowledged. */
    private static List<Consumer<byte[]>> use(Stage t) throws Exception {
        var consumers = new ArrayList<Consumer<byte[]>>();
        for (var type : SubscriptionType.values()) {
            consumers.add(
                    t.consumer()
                            .subscriptionName(type.name())
                            .subscriptionType(type)
                            .consumerName("con-" + type)
                            .property("of", type.name())
                            .priorityLevel(type == SubscriptionType.Shared ? 1 : 0)
                            .receiverQueueSize(50)
                            .acknowledgmentGroupTime(0, TimeUnit.MILLISECONDS)
                            .subscribe());
        }
        var producer =
                t.producer()
                        .producerName("pro")
                        .property("is", "known")
                        .enableBatching(true)
                        .batchingMaxMessages(4)
                        .batchingMaxPublishDelay(1, TimeUnit.MINUTES)
                        .messageRouter(FIRST)
                        .create();
        for (int i = 0; i < 16; i++) {
            producer.newMessage().key("k").value(Stage.bytes("number " + i)).sendAsync();
        }
        producer.flush();
        for (var consumer : consumers) {
            for (var each : Stage.receive(consumer, 16).subList(0, 10)) consumer.acknowledge(each);
        }
        Thread.sleep(300);
        return consumers;
    }

    private static final MessageRouter FIRST =
            new MessageRouter() {
                @Override
                public int choosePartition(Message<?> message, TopicMetadata metadata) {
                    return 0;
                }
            };

    /** One fact for each object: its fields that are not zero, false or empty. */
    private static void tell(Stage t, String what, JsonNode stats) {
        var told = new TreeMap<String, String>();
        stats.fields()
                .forEachRemaining(
                        field -> {
                            String name = field.getKey().replaceAll(".*(-partition-)", "$1");
                            JsonNode value = field.getValue();
                            boolean isList = value.isArray() && value.path(0).isObject();
                            if (value.isObject() && value.size() > 0) {
                                tell(t, what + ", " + name, value);
                            } else if (isList) {
                                for (int i = 0; i < value.size(); i++) {
                                    tell(t, what + ", " + name + " " + i, value.get(i));
                                }
                            } else {
                                String text = plain(field.getKey(), value);
                                if (!NOTHING.contains(text)) told.put(name, text);
                            }
                        });
        if (!told.isEmpty()) t.observe(what, told);
    }

    private static final Set<String> NOTHING = Set.of("0", "0.0", "-1", "false", "null", "[]", "{}");

    /** Of what differs from run to run only whether it is there. */
    private static String plain(String name, JsonNode value) {
        String text = value.isTextual() ? value.asText() : value.toString();
        boolean isCounted =
                name.matches("(?i).*(timestamp|size|bytes.*counter|rate.*|throughput.*|since|time|seconds)");
        if (name.matches("address|clientVersion|ownerBroker")) return "some";
        if (!isCounted || NOTHING.contains(text)) return text;
        return text.startsWith("1970") ? "never" : "some";
    }
}

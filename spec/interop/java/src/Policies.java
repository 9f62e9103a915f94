// The Java admin client and policies: set, read back, applied and taken back, for namespaces and
// topics; and what a producer meets that does not encrypt.

import org.apache.pulsar.client.admin.Namespaces;
import org.apache.pulsar.client.admin.TopicPolicies;
import org.apache.pulsar.client.api.Schema;
import org.apache.pulsar.client.api.SubscriptionType;
import org.apache.pulsar.common.policies.data.AutoSubscriptionCreationOverride;
import org.apache.pulsar.common.policies.data.PersistencePolicies;
import org.apache.pulsar.common.policies.data.RetentionPolicies;
import org.apache.pulsar.common.policies.data.SchemaCompatibilityStrategy;

import java.util.Collection;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;

final class Policies {
    /** How long a topic of Pulsar takes to hear of a policy at the most. */
    private static final int HEARD_MS = 150;

    static void register() {
        Suite.scenario("policies", "of_a_namespace", Policies::ofNamespace);
        Suite.scenario("policies", "of_a_topic", Policies::ofTopic);
        Suite.scenario("policies", "of_partitions_and_all_clusters", Policies::ofPartitions);
        Suite.scenario("policies", "encryption_that_is_required", Policies::encryption);
        Suite.scenario("policies", "most_producers_and_consumers", Policies::limits);
    }

    /** As text: policies are objects of many kinds. */
    private static void ask(Stage t, String name, Callable<?> call) {
        t.ask(
                name,
                () -> {
                    Object value = call.call();
                    return value == null ? null : value.toString();
                });
    }

    /** Unset, set, taken back. */
    private static void round(
            Stage t, String name, Callable<?> get, Stage.Call set, Stage.Call remove)
            throws Exception {
        ask(t, name + " unset", get);
        set.perform();
        eventually(get, true);
        ask(t, name, get);
        if (remove == null) return;
        remove.perform();
        eventually(get, false);
        ask(t, name + " removed", get);
    }

    /** Pulsar's topic policies are read a moment after they were written. */
    private static void eventually(Callable<?> get, boolean isSet) throws Exception {
        for (int looks = 0; looks < 200 && isThere(get.call()) != isSet; looks++) Thread.sleep(10);
    }

    private static boolean isThere(Object value) {
        if (value instanceof Collection<?> all) return !all.isEmpty();
        if (value instanceof Map<?, ?> all) return !all.isEmpty();
        return value != null && !value.equals(false) && !value.equals(0);
    }

    private static void ofNamespace(Stage t) throws Exception {
        String ns = t.namespace();
        Namespaces of = t.admin().namespaces();
        round(
                t,
                "maxProducers",
                () -> of.getMaxProducersPerTopic(ns),
                () -> of.setMaxProducersPerTopic(ns, 5),
                () -> of.removeMaxProducersPerTopic(ns));
        round(
                t,
                "maxConsumers",
                () -> of.getMaxConsumersPerTopic(ns),
                () -> of.setMaxConsumersPerTopic(ns, 5),
                () -> of.removeMaxConsumersPerTopic(ns));
        round(
                t,
                "maxConsumersPerSubscription",
                () -> of.getMaxConsumersPerSubscription(ns),
                () -> of.setMaxConsumersPerSubscription(ns, 5),
                () -> of.removeMaxConsumersPerSubscription(ns));
        round(
                t,
                "maxSubscriptions",
                () -> of.getMaxSubscriptionsPerTopic(ns),
                () -> of.setMaxSubscriptionsPerTopic(ns, 5),
                () -> of.removeMaxSubscriptionsPerTopic(ns));
        round(
                t,
                "maxTopics",
                () -> of.getMaxTopicsPerNamespace(ns),
                () -> of.setMaxTopicsPerNamespace(ns, 5),
                () -> of.removeMaxTopicsPerNamespace(ns));
        round(
                t,
                "deduplication",
                () -> of.getDeduplicationStatus(ns),
                () -> of.setDeduplicationStatus(ns, true),
                () -> of.removeDeduplicationStatus(ns));
        round(
                t,
                "deduplication snapshots",
                () -> of.getDeduplicationSnapshotInterval(ns),
                () -> of.setDeduplicationSnapshotInterval(ns, 5),
                () -> of.removeDeduplicationSnapshotInterval(ns));
        round(
                t,
                "persistence",
                () -> of.getPersistence(ns),
                () -> of.setPersistence(ns, new PersistencePolicies(1, 1, 1, 0.5)),
                () -> of.removePersistence(ns));
        round(
                t,
                "retention",
                () -> of.getRetention(ns),
                () -> of.setRetention(ns, new RetentionPolicies(5, 5)),
                () -> of.removeRetention(ns));
        round(
                t,
                "subscriptionTypes",
                () -> of.getSubscriptionTypesEnabled(ns),
                () -> of.setSubscriptionTypesEnabled(ns, Set.of(SubscriptionType.Shared)),
                () -> of.removeSubscriptionTypesEnabled(ns));
        round(
                t,
                "autoSubscriptionCreation",
                () -> of.getAutoSubscriptionCreation(ns),
                () ->
                        of.setAutoSubscriptionCreation(ns,
                                AutoSubscriptionCreationOverride.builder()
                                .allowAutoSubscriptionCreation(false).build()),
                () -> of.removeAutoSubscriptionCreation(ns));
        round(
                t,
                "encryptionRequired",
                () -> of.getEncryptionRequiredStatus(ns),
                () -> of.setEncryptionRequiredStatus(ns, true),
                null);
        round(
                t,
                "pauseOnAckState",
                () -> of.getDispatcherPauseOnAckStatePersistent(ns),
                () -> of.setDispatcherPauseOnAckStatePersistent(ns),
                () -> of.removeDispatcherPauseOnAckStatePersistent(ns));
        round(
                t,
                "schemaCompatibility",
                () -> of.getSchemaCompatibilityStrategy(ns),
                () -> of.setSchemaCompatibilityStrategy(ns, SchemaCompatibilityStrategy.BACKWARD),
                null);
        round(
                t,
                "schemaValidation",
                () -> of.getSchemaValidationEnforced(ns),
                () -> of.setSchemaValidationEnforced(ns, true),
                null);
        of.setIsAllowAutoUpdateSchema(ns, false);
        ask(t, "schemaAutoUpdate", () -> of.getIsAllowAutoUpdateSchema(ns));
        round(
                t,
                "properties",
                () -> of.getProperties(ns),
                () -> of.setProperties(ns, Map.of("a", "b")),
                () -> of.clearProperties(ns));
        round(
                t,
                "replication",
                () -> of.getNamespaceReplicationClusters(ns),
                () -> of.setNamespaceReplicationClusters(ns, Set.of("standalone"), false),
                null);
        ask(t, "below zero", () -> { of.setMaxProducersPerTopic(ns, -1); return "done"; });
        ask(t, "document", () -> of.getPolicies(ns).schema_compatibility_strategy);
    }

    private static void ofTopic(Stage t) throws Exception {
        String topic = t.topic();
        t.admin().topics().createNonPartitionedTopic(topic);
        TopicPolicies of = t.admin().topicPolicies();
        round(
                t,
                "maxProducers",
                () -> of.getMaxProducers(topic),
                () -> of.setMaxProducers(topic, 5),
                () -> of.removeMaxProducers(topic));
        round(
                t,
                "maxConsumers",
                () -> of.getMaxConsumers(topic),
                () -> of.setMaxConsumers(topic, 5),
                () -> of.removeMaxConsumers(topic));
        round(
                t,
                "maxConsumersPerSubscription",
                () -> of.getMaxConsumersPerSubscription(topic),
                () -> of.setMaxConsumersPerSubscription(topic, 5),
                () -> of.removeMaxConsumersPerSubscription(topic));
        round(
                t,
                "maxSubscriptions",
                () -> of.getMaxSubscriptionsPerTopic(topic),
                () -> of.setMaxSubscriptionsPerTopic(topic, 5),
                () -> of.removeMaxSubscriptionsPerTopic(topic));
        round(
                t,
                "maxMessageSize",
                () -> of.getMaxMessageSize(topic),
                () -> of.setMaxMessageSize(topic, 500),
                () -> of.removeMaxMessageSize(topic));
        round(
                t,
                "deduplication",
                () -> of.getDeduplicationStatus(topic),
                () -> of.setDeduplicationStatus(topic, true),
                () -> of.removeDeduplicationStatus(topic));
        round(
                t,
                "deduplication snapshots",
                () -> of.getDeduplicationSnapshotInterval(topic),
                () -> of.setDeduplicationSnapshotInterval(topic, 5),
                () -> of.removeDeduplicationSnapshotInterval(topic));
        round(
                t,
                "persistence",
                () -> of.getPersistence(topic),
                () -> of.setPersistence(topic, new PersistencePolicies(1, 1, 1, 0.5)),
                () -> of.removePersistence(topic));
        round(
                t,
                "retention",
                () -> of.getRetention(topic),
                () -> of.setRetention(topic, new RetentionPolicies(5, 5)),
                () -> of.removeRetention(topic));
        round(
                t,
                "autoSubscriptionCreation",
                () -> of.getAutoSubscriptionCreation(topic, false),
                () ->
                        of.setAutoSubscriptionCreation(topic,
                                AutoSubscriptionCreationOverride.builder()
                                .allowAutoSubscriptionCreation(false).build()),
                () -> of.removeAutoSubscriptionCreation(topic));
        round(
                t,
                "schemaCompatibility",
                () -> of.getSchemaCompatibilityStrategy(topic, false),
                () ->
                        of.setSchemaCompatibilityStrategy(topic,
                                SchemaCompatibilityStrategy.BACKWARD),
                () -> of.removeSchemaCompatibilityStrategy(topic));
        round(
                t,
                "pauseOnAckState",
                () -> of.getDispatcherPauseOnAckStatePersistent(topic, false).get(),
                () -> of.setDispatcherPauseOnAckStatePersistent(topic).get(),
                () -> of.removeDispatcherPauseOnAckStatePersistent(topic).get());
        ask(t, "applied maxUnacked", () -> of.getMaxUnackedMessagesOnConsumer(topic, true));
        ask(t, "applied retention", () -> of.getRetention(topic, true));
        ask(t, "applied strategy", () -> of.getSchemaCompatibilityStrategy(topic, true));
        ask(t, "of none", () -> of.getMaxProducers(t.topic("-none")));
        ask(t, "below zero", () -> { of.setMaxProducers(topic, -1); return "done"; });
    }

    private static void ofPartitions(Stage t) throws Exception {
        String topic = t.topic();
        t.admin().topics().createPartitionedTopic(topic, 2);
        TopicPolicies local = t.admin().topicPolicies();
        TopicPolicies global = t.admin().topicPolicies(true);
        ask(t, "of a partition", () -> local.getMaxProducers(topic + "-partition-0"));
        global.setMaxProducers(topic, 1);
        eventually(() -> global.getMaxProducers(topic), true);
        ask(t, "global", () -> global.getMaxProducers(topic));
        ask(t, "local beside it", () -> local.getMaxProducers(topic));
        Thread.sleep(HEARD_MS);
        var first = t.client().newProducer().topic(topic + "-partition-1").create();
        var hasty =
                t.newClient(
                        t.serviceUrl, builder -> builder.operationTimeout(1, TimeUnit.SECONDS));
        ask(
                t,
                "second producer",
                () -> hasty.newProducer().topic(topic + "-partition-1").create().getTopic());
        local.setMaxProducers(topic, 2);
        eventually(() -> local.getMaxProducers(topic), true);
        Thread.sleep(HEARD_MS);
        var second = t.client().newProducer().topic(topic + "-partition-1").create();
        t.observe("allowed by the local one", second.isConnected() && first.isConnected());
    }

    private static void limits(Stage t) throws Exception {
        String ns = t.namespace();
        String topic = "persistent://" + ns + "/t";
        var consumer = t.client().newConsumer().topic(topic).subscriptionName("s")
                        .subscriptionType(SubscriptionType.Shared).subscribe();
        t.admin().namespaces().setMaxConsumersPerSubscription(ns, 1);
        t.admin().namespaces().setMaxSubscriptionsPerTopic(ns, 1);
        Thread.sleep(HEARD_MS);
        ask(t, "second consumer", () ->
                        t.client().newConsumer().topic(topic).subscriptionName("s")
                        .subscriptionType(SubscriptionType.Shared).subscribe().getTopic());
        ask(t, "second subscription", () ->
                        t.client().newConsumer().topic(topic).subscriptionName("s2").subscribe()
                        .getTopic());
        t.observe("the first stays", consumer.isConnected());
        t.admin().topicPolicies().setMaxMessageSize(topic, 200);
        eventually(() -> t.admin().topicPolicies().getMaxMessageSize(topic), true);
        Thread.sleep(HEARD_MS);
        var producer = t.client().newProducer(Schema.STRING).topic(topic).enableBatching(false)
                        .create();
        ask(t, "large message", () -> producer.send("x".repeat(300)).getClass());
        t.observe("small message", producer.send("x") != null);
    }

    private static void encryption(Stage t) throws Exception {
        String ns = t.namespace();
        String topic = "persistent://" + ns + "/t";
        var producer = t.client().newProducer(Schema.STRING).topic(topic).create();
        producer.send("before");
        t.admin().namespaces().setEncryptionRequiredStatus(ns, true);
        for (int looks = 0; looks < 200 && producer.isConnected(); looks++) Thread.sleep(10);
        t.observe("the one that was there is let go", !producer.isConnected());
        var hasty = t.newClient(t.serviceUrl, builder -> builder.operationTimeout(1, TimeUnit
                        .SECONDS));
        ask(t, "a new one", () -> hasty.newProducer().topic(topic).create().getTopic());
        t.admin().namespaces().setEncryptionRequiredStatus(ns, false);
        Thread.sleep(HEARD_MS);
        t.observe("and goes on", producer.send("after") != null);
    }
}

// The Java admin client: what its methods give, and how they fail.

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;

import org.apache.pulsar.client.api.MessageId;
import org.apache.pulsar.client.api.MessageIdAdv;
import org.apache.pulsar.common.policies.data.ClusterData;
import org.apache.pulsar.common.policies.data.TenantInfo;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.Callable;

final class Admins {
    private static final ObjectMapper JSON = new ObjectMapper();

    static void register() {
        Suite.scenario("admin", "brokers", Admins::brokers);
        Suite.scenario("admin", "clusters", Admins::clusters);
        Suite.scenario("admin", "tenants", Admins::tenants);
        Suite.scenario("admin", "namespaces", Admins::namespaces);
        Suite.scenario("admin", "topics", Admins::topics);
        Suite.scenario("admin", "partitioned_topics", Admins::partitioned);
        Suite.scenario("admin", "subscriptions", Admins::subscriptions);
        Suite.scenario("admin", "stats", Admins::stats);
        Suite.scenario("admin", "lookups", Admins::lookups);
        Suite.scenario("admin", "ends_of_topics", Admins::ends);
    }

    private interface Call {
        void perform() throws Exception;
    }

    /** What a call gives, or how it fails. */
    private static void ask(Stage t, String name, Callable<?> call) {
        Object value;
        try {
            value = call.call();
        } catch (Throwable error) {
            value = t.errorText(error);
        }
        t.observe(name, value == null ? "nothing" : value);
    }

    private static void tell(Stage t, String name, Call call) {
        ask(
                t,
                name,
                () -> {
                    call.perform();
                    return "done";
                });
    }

    private static void brokers(Stage t) throws Exception {
        var admin = t.admin();
        tell(t, "health", () -> admin.brokers().healthcheck());
        ask(t, "active", () -> admin.brokers().getActiveBrokers("standalone").size());
        ask(t, "active of none", () -> admin.brokers().getActiveBrokers("nope").size());
        ask(
                t,
                "leader",
                () ->
                        admin.brokers()
                                .getLeaderBroker()
                                .getServiceUrl()
                                .startsWith("http://localhost"));
        ask(t, "internal", () -> admin.brokers().getInternalConfigurationData() != null);
        ask(
                t,
                "runtime",
                () -> admin.brokers().getRuntimeConfigurations().containsKey("brokerServicePort"));
        ask(t, "version", () -> admin.brokers().getVersion().isEmpty());
        tell(t, "ready", () -> admin.brokers().backlogQuotaCheckAsync().get());
    }

    private static void clusters(Stage t) throws Exception {
        var clusters = t.admin().clusters();
        String name = t.topic().replaceAll(".*/", "");
        ask(t, "all", () -> clusters.getClusters().contains("standalone"));
        ask(t, "missing", () -> clusters.getCluster("nope"));
        var data =
                ClusterData.builder()
                        .serviceUrl("http://elsewhere:8080")
                        .brokerServiceUrl("pulsar://elsewhere:6650")
                        .build();
        tell(t, "created", () -> clusters.createCluster(name, data));
        tell(t, "created again", () -> clusters.createCluster(name, data));
        ask(
                t,
                "one",
                () -> {
                    var one = clusters.getCluster(name);
                    return List.of(
                            one.getServiceUrl(),
                            one.getBrokerServiceUrl(),
                            one.isBrokerClientTlsEnabled());
                });
        tell(
                t,
                "updated",
                () ->
                        clusters.updateCluster(
                                name,
                                ClusterData.builder()
                                        .serviceUrl("http://other:8080")
                                        .brokerServiceUrl("pulsar://other:6650")
                                        .build()));
        ask(t, "peers", () -> clusters.getPeerClusterNames(name));
        ask(t, "domains", () -> clusters.getFailureDomains(name));
        tell(t, "deleted", () -> clusters.deleteCluster(name));
        tell(t, "deleted again", () -> clusters.deleteCluster(name));
    }

    private static void tenants(Stage t) throws Exception {
        var tenants = t.admin().tenants();
        String name = t.topic().replaceAll(".*/", "");
        var info =
                TenantInfo.builder()
                        .adminRoles(Set.of("admin"))
                        .allowedClusters(Set.of("standalone"))
                        .build();
        ask(t, "all", () -> tenants.getTenants().contains("public"));
        ask(t, "missing", () -> tenants.getTenantInfo("nope"));
        tell(t, "created", () -> tenants.createTenant(name, info));
        tell(t, "created again", () -> tenants.createTenant(name, info));
        ask(
                t,
                "one",
                () ->
                        List.of(
                                tenants.getTenantInfo(name).getAdminRoles(),
                                tenants.getTenantInfo(name).getAllowedClusters()));
        tell(t, "bad name", () -> tenants.createTenant("a b", info));
        tell(
                t,
                "no clusters",
                () -> tenants.createTenant(name + "2", TenantInfo.builder().build()));
        tell(
                t,
                "unknown cluster",
                () ->
                        tenants.createTenant(
                                name + "3",
                                TenantInfo.builder().allowedClusters(Set.of("nope")).build()));
        tell(
                t,
                "updated",
                () ->
                        tenants.updateTenant(
                                name,
                                TenantInfo.builder()
                                        .adminRoles(Set.of("b"))
                                        .allowedClusters(Set.of("standalone"))
                                        .build()));
        tell(t, "updated missing", () -> tenants.updateTenant("nope", info));
        tell(t, "namespace", () -> t.admin().namespaces().createNamespace(name + "/ns"));
        tell(t, "deleted in use", () -> tenants.deleteTenant(name));
        tell(t, "deleted by force", () -> tenants.deleteTenant(name, true));
        tell(t, "emptied", () -> t.admin().namespaces().deleteNamespace(name + "/ns"));
        tell(t, "deleted", () -> tenants.deleteTenant(name));
        tell(t, "deleted again", () -> tenants.deleteTenant(name));
    }

    private static void namespaces(Stage t) throws Exception {
        var namespaces = t.admin().namespaces();
        String name = "public/" + t.topic().replaceAll(".*/", "");
        tell(t, "created", () -> namespaces.createNamespace(name));
        tell(t, "created again", () -> namespaces.createNamespace(name));
        tell(t, "created with bundles", () -> namespaces.createNamespace(name + "-8", 8));
        ask(t, "bundles", () -> namespaces.getBundles(name + "-8").getNumBundles());
        tell(t, "of no tenant", () -> namespaces.createNamespace("nope/ns"));
        tell(t, "bad name", () -> namespaces.createNamespace("public/a b"));
        ask(t, "all", () -> namespaces.getNamespaces("public").contains(name));
        ask(t, "all of none", () -> namespaces.getNamespaces("nope"));
        ask(t, "topics", () -> namespaces.getTopics(name));
        ask(t, "topics of none", () -> namespaces.getTopics("public/nope"));
        ask(t, "policies of none", () -> namespaces.getPolicies("public/nope"));
        ask(t, "policies", () -> JSON.valueToTree(namespaces.getPolicies(name)));
        ask(t, "permissions", () -> namespaces.getPermissions(name));
        ask(t, "clusters", () -> namespaces.getNamespaceReplicationClusters(name));
        tell(t, "deduplication", () -> namespaces.setDeduplicationStatus(name, true));
        ask(t, "deduplication is", () -> namespaces.getDeduplicationStatus(name));
        tell(t, "removed", () -> namespaces.removeDeduplicationStatus(name));
        ask(t, "retention", () -> namespaces.getRetention(name));
        tell(
                t,
                "set retention",
                () ->
                        namespaces.setRetention(
                                name,
                                new org.apache.pulsar.common.policies.data.RetentionPolicies(
                                        10, 20)));
        ask(t, "retention is", () -> namespaces.getRetention(name).toString());
        tell(t, "unloaded", () -> namespaces.unload(name));
        tell(t, "unloaded none", () -> namespaces.unload("public/nope"));
        t.producer("persistent://" + name + "/t").create().close();
        tell(t, "deleted in use", () -> namespaces.deleteNamespace(name));
        tell(t, "deleted by force", () -> namespaces.deleteNamespace(name, true));
        tell(t, "cleared", () -> namespaces.clearNamespaceBacklog(name));
        tell(t, "emptied", () -> t.admin().topics().delete("persistent://" + name + "/t"));
        tell(t, "deleted", () -> namespaces.deleteNamespace(name));
        tell(t, "deleted again", () -> namespaces.deleteNamespace(name));
    }

    private static void topics(Stage t) throws Exception {
        var topics = t.admin().topics();
        String topic = t.topic();
        tell(t, "created", () -> topics.createNonPartitionedTopic(topic));
        tell(t, "created again", () -> topics.createNonPartitionedTopic(topic));
        tell(t, "created partitioned", () -> topics.createPartitionedTopic(topic, 2));
        tell(
                t,
                "created with properties",
                () -> topics.createNonPartitionedTopic(t.topic("-p"), Map.of("a", "1")));
        ask(t, "properties", () -> topics.getProperties(t.topic("-p")));
        tell(
                t,
                "of no namespace",
                () -> topics.createNonPartitionedTopic("persistent://public/nope/x"));
        tell(t, "of no tenant", () -> topics.createNonPartitionedTopic("persistent://nope/nope/x"));
        tell(
                t,
                "by the name of a partition",
                () -> topics.createNonPartitionedTopic(topic + "-partition-0"));
        ask(t, "listed", () -> topics.getList("public/default").contains(topic));
        ask(t, "list of none", () -> topics.getList("public/nope"));
        ask(t, "metadata", () -> topics.getPartitionedTopicMetadata(topic).partitions);
        ask(
                t,
                "metadata of none",
                () -> topics.getPartitionedTopicMetadata(t.topic("-none")).partitions);
        ask(
                t,
                "last id",
                () -> topics.getLastMessageId(topic).toString().replaceAll("^\\d+", "LEDGER"));
        ask(t, "last id of none", () -> topics.getLastMessageId(t.topic("-none")));
        tell(t, "unloaded", () -> topics.unload(topic));
        tell(t, "unloaded none", () -> topics.unload(t.topic("-none")));
        tell(t, "deleted", () -> topics.delete(topic));
        tell(t, "deleted again", () -> topics.delete(topic));
        tell(
                t,
                "partitioned deleted as such",
                () -> topics.deletePartitionedTopic(t.topic("-none")));
    }

    private static void partitioned(Stage t) throws Exception {
        var topics = t.admin().topics();
        String topic = t.topic();
        tell(t, "of none", () -> topics.createPartitionedTopic(topic, 0));
        tell(t, "created", () -> topics.createPartitionedTopic(topic, 2));
        tell(t, "created again", () -> topics.createPartitionedTopic(topic, 2));
        tell(t, "created plain", () -> topics.createNonPartitionedTopic(topic));
        ask(t, "list", () -> topics.getPartitionedTopicList("public/default").contains(topic));
        ask(t, "metadata", () -> topics.getPartitionedTopicMetadata(topic).partitions);
        tell(t, "grown", () -> topics.updatePartitionedTopic(topic, 4));
        tell(t, "shrunk", () -> topics.updatePartitionedTopic(topic, 1));
        tell(t, "grown of none", () -> topics.updatePartitionedTopic(t.topic("-none"), 4));
        t.consumer().subscribe().close();
        ask(t, "subscriptions", () -> topics.getSubscriptions(topic));
        ask(
                t,
                "stats",
                () -> {
                    var stats = topics.getPartitionedStats(topic, true);
                    return List.of(
                            stats.getMetadata().partitions,
                            stats.getPartitions().size(),
                            new TreeSet<>(stats.getSubscriptions().keySet()));
                });
        ask(t, "internal", () -> topics.getPartitionedInternalStats(topic).partitions.size());
        ask(t, "stats of none", () -> topics.getPartitionedStats(t.topic("-none"), true));
        tell(t, "terminated plainly", () -> topics.terminateTopic(topic));
        ask(t, "terminated", () -> topics.terminatePartitionedTopic(topic).size());
        tell(t, "deleted plainly", () -> topics.delete(topic));
        tell(t, "deleted a partition", () -> topics.delete(topic + "-partition-3"));
        tell(t, "deleted", () -> topics.deletePartitionedTopic(topic));
        tell(t, "deleted again", () -> topics.deletePartitionedTopic(topic));
    }

    private static void subscriptions(Stage t) throws Exception {
        var topics = t.admin().topics();
        String topic = t.topic();
        var ids = Stage.send(t.producer().create(), 0, 6);
        tell(t, "created", () -> topics.createSubscription(topic, "s", MessageId.earliest));
        tell(t, "created again", () -> topics.createSubscription(topic, "s", MessageId.earliest));
        tell(t, "at the end", () -> topics.createSubscription(topic, "end", MessageId.latest));
        tell(t, "at an id", () -> topics.createSubscription(topic, "id", ids.get(2)));
        tell(
                t,
                "with properties",
                () ->
                        topics.createSubscription(
                                topic, "p", MessageId.latest, false, Map.of("a", "1")));
        ask(t, "properties", () -> topics.getSubscriptionProperties(topic, "p"));
        ask(t, "properties of none", () -> topics.getSubscriptionProperties(topic, "nope"));
        ask(t, "all", () -> new TreeSet<>(topics.getSubscriptions(topic)));
        ask(t, "of no topic", () -> topics.getSubscriptions(t.topic("-none")));
        var backlogs = new TreeMap<String, Long>();
        topics.getStats(topic)
                .getSubscriptions()
                .forEach((name, each) -> backlogs.put(name, each.getMsgBacklog()));
        t.observe("backlogs", backlogs);
        tell(t, "skipped", () -> topics.skipMessages(topic, "s", 2));
        tell(t, "skipped of none", () -> topics.skipMessages(topic, "nope", 2));
        ask(t, "left", () -> topics.getStats(topic).getSubscriptions().get("s").getMsgBacklog());
        tell(t, "skipped all", () -> topics.skipAllMessages(topic, "s"));
        tell(t, "reset to an id", () -> topics.resetCursor(topic, "s", ids.get(3)));
        ask(
                t,
                "left then",
                () -> topics.getStats(topic).getSubscriptions().get("s").getMsgBacklog());
        tell(t, "reset excluding", () -> topics.resetCursor(topic, "s", ids.get(3), true));
        ask(
                t,
                "left after",
                () -> topics.getStats(topic).getSubscriptions().get("s").getMsgBacklog());
        tell(t, "reset to a time", () -> topics.resetCursor(topic, "s", 1L));
        tell(t, "reset of none", () -> topics.resetCursor(topic, "nope", 1L));
        var consumer = t.consumer().subscriptionName("s").subscribe();
        tell(t, "deleted in use", () -> topics.deleteSubscription(topic, "s"));
        consumer.close();
        tell(t, "deleted", () -> topics.deleteSubscription(topic, "s"));
        tell(t, "deleted again", () -> topics.deleteSubscription(topic, "s"));
        tell(t, "deleted by force", () -> topics.deleteSubscription(topic, "end", true));
    }

    private static void stats(Stage t) throws Exception {
        var topics = t.admin().topics();
        Stage.send(t.producer().create(), 0, 5);
        t.consumer().subscribe();
        ask(t, "of none", () -> topics.getStats(t.topic("-none")));
        ask(t, "internal of none", () -> topics.getInternalStats(t.topic("-none")));
        ask(
                t,
                "fields",
                () -> {
                    var raw = (ObjectNode) t.stats(t.topic());
                    var names = new TreeSet<String>();
                    raw.fieldNames().forEachRemaining(names::add);
                    raw.path("subscriptions")
                            .path("sub")
                            .fieldNames()
                            .forEachRemaining(each -> names.add("s." + each));
                    raw.path("subscriptions")
                            .path("sub")
                            .path("consumers")
                            .path(0)
                            .fieldNames()
                            .forEachRemaining(each -> names.add("c." + each));
                    raw.path("publishers")
                            .path(0)
                            .fieldNames()
                            .forEachRemaining(each -> names.add("p." + each));
                    return names;
                });
        ask(
                t,
                "internal fields",
                () -> {
                    var names = new TreeSet<String>();
                    var raw = t.rest("GET", t.pathOf(t.topic()) + "/internalStats", null).body();
                    raw.fieldNames().forEachRemaining(names::add);
                    raw.path("cursors")
                            .path("sub")
                            .fieldNames()
                            .forEachRemaining(each -> names.add("c." + each));
                    return names;
                });
        ask(
                t,
                "counts",
                () -> {
                    var stats = topics.getStats(t.topic());
                    return List.of(
                            stats.getMsgInCounter(),
                            stats.getSubscriptions().size(),
                            stats.getPublishers().size(),
                            stats.getStorageSize() > 0,
                            stats.getBacklogSize() > 0,
                            stats.getDeduplicationStatus());
                });
        ask(
                t,
                "internal",
                () -> {
                    var stats = topics.getInternalStats(t.topic());
                    return List.of(
                            stats.entriesAddedCounter,
                            stats.numberOfEntries,
                            stats.state,
                            stats.cursors.size());
                });
    }

    private static void lookups(Stage t) throws Exception {
        var lookups = t.admin().lookups();
        ask(t, "topic", () -> t.plain(lookups.lookupTopic(t.topic())));
        ask(t, "no namespace", () -> lookups.lookupTopic("persistent://public/nope/x"));
        ask(
                t,
                "bundle",
                () -> lookups.getBundleRange(t.topic()).matches("0x[0-9a-f]{8}_0x[0-9a-f]{8}"));
        t.createPartitioned(t.topic("-p"), 2);
        ask(t, "partitioned", () -> lookups.lookupPartitionedTopic(t.topic("-p")).size());
        ask(t, "partitioned none", () -> lookups.lookupPartitionedTopic(t.topic("-none")));
    }

    private static void ends(Stage t) throws Exception {
        var topics = t.admin().topics();
        Stage.send(t.producer().create(), 0, 3);
        ask(t, "terminated", () -> ((MessageIdAdv) topics.terminateTopic(t.topic())).getEntryId());
        ask(t, "again", () -> ((MessageIdAdv) topics.terminateTopic(t.topic())).getEntryId());
        ask(t, "none", () -> topics.terminateTopic(t.topic("-none")));
        tell(t, "deleted in use", () -> topics.delete(t.topic()));
        t.consumer(t.topic("-c")).subscribe();
        tell(t, "deleted with a consumer", () -> topics.delete(t.topic("-c")));
        tell(t, "deleted by force", () -> topics.delete(t.topic("-c"), true));
    }
}

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

    private static void brokers(Stage t) throws Exception {
        var admin = t.admin();
        t.tell("health", () -> admin.brokers().healthcheck());
        t.ask("active", () -> admin.brokers().getActiveBrokers("standalone").size());
        t.ask("active of none", () -> admin.brokers().getActiveBrokers("nope").size());
        t.ask(
                "leader",
                () ->
                        admin.brokers()
                                .getLeaderBroker()
                                .getServiceUrl()
                                .startsWith("http://localhost"));
        t.ask("internal", () -> admin.brokers().getInternalConfigurationData() != null);
        t.ask(
                "runtime",
                () -> admin.brokers().getRuntimeConfigurations().containsKey("brokerServicePort"));
        t.ask("version", () -> admin.brokers().getVersion().isEmpty());
        t.tell("ready", () -> admin.brokers().backlogQuotaCheckAsync().get());
    }

    private static void clusters(Stage t) throws Exception {
        var clusters = t.admin().clusters();
        String name = t.topic().replaceAll(".*/", "");
        t.ask("all", () -> clusters.getClusters().contains("standalone"));
        t.ask("missing", () -> clusters.getCluster("nope"));
        var data =
                ClusterData.builder()
                        .serviceUrl("http://elsewhere:8080")
                        .brokerServiceUrl("pulsar://elsewhere:6650")
                        .build();
        t.tell("created", () -> clusters.createCluster(name, data));
        t.tell("created again", () -> clusters.createCluster(name, data));
        t.ask(
                "one",
                () -> {
                    var one = clusters.getCluster(name);
                    return List.of(
                            one.getServiceUrl(),
                            one.getBrokerServiceUrl(),
                            one.isBrokerClientTlsEnabled());
                });
        t.tell(
                "updated",
                () ->
                        clusters.updateCluster(
                                name,
                                ClusterData.builder()
                                        .serviceUrl("http://other:8080")
                                        .brokerServiceUrl("pulsar://other:6650")
                                        .build()));
        t.ask("peers", () -> clusters.getPeerClusterNames(name));
        t.ask("domains", () -> clusters.getFailureDomains(name));
        t.tell("deleted", () -> clusters.deleteCluster(name));
        t.tell("deleted again", () -> clusters.deleteCluster(name));
    }

    private static void tenants(Stage t) throws Exception {
        var tenants = t.admin().tenants();
        String name = t.topic().replaceAll(".*/", "");
        var info =
                TenantInfo.builder()
                        .adminRoles(Set.of("admin"))
                        .allowedClusters(Set.of("standalone"))
                        .build();
        t.ask("all", () -> tenants.getTenants().contains("public"));
        t.ask("missing", () -> tenants.getTenantInfo("nope"));
        t.tell("created", () -> tenants.createTenant(name, info));
        t.tell("created again", () -> tenants.createTenant(name, info));
        t.ask(
                "one",
                () ->
                        List.of(
                                tenants.getTenantInfo(name).getAdminRoles(),
                                tenants.getTenantInfo(name).getAllowedClusters()));
        t.tell("bad name", () -> tenants.createTenant("a b", info));
        t.tell(
                "no clusters",
                () -> tenants.createTenant(name + "2", TenantInfo.builder().build()));
        t.tell(
                "unknown cluster",
                () ->
                        tenants.createTenant(
                                name + "3",
                                TenantInfo.builder().allowedClusters(Set.of("nope")).build()));
        t.tell(
                "updated",
                () ->
                        tenants.updateTenant(
                                name,
                                TenantInfo.builder()
                                        .adminRoles(Set.of("b"))
                                        .allowedClusters(Set.of("standalone"))
                                        .build()));
        t.tell("updated missing", () -> tenants.updateTenant("nope", info));
        t.tell("namespace", () -> t.admin().namespaces().createNamespace(name + "/ns"));
        t.tell("deleted in use", () -> tenants.deleteTenant(name));
        t.tell("deleted by force", () -> tenants.deleteTenant(name, true));
        t.tell("emptied", () -> t.admin().namespaces().deleteNamespace(name + "/ns"));
        t.tell("deleted", () -> tenants.deleteTenant(name));
        t.tell("deleted again", () -> tenants.deleteTenant(name));
    }

    private static void namespaces(Stage t) throws Exception {
        var namespaces = t.admin().namespaces();
        String name = "public/" + t.topic().replaceAll(".*/", "");
        t.tell("created", () -> namespaces.createNamespace(name));
        t.tell("created again", () -> namespaces.createNamespace(name));
        t.tell("created with bundles", () -> namespaces.createNamespace(name + "-8", 8));
        t.ask("bundles", () -> namespaces.getBundles(name + "-8").getNumBundles());
        t.tell("of no tenant", () -> namespaces.createNamespace("nope/ns"));
        t.tell("bad name", () -> namespaces.createNamespace("public/a b"));
        t.ask("all", () -> namespaces.getNamespaces("public").contains(name));
        t.ask("all of none", () -> namespaces.getNamespaces("nope"));
        t.ask("topics", () -> namespaces.getTopics(name));
        t.ask("topics of none", () -> namespaces.getTopics("public/nope"));
        t.ask("policies of none", () -> namespaces.getPolicies("public/nope"));
        t.ask("policies", () -> JSON.valueToTree(namespaces.getPolicies(name)));
        t.ask("permissions", () -> namespaces.getPermissions(name));
        t.ask("clusters", () -> namespaces.getNamespaceReplicationClusters(name));
        t.tell("deduplication", () -> namespaces.setDeduplicationStatus(name, true));
        t.ask("deduplication is", () -> namespaces.getDeduplicationStatus(name));
        t.tell("removed", () -> namespaces.removeDeduplicationStatus(name));
        t.ask("retention", () -> namespaces.getRetention(name));
        t.tell(
                "set retention",
                () ->
                        namespaces.setRetention(
                                name,
                                new org.apache.pulsar.common.policies.data.RetentionPolicies(
                                        10, 20)));
        t.ask("retention is", () -> namespaces.getRetention(name).toString());
        t.tell("unloaded", () -> namespaces.unload(name));
        t.tell("unloaded none", () -> namespaces.unload("public/nope"));
        t.producer("persistent://" + name + "/t").create().close();
        t.tell("deleted in use", () -> namespaces.deleteNamespace(name));
        t.tell("deleted by force", () -> namespaces.deleteNamespace(name, true));
        t.tell("cleared", () -> namespaces.clearNamespaceBacklog(name));
        t.tell("emptied", () -> t.admin().topics().delete("persistent://" + name + "/t"));
        t.tell("deleted", () -> namespaces.deleteNamespace(name));
        t.tell("deleted again", () -> namespaces.deleteNamespace(name));
    }

    private static void topics(Stage t) throws Exception {
        var topics = t.admin().topics();
        String topic = t.topic();
        t.tell("created", () -> topics.createNonPartitionedTopic(topic));
        t.tell("created again", () -> topics.createNonPartitionedTopic(topic));
        t.tell("created partitioned", () -> topics.createPartitionedTopic(topic, 2));
        t.tell(
                "created with properties",
                () -> topics.createNonPartitionedTopic(t.topic("-p"), Map.of("a", "1")));
        t.ask("properties", () -> topics.getProperties(t.topic("-p")));
        t.tell(
                "of no namespace",
                () -> topics.createNonPartitionedTopic("persistent://public/nope/x"));
        t.tell("of no tenant", () -> topics.createNonPartitionedTopic("persistent://nope/nope/x"));
        t.tell(
                "by the name of a partition",
                () -> topics.createNonPartitionedTopic(topic + "-partition-0"));
        t.ask("listed", () -> topics.getList("public/default").contains(topic));
        t.ask("list of none", () -> topics.getList("public/nope"));
        t.ask("metadata", () -> topics.getPartitionedTopicMetadata(topic).partitions);
        t.ask(
                "metadata of none",
                () -> topics.getPartitionedTopicMetadata(t.topic("-none")).partitions);
        t.ask(
                "last id",
                () -> topics.getLastMessageId(topic).toString().replaceAll("^\\d+", "LEDGER"));
        t.ask("last id of none", () -> topics.getLastMessageId(t.topic("-none")));
        t.tell("unloaded", () -> topics.unload(topic));
        t.tell("unloaded none", () -> topics.unload(t.topic("-none")));
        t.tell("deleted", () -> topics.delete(topic));
        t.tell("deleted again", () -> topics.delete(topic));
        t.tell(
                "partitioned deleted as such",
                () -> topics.deletePartitionedTopic(t.topic("-none")));
    }

    private static void partitioned(Stage t) throws Exception {
        var topics = t.admin().topics();
        String topic = t.topic();
        t.tell("of none", () -> topics.createPartitionedTopic(topic, 0));
        t.tell("created", () -> topics.createPartitionedTopic(topic, 2));
        t.tell("created again", () -> topics.createPartitionedTopic(topic, 2));
        t.tell("created plain", () -> topics.createNonPartitionedTopic(topic));
        t.ask("list", () -> topics.getPartitionedTopicList("public/default").contains(topic));
        t.ask("metadata", () -> topics.getPartitionedTopicMetadata(topic).partitions);
        t.tell("grown", () -> topics.updatePartitionedTopic(topic, 4));
        t.tell("shrunk", () -> topics.updatePartitionedTopic(topic, 1));
        t.tell("grown of none", () -> topics.updatePartitionedTopic(t.topic("-none"), 4));
        t.consumer().subscribe().close();
        t.ask("subscriptions", () -> topics.getSubscriptions(topic));
        t.ask(
                "stats",
                () -> {
                    var stats = topics.getPartitionedStats(topic, true);
                    return List.of(
                            stats.getMetadata().partitions,
                            stats.getPartitions().size(),
                            new TreeSet<>(stats.getSubscriptions().keySet()));
                });
        t.ask("internal", () -> topics.getPartitionedInternalStats(topic).partitions.size());
        t.ask("stats of none", () -> topics.getPartitionedStats(t.topic("-none"), true));
        t.tell("terminated plainly", () -> topics.terminateTopic(topic));
        t.ask("terminated", () -> topics.terminatePartitionedTopic(topic).size());
        t.tell("deleted plainly", () -> topics.delete(topic));
        t.tell("deleted a partition", () -> topics.delete(topic + "-partition-3"));
        t.tell("deleted", () -> topics.deletePartitionedTopic(topic));
        t.tell("deleted again", () -> topics.deletePartitionedTopic(topic));
    }

    private static void subscriptions(Stage t) throws Exception {
        var topics = t.admin().topics();
        String topic = t.topic();
        var ids = Stage.send(t.producer().create(), 0, 6);
        t.tell("created", () -> topics.createSubscription(topic, "s", MessageId.earliest));
        t.tell("created again", () -> topics.createSubscription(topic, "s", MessageId.earliest));
        t.tell("at the end", () -> topics.createSubscription(topic, "end", MessageId.latest));
        t.tell("at an id", () -> topics.createSubscription(topic, "id", ids.get(2)));
        t.tell(
                "with properties",
                () ->
                        topics.createSubscription(
                                topic, "p", MessageId.latest, false, Map.of("a", "1")));
        t.ask("properties", () -> topics.getSubscriptionProperties(topic, "p"));
        t.ask("properties of none", () -> topics.getSubscriptionProperties(topic, "nope"));
        t.ask("all", () -> new TreeSet<>(topics.getSubscriptions(topic)));
        t.ask("of no topic", () -> topics.getSubscriptions(t.topic("-none")));
        var backlogs = new TreeMap<String, Long>();
        topics.getStats(topic)
                .getSubscriptions()
                .forEach((name, each) -> backlogs.put(name, each.getMsgBacklog()));
        t.observe("backlogs", backlogs);
        t.tell("skipped", () -> topics.skipMessages(topic, "s", 2));
        t.tell("skipped of none", () -> topics.skipMessages(topic, "nope", 2));
        t.ask("left", () -> topics.getStats(topic).getSubscriptions().get("s").getMsgBacklog());
        t.tell("skipped all", () -> topics.skipAllMessages(topic, "s"));
        t.tell("reset to an id", () -> topics.resetCursor(topic, "s", ids.get(3)));
        t.ask(
                "left then",
                () -> topics.getStats(topic).getSubscriptions().get("s").getMsgBacklog());
        t.tell("reset excluding", () -> topics.resetCursor(topic, "s", ids.get(3), true));
        t.ask(
                "left after",
                () -> topics.getStats(topic).getSubscriptions().get("s").getMsgBacklog());
        t.tell("reset to a time", () -> topics.resetCursor(topic, "s", 1L));
        t.tell("reset of none", () -> topics.resetCursor(topic, "nope", 1L));
        var consumer = t.consumer().subscriptionName("s").subscribe();
        t.tell("deleted in use", () -> topics.deleteSubscription(topic, "s"));
        consumer.close();
        t.tell("deleted", () -> topics.deleteSubscription(topic, "s"));
        t.tell("deleted again", () -> topics.deleteSubscription(topic, "s"));
        t.tell("deleted by force", () -> topics.deleteSubscription(topic, "end", true));
    }

    private static void stats(Stage t) throws Exception {
        var topics = t.admin().topics();
        Stage.send(t.producer().create(), 0, 5);
        t.consumer().subscribe();
        t.ask("of none", () -> topics.getStats(t.topic("-none")));
        t.ask("internal of none", () -> topics.getInternalStats(t.topic("-none")));
        t.ask(
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
        t.ask(
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
        t.ask(
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
        t.ask(
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
        t.ask("topic", () -> t.plain(lookups.lookupTopic(t.topic())));
        t.ask("no namespace", () -> lookups.lookupTopic("persistent://public/nope/x"));
        t.ask(
                "bundle",
                () -> lookups.getBundleRange(t.topic()).matches("0x[0-9a-f]{8}_0x[0-9a-f]{8}"));
        t.createPartitioned(t.topic("-p"), 2);
        t.ask("partitioned", () -> lookups.lookupPartitionedTopic(t.topic("-p")).size());
        t.ask("partitioned none", () -> lookups.lookupPartitionedTopic(t.topic("-none")));
    }

    private static void ends(Stage t) throws Exception {
        var topics = t.admin().topics();
        Stage.send(t.producer().create(), 0, 3);
        t.ask("terminated", () -> ((MessageIdAdv) topics.terminateTopic(t.topic())).getEntryId());
        t.ask("again", () -> ((MessageIdAdv) topics.terminateTopic(t.topic())).getEntryId());
        t.ask("none", () -> topics.terminateTopic(t.topic("-none")));
        t.tell("deleted in use", () -> topics.delete(t.topic()));
        t.consumer(t.topic("-c")).subscribe();
        t.tell("deleted with a consumer", () -> topics.delete(t.topic("-c")));
        t.tell("deleted by force", () -> topics.delete(t.topic("-c"), true));
    }
}

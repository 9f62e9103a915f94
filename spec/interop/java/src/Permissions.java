// What clients may do where roles count: refused, granted, and taken back while they are connected.

import org.apache.pulsar.client.admin.PulsarAdmin;
import org.apache.pulsar.client.api.MessageId;
import org.apache.pulsar.client.api.PulsarClient;
import org.apache.pulsar.common.policies.data.AuthAction;
import org.apache.pulsar.common.policies.data.SubscriptionAuthMode;
import org.apache.pulsar.common.policies.data.TenantInfo;

import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

final class Permissions {
    static void register() {
        Suite.guarded("permissions", "of_clients", Permissions::clients);
        Suite.guarded("permissions", "taken_back", Permissions::takenBack);
        Suite.guarded("permissions", "of_subscriptions", Permissions::subscriptions);
        Suite.guarded("permissions", "of_admin_clients", Permissions::admins);
    }

    private static Object produce(PulsarClient client, String topic) throws Exception {
        try (var producer = client.newProducer().topic(topic).create()) {
            producer.send(Stage.bytes("m"));
            return "done";
        }
    }

    private static Object consume(PulsarClient client, String topic, String subscription)
            throws Exception {
        try (var consumer =
                client.newConsumer().topic(topic).subscriptionName(subscription).subscribe()) {
            return consumer.isConnected();
        }
    }

    private static Object read(PulsarClient client, String topic) throws Exception {
        try (var reader =
                client.newReader().topic(topic).startMessageId(MessageId.earliest).create()) {
            return reader.hasMessageAvailable();
        }
    }

    private static void clients(Stage t) throws Exception {
        var broker = t.guarded();
        String topic = broker.topic("t");
        var operator = broker.operator;
        operator.topics().createNonPartitionedTopic(topic);
        operator.namespaces()
                .grantPermissionOnNamespace(
                        broker.namespace, "writer", Set.of(AuthAction.produce));
        operator.topics().grantPermission(topic, "reader", Set.of(AuthAction.consume));
        for (String role : List.of("stranger", "writer", "reader")) {
            var client = broker.client(broker.byToken(role), false);
            t.ask(role + " produces", () -> produce(client, topic));
            t.ask(role + " consumes", () -> consume(client, topic, "sub"));
            t.ask(role + " reads", () -> read(client, topic));
            t.ask(role + " looks", () -> client.getPartitionsForTopic(topic).get().size());
            t.ask(role + " produces nowhere", () -> produce(client, "persistent://none/ns/t"));
            t.ask(role + " produces elsewhere", () -> produce(client, t.topic("-x")));
            t.ask(
                    role + " consumes all",
                    () -> {
                        try (var consumer =
                                client.newConsumer()
                                        .topicsPattern(broker.topic(".*"))
                                        .subscriptionName("all")
                                        .subscribe()) {
                            return consumer.isConnected();
                        }
                    });
        }
    }

    private static void takenBack(Stage t) throws Exception {
        var broker = t.guarded();
        String topic = broker.topic("t");
        broker.grant("app", "other");
        var client = broker.client(broker.byToken("app"), true);
        var producer =
                client.newProducer().topic(topic).sendTimeout(2, TimeUnit.SECONDS).create();
        var consumer = client.newConsumer().topic(topic).subscriptionName("sub").subscribe();
        var other = broker.client(broker.byToken("other"), true);
        var untouched = other.newProducer().topic(topic).create();
        producer.send(Stage.bytes("m"));
        Stage.receive(consumer, 1);
        broker.operator.namespaces().revokePermissionsOnNamespace(broker.namespace, "app");
        Stage.eventually("the producer is closed", () -> !producer.isConnected());
        Stage.eventually("the consumer is closed", () -> !consumer.isConnected());
        t.observe("send", t.kindOf(() -> producer.send(Stage.bytes("late"))));
        t.ask("produces", () -> produce(client, topic));
        t.ask("consumes", () -> consume(client, topic, "sub"));
        t.observe("the other one's is open", untouched.isConnected());
        untouched.send(Stage.bytes("m"));
        broker.grant("app");
        t.ask("produces again", () -> produce(client, topic));
    }

    private static void subscriptions(Stage t) throws Exception {
        var broker = t.guarded();
        String topic = broker.topic("t");
        broker.grant("app", "auditor");
        var client = broker.client(broker.byToken("app"), false);
        var operator = broker.operator;
        operator.topics().createNonPartitionedTopic(topic);
        operator.namespaces()
                .grantPermissionOnSubscription(broker.namespace, "audit", Set.of("auditor"));
        t.ask("kept for another", () -> consume(client, topic, "audit"));
        t.ask("kept for nobody", () -> consume(client, topic, "sub"));
        operator.namespaces()
                .setSubscriptionAuthMode(broker.namespace, SubscriptionAuthMode.Prefix);
        t.ask("of another prefix", () -> consume(client, topic, "mine"));
        t.ask("of its prefix", () -> consume(client, topic, "app-1"));
    }

    /** A tenant's administrator, one who is granted something, and one who is not. */
    private static void admins(Stage t) throws Exception {
        var broker = t.guarded();
        String tenant = t.topic().replaceAll(".*/", "");
        String namespace = tenant + "/ns";
        broker.operator.tenants().createTenant(tenant, tenantOf("tenant-admin"));
        for (String role : List.of("tenant-admin", "app", "stranger")) {
            askForAll(t, role, broker.admin(broker.byToken(role), true), namespace);
        }
    }

    private static void askForAll(Stage t, String role, PulsarAdmin admin, String namespace) {
        var namespaces = admin.namespaces();
        var topics = admin.topics();
        String topic = "persistent://" + namespace + "/t";
        var consume = Set.of(AuthAction.consume);
        t.tell(role + " makes a namespace", () -> namespaces.createNamespace(namespace));
        t.tell(
                role + " grants",
                () -> namespaces.grantPermissionOnNamespace(namespace, "app", consume));
        t.tell(role + " makes a topic", () -> topics.createNonPartitionedTopic(topic));
        t.ask(role + " sees grants", () -> new TreeMap<>(namespaces.getPermissions(namespace)));
        t.ask(role + " lists topics", () -> topics.getList(namespace).size());
        t.ask(role + " sees statistics", () -> topics.getStats(topic).getMsgInCounter());
        t.tell(
                role + " makes a subscription",
                () -> topics.createSubscription(topic, role, MessageId.earliest));
        t.tell(role + " skips", () -> topics.skipAllMessages(topic, role));
        t.tell(role + " sets a limit", () -> namespaces.setMaxConsumersPerTopic(namespace, 5));
        t.ask(role + " counts brokers", () -> admin.brokers().getActiveBrokers().size());
        t.tell(role + " checks health", () -> admin.brokers().healthcheck());
        t.ask(role + " sees nowhere", () -> namespaces.getPolicies("none/ns"));
        t.tell(
                role + " makes a topic nowhere",
                () -> topics.createNonPartitionedTopic("persistent://none/ns/t"));
        t.tell(
                role + " makes a tenant",
                () -> admin.tenants().createTenant(namespace.replace("/ns", "-2"), tenantOf(role)));
    }

    private static TenantInfo tenantOf(String role) {
        return TenantInfo.builder()
                .adminRoles(Set.of(role))
                .allowedClusters(Set.of("standalone"))
                .build();
    }
}

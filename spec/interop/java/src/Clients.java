// The client's own options: addresses, limits, what it must be refused.

import org.apache.pulsar.client.api.AuthenticationFactory;
import org.apache.pulsar.client.api.ClientBuilder;
import org.apache.pulsar.client.api.MessageId;
import org.apache.pulsar.client.api.PulsarClient;
import org.apache.pulsar.client.api.SizeUnit;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

final class Clients {
    static void register() {
        Suite.scenario("client", "by_http", Clients::byHttp);
        Suite.scenario("client", "with_several_hosts", Clients::severalHosts);
        Suite.scenario("client", "with_several_connections", Clients::connections);
        Suite.scenario("client", "with_a_memory_limit", Clients::memory);
        Suite.scenario("client", "with_a_token_that_nobody_asks_for", Clients::token);
        Suite.scenario("client", "by_tls", Clients::tls);
        Suite.scenario("client", "of_a_listener", Clients::listener);
        Suite.scenario("client", "with_nobody_there", Clients::nobody);
        Suite.scenario("client", "closed", Clients::closed);
        Suite.scenario("client", "non_persistent", Clients::nonPersistent);
    }

    private static void use(Stage t, PulsarClient client, String topic) throws Exception {
        var consumer = client.newConsumer().topic(topic).subscriptionName("sub").subscribe();
        client.newProducer().topic(topic).create().send(Stage.bytes("m"));
        Stage.same(Stage.textOf(Stage.receive(consumer, 1)), List.of("m"), "message");
    }

    private static void byHttp(Stage t) throws Exception {
        var client = t.newClient(t.adminUrl, builder -> {});
        use(t, client, t.topic());
        t.createPartitioned(t.topic("-p"), 2);
        use(t, client, t.topic("-p"));
        t.observe("partitions", client.getPartitionsForTopic(t.topic("-p")).get().size());
        t.observe("missing", client.getPartitionsForTopic(t.topic("-none")).get().size());
        t.observe(
                "no namespace",
                t.errorOf(() -> client.newProducer().topic("persistent://public/nope/x").create()));
        t.observe("bad name", t.errorOf(() -> client.newProducer().topic("a/b").create()));
        var pattern =
                client.newConsumer()
                        .topicsPattern(t.topic() + ".*")
                        .subscriptionName("p")
                        .subscribe();
        t.observe(
                "pattern",
                ((org.apache.pulsar.client.impl.MultiTopicsConsumerImpl<byte[]>) pattern)
                        .getPartitions().stream().map(t::plain).sorted().toList());
    }

    private static void severalHosts(Stage t) throws Exception {
        String good = t.serviceUrl.replace("pulsar://", "");
        use(t, t.newClient("pulsar://127.0.0.1:1," + good, builder -> {}), t.topic());
    }

    private static void connections(Stage t) throws Exception {
        var client = t.newClient(t.serviceUrl, builder -> builder.connectionsPerBroker(4));
        for (int i = 0; i < 4; i++) use(t, client, t.topic("-" + i));
    }

    private static void memory(Stage t) throws Exception {
        var client =
                t.newClient(t.serviceUrl, builder -> builder.memoryLimit(64, SizeUnit.KILO_BYTES));
        var producer =
                client.newProducer()
                        .topic(t.topic())
                        .blockIfQueueFull(false)
                        .enableBatching(false)
                        .maxPendingMessages(0)
                        .create();
        List<CompletableFuture<MessageId>> sent = new ArrayList<>();
        for (int i = 0; i < 200; i++) sent.add(producer.sendAsync(new byte[10_000]));
        String refused = "";
        for (var each : sent) {
            try {
                each.get(20, TimeUnit.SECONDS);
            } catch (Exception error) {
                refused = t.errorText(error);
            }
        }
        t.observe("refused", refused);
        producer.send(Stage.bytes("after"));
    }

    private static void token(Stage t) throws Exception {
        use(
                t,
                t.newClient(
                        t.serviceUrl,
                        builder -> builder.authentication(AuthenticationFactory.token("nonsense"))),
                t.topic());
    }

    /** The kind of error that a client ends with which does not wait for long. */
    private static String refused(Stage t, String url, Consumer<ClientBuilder> more) {
        return t.kindOf(
                () ->
                        t.newClient(url, builder -> more.accept(impatient(builder)))
                                .newProducer()
                                .topic(t.topic())
                                .create());
    }

    private static ClientBuilder impatient(ClientBuilder builder) {
        return builder.operationTimeout(3, TimeUnit.SECONDS).lookupTimeout(3, TimeUnit.SECONDS);
    }

    private static void tls(Stage t) {
        String url = t.serviceUrl.replace("pulsar://", "pulsar+ssl://");
        t.observe("refused", refused(t, url, builder -> builder.allowTlsInsecureConnection(true)));
    }

    private static void listener(Stage t) {
        t.observe("refused", refused(t, t.serviceUrl, builder -> builder.listenerName("nope")));
    }

    private static void nobody(Stage t) {
        t.observe("refused", refused(t, "pulsar://127.0.0.1:1", builder -> {}));
    }

    private static void closed(Stage t) throws Exception {
        var client = t.newClient(t.serviceUrl, builder -> {});
        var producer = client.newProducer().topic(t.topic()).create();
        client.close();
        t.observe("refused", t.kindOf(() -> producer.send(Stage.bytes("x"))));
        Stage.eventually("it has left", () -> t.stats(t.topic()).path("publishers").size() == 0);
    }

    private static void nonPersistent(Stage t) throws Exception {
        String topic = t.topic().replace("persistent://", "non-persistent://");
        boolean works = true;
        try {
            use(t, t.client(), topic);
        } catch (org.apache.pulsar.client.api.PulsarClientException.NotAllowedException refused) {
            works = false;
        }
        t.observe("works", works);
    }
}

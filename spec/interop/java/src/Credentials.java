// How clients prove who they are to a broker that asks, in the clear and by TLS, over both
// protocols.

import org.apache.pulsar.client.admin.PulsarAdminException;
import org.apache.pulsar.client.api.Authentication;
import org.apache.pulsar.client.api.AuthenticationFactory;
import org.apache.pulsar.client.api.Producer;
import org.apache.pulsar.client.api.PulsarClient;
import org.apache.pulsar.client.api.PulsarClientException;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

final class Credentials {
    private static final String[] ROLES = {"app", "alice", "bob", "carol", "dave"};

    static void register() {
        Suite.guarded("credentials", "tokens", Credentials::tokens);
        Suite.guarded("credentials", "certificates", Credentials::certificates);
        Suite.guarded("credentials", "passwords", Credentials::passwords);
        Suite.guarded("credentials", "a_login_by_oauth2", Credentials::login);
        Suite.guarded("credentials", "an_expiring_token_is_renewed", Credentials::refreshed);
        Suite.guarded("credentials", "a_token_that_stays_expired", Credentials::expired);
    }

    private static void tokens(Stage t) throws Exception {
        var broker = t.guarded();
        String good = broker.token("app", "");
        String forged = good.substring(0, good.length() - 6) + "AAAAAA";
        String expired = broker.token("app", "-10");
        var shown = new LinkedHashMap<String, Callable<Authentication>>();
        shown.put("none", () -> null);
        shown.put("a good one", () -> AuthenticationFactory.token(good));
        shown.put("made when it is needed", () -> AuthenticationFactory.token(() -> good));
        shown.put("of another key", () -> AuthenticationFactory.token(forged));
        shown.put("expired", () -> AuthenticationFactory.token(expired));
        shown.put("not a token", () -> AuthenticationFactory.token("nonsense"));
        shown.put("of one who is granted nothing", () -> broker.byToken("stranger"));
        observeBothWays(t, broker, shown);
    }

    private static void passwords(Stage t) throws Exception {
        var shown = new LinkedHashMap<String, Callable<Authentication>>();
        shown.put("right", () -> Guarded.byPassword("carol", "carol's password"));
        shown.put("wrong", () -> Guarded.byPassword("carol", "dave's password"));
        shown.put("of nobody", () -> Guarded.byPassword("erin", "carol's password"));
        observeBothWays(t, t.guarded(), shown);
    }

    private static void certificates(Stage t) throws Exception {
        var broker = t.guarded();
        var cases = new LinkedHashMap<String, Callable<?>>();
        for (String name : List.of("alice", "bob", "nameless", "mallory")) {
            cases.put(name, () -> use(broker, broker.byCertificate(name), true));
            cases.put(name + " over https", () -> ask(t, broker, broker.byCertificate(name), true));
        }
        cases.put("in the clear", () -> use(broker, broker.byCertificate("alice"), false));
        cases.put("of a broker that is not trusted", () -> useWithoutTrust(t, broker));
        observe(t, broker, cases);
    }

    /** A client that does not trust the broker tries again and again; this one not for long. */
    private static Object useWithoutTrust(Stage t, Guarded broker) throws Exception {
        var client =
                t.newClient(
                        broker.text("serviceUrlTls"),
                        builder ->
                                builder.tlsTrustCertsFilePath(broker.file("mallory.pem"))
                                        .operationTimeout(3, TimeUnit.SECONDS)
                                        .lookupTimeout(3, TimeUnit.SECONDS));
        try {
            return produce(broker, client);
        } catch (PulsarClientException refused) {
            return "gives up";
        }
    }

    private static void login(Stage t) throws Exception {
        var broker = t.guarded();
        observeBothWays(t, broker, Map.of("logged in", broker::byLogin));
    }

    /** The producer lives on, over the connection that it has. */
    private static void refreshed(Stage t) throws Exception {
        var broker = t.guarded();
        broker.grant(ROLES);
        long began = System.nanoTime();
        String brief = broker.token("app", "2");
        String lasting = broker.token("app", "");
        var askedAgain = new AtomicBoolean();
        var authentication =
                AuthenticationFactory.token(
                        () -> {
                            // The brief one, whose end is a whole second, may be over then.
                            if (secondsSince(began) < 1) return brief;
                            askedAgain.set(true);
                            return lasting;
                        });
        var client = broker.client(authentication, false);
        var producer = client.newProducer().topic(broker.topic("t")).create();
        long before = producer.getLastDisconnectedTimestamp();
        while (secondsSince(began) < 5) {
            producer.send(Stage.bytes("m"));
            Thread.sleep(100);
        }
        t.observe("asked again", askedAgain.get());
        long after = producer.getLastDisconnectedTimestamp();
        t.observe("on the same connection", after == before);
    }

    private static double secondsSince(long nanos) {
        return (System.nanoTime() - nanos) / 1e9;
    }

    private static void expired(Stage t) throws Exception {
        var broker = t.guarded();
        broker.grant(ROLES);
        String once = broker.token("app", "4");
        var client = broker.client(AuthenticationFactory.token(once), false);
        Producer<byte[]> producer =
                client.newProducer()
                        .topic(broker.topic("t"))
                        .sendTimeout(2, TimeUnit.SECONDS)
                        .create();
        producer.send(Stage.bytes("m"));
        Stage.eventually("it has left", () -> !producer.isConnected());
        t.observe("send", t.kindOf(() -> producer.send(Stage.bytes("late"))));
        t.observe("another", t.errorOf(() -> produce(broker, client)));
    }

    /** Each client has an Authentication of its own: it ends with the client. */
    private static void observeBothWays(
            Stage t, Guarded broker, Map<String, Callable<Authentication>> shown)
            throws Exception {
        var cases = new LinkedHashMap<String, Callable<?>>();
        shown.forEach(
                (name, each) -> {
                    cases.put(name, () -> use(broker, each.call(), false));
                    cases.put(name + ", by TLS", () -> use(broker, each.call(), true));
                    cases.put(name + " over http", () -> ask(t, broker, each.call(), false));
                    cases.put(name + " over https", () -> ask(t, broker, each.call(), true));
                });
        observe(t, broker, cases);
    }

    /** All at once: some clients go on trying until they have no patience left. */
    private static void observe(Stage t, Guarded broker, Map<String, Callable<?>> cases)
            throws Exception {
        broker.grant(ROLES);
        var pool = Executors.newFixedThreadPool(cases.size());
        try {
            var asked = new ArrayList<Callable<Void>>();
            cases.forEach(
                    (name, each) ->
                            asked.add(
                                    () -> {
                                        t.ask(name, each);
                                        return null;
                                    }));
            for (var each : pool.invokeAll(asked)) each.get();
        } finally {
            pool.shutdownNow();
        }
    }

    private static Object use(Guarded broker, Authentication authentication, boolean byTls)
            throws Exception {
        return produce(broker, broker.client(authentication, byTls));
    }

    private static Object produce(Guarded broker, PulsarClient client) throws Exception {
        String topic = broker.topic("used-" + System.identityHashCode(client));
        try (var consumer = client.newConsumer().topic(topic).subscriptionName("sub").subscribe();
                var producer = client.newProducer().topic(topic).create()) {
            producer.send(Stage.bytes("m"));
            return Stage.textOf(Stage.receive(consumer, 1));
        }
    }

    /** What everybody may ask for; of a refusal its kind: Pulsar's words are its web server's. */
    private static Object ask(
            Stage t, Guarded broker, Authentication authentication, boolean byTls)
            throws Exception {
        try {
            var admin = broker.admin(authentication, byTls);
            return new TreeSet<>(admin.clusters().getClusters());
        } catch (PulsarAdminException refused) {
            return t.errorText(refused).replaceAll("(?s):.*", "");
        }
    }
}

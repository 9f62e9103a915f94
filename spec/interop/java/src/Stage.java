// What a scenario works with: clients and topics of its own, REST, and the broker's switch. It
// asserts what must hold, and observes facts: values that another broker must show as well, so
// never ids, times or addresses.

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;

import org.apache.pulsar.client.admin.PulsarAdmin;
import org.apache.pulsar.client.admin.PulsarAdminBuilder;
import org.apache.pulsar.client.admin.PulsarAdminException;
import org.apache.pulsar.client.api.ClientBuilder;
import org.apache.pulsar.client.api.ConsumerBuilder;
import org.apache.pulsar.client.api.Message;
import org.apache.pulsar.client.api.MessageId;
import org.apache.pulsar.client.api.Producer;
import org.apache.pulsar.client.api.ProducerBuilder;
import org.apache.pulsar.client.api.PulsarClient;
import org.apache.pulsar.client.api.PulsarClientException;
import org.apache.pulsar.client.api.SubscriptionInitialPosition;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

final class Stage {
    /** How long what must come may take. */
    static final int PATIENCE_MS = 20_000;

    /** How long nothing has to come before we believe that nothing comes. */
    static final int QUIET_MS = 400;

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final HttpClient HTTP = HttpClient.newHttpClient();

    final String serviceUrl;
    final String adminUrl;
    private final String controlUrl;
    private final String name;
    private final Map<String, Object> facts = new TreeMap<>();
    private final List<PulsarClient> clients = new ArrayList<>();
    private final List<PulsarAdmin> admins = new ArrayList<>();

    Stage(String scenario, Map<String, String> options) {
        serviceUrl = options.get("service-url");
        adminUrl = options.get("admin-url");
        controlUrl = options.getOrDefault("control-url", "");
        name =
                "java-"
                        + options.getOrDefault("run", "")
                        + "-"
                        + scenario.replaceAll("[^a-z0-9_]+", "-");
    }

    /** The full name of a topic that no other scenario uses. */
    String topic() {
        return topic("");
    }

    String topic(String suffix) {
        return "persistent://public/default/" + name + suffix;
    }

    /** A namespace of the scenario's own, made anew. */
    String namespace() throws Exception {
        String namespace = "public/" + name;
        rest("PUT", "/namespaces/" + namespace, "{}");
        return namespace;
    }

    synchronized PulsarClient client() throws PulsarClientException {
        return clients.isEmpty() ? newClient(serviceUrl, builder -> {}) : clients.get(0);
    }

    /** Another client: other connections than those of `client`. */
    synchronized PulsarClient newClient(String url, Consumer<ClientBuilder> more)
            throws PulsarClientException {
        ClientBuilder builder =
                PulsarClient.builder()
                        .serviceUrl(url)
                        .operationTimeout(20, TimeUnit.SECONDS)
                        .lookupTimeout(20, TimeUnit.SECONDS);
        more.accept(builder);
        PulsarClient client = builder.build();
        clients.add(client);
        return client;
    }

    synchronized PulsarAdmin admin() throws PulsarClientException {
        return admins.isEmpty() ? newAdmin(adminUrl, builder -> {}) : admins.get(0);
    }

    synchronized PulsarAdmin newAdmin(String url, Consumer<PulsarAdminBuilder> more)
            throws PulsarClientException {
        PulsarAdminBuilder builder = PulsarAdmin.builder().serviceHttpUrl(url);
        more.accept(builder);
        PulsarAdmin admin = builder.build();
        admins.add(admin);
        return admin;
    }

    ProducerBuilder<byte[]> producer() throws PulsarClientException {
        return producer(topic());
    }

    ProducerBuilder<byte[]> producer(String topic) throws PulsarClientException {
        return client().newProducer().topic(topic).enableBatching(false);
    }

    /** Of the scenario's topic and a subscription `sub`, from the earliest message. */
    ConsumerBuilder<byte[]> consumer() throws PulsarClientException {
        return consumer(topic());
    }

    ConsumerBuilder<byte[]> consumer(String topic) throws PulsarClientException {
        return client().newConsumer()
                .topic(topic)
                .subscriptionName("sub")
                .subscriptionInitialPosition(SubscriptionInitialPosition.Earliest);
    }

    void observe(String fact, Object value) {
        synchronized (facts) {
            facts.put(fact, JSON.valueToTree(value));
        }
    }

    Map<String, Object> facts() {
        synchronized (facts) {
            return new TreeMap<>(facts);
        }
    }

    /** The kind of error that `call` must end with, and the words of the broker in it. */
    String errorOf(Callable<?> call) {
        try {
            call.call();
        } catch (Throwable error) {
            return errorText(error);
        }
        throw new AssertionError("this must be refused, and was not");
    }

    /** The kind alone, where the words are the client's own. */
    String kindOf(Callable<?> call) {
        return errorOf(call).replaceAll("(?s):.*", "");
    }

    /** A call of the admin client that answers nothing. */
    interface Call {
        void perform() throws Exception;
    }

    /** Observes what a call gives, or how it fails. */
    void ask(String fact, Callable<?> call) {
        Object value;
        try {
            value = call.call();
        } catch (Throwable error) {
            value = errorText(error);
        }
        observe(fact, value == null ? "nothing" : value);
    }

    /** The same for one that answers nothing. */
    void tell(String fact, Call call) {
        ask(
                fact,
                () -> {
                    call.perform();
                    return "done";
                });
    }

    String errorText(Throwable error) {
        Throwable cause = error;
        while ((cause instanceof ExecutionException || cause instanceof CompletionException)
                && cause.getCause() != null) {
            cause = cause.getCause();
        }
        if (cause instanceof PulsarAdminException refused) {
            return refused.getStatusCode()
                    + " "
                    + cause.getClass().getSimpleName()
                    + ": "
                    + plain(String.valueOf(refused.getHttpError()));
        }
        Matcher words =
                Pattern.compile("\"errorMsg\":\"(.*?)\",\"reqId\"", Pattern.DOTALL)
                        .matcher(String.valueOf(cause.getMessage()));
        String kind = cause.getClass().getSimpleName();
        return words.find() ? kind + ": " + plain(words.group(1)) : kind;
    }

    /** A text without what differs from run to run. */
    String plain(String text) {
        return text.replace(name, "TOPIC")
                .replaceAll("standalone-\\d+-\\d+", "GENERATED")
                .replaceAll("127\\.0\\.0\\.1:\\d+", "ADDRESS")
                .replaceAll("localhost:\\d+", "ADDRESS")
                .replaceAll("\\[id: 0x[0-9a-f]+", "[id: CHANNEL")
                .replaceAll("0x[0-9a-f]{8}_0x[0-9a-f]{8}", "BUNDLE");
    }

    record Answer(int status, JsonNode body) {
        List<Object> asList() {
            return List.of(status, body == null ? "" : body);
        }
    }

    /** REST under /admin/v2. */
    Answer rest(String method, String path, String body) throws Exception {
        HttpRequest.Builder request =
                HttpRequest.newBuilder(URI.create(adminUrl + "/admin/v2" + path))
                        .header("Content-Type", "application/json")
                        .method(
                                method,
                                body == null
                                        ? HttpRequest.BodyPublishers.noBody()
                                        : HttpRequest.BodyPublishers.ofString(body));
        HttpResponse<String> response =
                HTTP.send(request.build(), HttpResponse.BodyHandlers.ofString());
        String text = response.body();
        JsonNode json;
        try {
            json = text.isEmpty() ? null : JSON.readTree(text);
        } catch (Exception error) {
            json = JSON.valueToTree(text);
        }
        return new Answer(response.statusCode(), json);
    }

    String pathOf(String topic) {
        return "/" + topic.replace("://", "/");
    }

    JsonNode stats(String topic) throws Exception {
        return rest("GET", pathOf(topic) + "/stats", null).body();
    }

    long backlog(String topic, String subscription) throws Exception {
        return stats(topic).path("subscriptions").path(subscription).path("msgBacklog").asLong();
    }

    /** The broker that asks for credentials; it starts when the first scenario looks. */
    Guarded guarded() throws Exception {
        return new Guarded(this);
    }

    void createPartitioned(String topic, int partitions) throws Exception {
        Answer answer = rest("PUT", pathOf(topic) + "/partitions", String.valueOf(partitions));
        same(answer.status(), 204, "creation of partitions");
    }

    /** kill, start, restart: the broker's process is in the hands of the runner. */
    JsonNode control(String action) throws Exception {
        HttpRequest request =
                HttpRequest.newBuilder(URI.create(controlUrl + "/" + action))
                        .POST(HttpRequest.BodyPublishers.noBody())
                        .build();
        HttpResponse<String> response = HTTP.send(request, HttpResponse.BodyHandlers.ofString());
        same(response.statusCode(), 200, action);
        return JSON.readTree(response.body());
    }

    /** All clients at once: each takes seconds to end its threads. */
    void close() {
        Stream<CompletableFuture<Void>> clientsClosed =
                clients.stream().map(PulsarClient::closeAsync);
        Stream<CompletableFuture<Void>> adminsClosed =
                admins.stream().map(admin -> CompletableFuture.runAsync(admin::close));
        for (var closed : Stream.concat(clientsClosed, adminsClosed).toList()) {
            try {
                closed.get(10, TimeUnit.SECONDS);
            } catch (Exception error) {
                System.err.println("a client did not close: " + error);
            }
        }
    }

    static List<MessageId> send(Producer<byte[]> producer, int from, int to) throws Exception {
        List<CompletableFuture<MessageId>> sent = new ArrayList<>();
        for (int i = from; i < to; i++) sent.add(producer.sendAsync(bytes("message-" + i)));
        producer.flush();
        List<MessageId> ids = new ArrayList<>();
        for (var each : sent) ids.add(each.get(PATIENCE_MS, TimeUnit.MILLISECONDS));
        return ids;
    }

    /** All of them as one batch. */
    List<MessageId> sendBatch(String topic, int from, int to) throws Exception {
        try (Producer<byte[]> producer =
                client().newProducer()
                        .topic(topic)
                        .batchingMaxMessages(to - from)
                        .batchingMaxPublishDelay(60, TimeUnit.SECONDS)
                        .create()) {
            return send(producer, from, to);
        }
    }

    static <T> List<Message<T>> receive(
            org.apache.pulsar.client.api.Consumer<T> consumer, int count) throws Exception {
        List<Message<T>> messages = new ArrayList<>();
        while (messages.size() < count) {
            Message<T> message = consumer.receive(PATIENCE_MS, TimeUnit.MILLISECONDS);
            if (message == null) {
                throw new AssertionError(
                        messages.size() + " of " + count + " came: " + textOf(messages));
            }
            messages.add(message);
        }
        return messages;
    }

    /** What comes until nothing came for a while. */
    static <T> List<Message<T>> drain(org.apache.pulsar.client.api.Consumer<T> consumer)
            throws Exception {
        List<Message<T>> messages = new ArrayList<>();
        while (true) {
            Message<T> message = consumer.receive(QUIET_MS, TimeUnit.MILLISECONDS);
            if (message == null) return messages;
            messages.add(message);
        }
    }

    static <T> List<String> textOf(List<Message<T>> messages) {
        return messages.stream()
                .map(each -> new String(each.getData(), StandardCharsets.UTF_8))
                .toList();
    }

    static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    static void same(Object actual, Object expected, String what) {
        if (!expected.equals(actual)) {
            throw new AssertionError(what + ": expected " + expected + ", got " + actual);
        }
    }

    static void eventually(String what, Callable<Boolean> condition) throws Exception {
        long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(PATIENCE_MS);
        while (!condition.call()) {
            if (System.nanoTime() > end) throw new AssertionError("did not come true: " + what);
            Thread.sleep(20);
        }
    }
}

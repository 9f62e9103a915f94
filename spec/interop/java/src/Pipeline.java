// A pipeline that takes messages, makes others of them and acknowledges what it took, all of it in
// transactions; and the clerk who feeds it and reads what came of it. Both are told what to do, and
// tell what they did, in lines of standard input and output (pipeline/run.mjs).
//
//   java -cp ... Pipeline work|clerk SERVICE_URL SEED

import org.apache.pulsar.client.api.CompressionType;
import org.apache.pulsar.client.api.Consumer;
import org.apache.pulsar.client.api.Message;
import org.apache.pulsar.client.api.MessageId;
import org.apache.pulsar.client.api.Producer;
import org.apache.pulsar.client.api.PulsarClient;
import org.apache.pulsar.client.api.PulsarClientException;
import org.apache.pulsar.client.api.SubscriptionInitialPosition;
import org.apache.pulsar.client.api.SubscriptionType;
import org.apache.pulsar.client.api.transaction.Transaction;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

public final class Pipeline {
    private static final int KEYS = 5;
    private static final double ABORTED = 0.1;
    private static final int MOST_AT_ONCE = 8;

    private final PulsarClient client;
    private final Random random;
    /** Transactions of which it is not known how they ended, until somebody has seen to it. */
    private final Map<String, CompletableFuture<Void>> unsettled = new ConcurrentHashMap<>();

    public static void main(String[] args) throws Exception {
        var client =
                PulsarClient.builder()
                        .serviceUrl(args[1])
                        // The clerk, too, and he is never killed: coordinators of Pulsar's that
                        // nobody is connected to are not there, nor are their transactions.
                        .enableTransaction(true)
                        .operationTimeout(10, TimeUnit.SECONDS)
                        .build();
        var pipeline = new Pipeline(client, new Random(Long.parseLong(args[2])));
        if (args[0].equals("work")) pipeline.work();
        else pipeline.assist();
        System.exit(0);
    }

    private Pipeline(PulsarClient client, Random random) {
        this.client = client;
        this.random = random;
    }

    private static synchronized void say(String... words) {
        System.out.println(String.join(" ", words));
        System.out.flush();
    }

    // --- the pipeline

    /** One lane keeps the order of each key, alone; the other shares its input with others. */
    private void work() throws Exception {
        start(() -> lane("ordered-java", SubscriptionType.Exclusive, 60));
        start(() -> lane("shared", SubscriptionType.Shared, 5));
        var lines = new BufferedReader(new InputStreamReader(System.in));
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            var settled = unsettled.remove(line.substring("settled ".length()));
            if (settled != null) settled.complete(null);
        }
    }

    private interface Task {
        void run() throws Exception;
    }

    private static void start(Task task) {
        var thread =
                new Thread(
                        () -> {
                            try {
                                task.run();
                            } catch (Exception error) {
                                error.printStackTrace();
                                System.exit(1);
                            }
                        });
        thread.setDaemon(true);
        thread.start();
    }

    private void lane(String name, SubscriptionType type, int seconds) throws Exception {
        var producers = List.of(producer("out-a-" + name), producer("out-b-" + name));
        while (true) {
            try (var consumer =
                    client.newConsumer()
                            .topic("in-" + name)
                            .subscriptionName("pipeline")
                            .subscriptionType(type)
                            .subscriptionInitialPosition(SubscriptionInitialPosition.Earliest)
                            .enableBatchIndexAcknowledgment(true)
                            .receiverQueueSize(50)
                            .subscribe()) {
                var isOrdered = type == SubscriptionType.Exclusive;
                // What was aborted comes again, but behind what this consumer has already got.
                while (transact(consumer, producers, seconds, isOrdered) || !isOrdered) {}
            } catch (PulsarClientException error) {
                Thread.sleep(100);
            }
        }
    }

    private Producer<byte[]> producer(String topic) throws Exception {
        while (true) {
            try {
                return client.newProducer()
                        .topic(topic)
                        .sendTimeout(0, TimeUnit.SECONDS)
                        .create();
            } catch (PulsarClientException error) {
                Thread.sleep(100);
            }
        }
    }

    /** Whether something was committed, or there was nothing to do. */
    private boolean transact(
            Consumer<byte[]> consumer,
            List<Producer<byte[]>> producers,
            int seconds,
            boolean isOrdered)
            throws Exception {
        var messages = receive(consumer);
        if (messages.isEmpty()) return true;
        Transaction txn;
        try {
            txn =
                    client.newTransaction()
                            .withTransactionTimeout(seconds, TimeUnit.SECONDS)
                            .build()
                            .get();
        } catch (Exception error) {
            for (var each : messages) consumer.negativeAcknowledge(each);
            return false;
        }
        var id = txn.getTxnID();
        String name = id.getMostSigBits() + " " + id.getLeastSigBits();
        say("began", name, isOrdered ? "ordered" : "shared");
        try {
            transform(messages, consumer, producers, txn);
            boolean commits = random.nextDouble() >= ABORTED;
            if (commits) txn.commit().get();
            else txn.abort().get();
            say(commits ? "committed" : "aborted", name);
            return commits;
        } catch (Exception error) {
            var settled = new CompletableFuture<Void>();
            unsettled.put(name, settled);
            say("unsure", name, String.valueOf(error.getMessage()).replaceAll("\\s+", " "));
            settled.get();
            if (!isOrdered) for (var each : messages) consumer.negativeAcknowledge(each);
            return false;
        }
    }

    private List<Message<byte[]>> receive(Consumer<byte[]> consumer) throws Exception {
        var messages = new ArrayList<Message<byte[]>>();
        int most = 1 + random.nextInt(MOST_AT_ONCE);
        var message = consumer.receive(200, TimeUnit.MILLISECONDS);
        while (message != null) {
            messages.add(message);
            if (messages.size() == most) break;
            message = consumer.receive(10, TimeUnit.MILLISECONDS);
        }
        return messages;
    }

    private void transform(
            List<Message<byte[]>> messages,
            Consumer<byte[]> consumer,
            List<Producer<byte[]>> producers,
            Transaction txn)
            throws Exception {
        var sent = new HashMap<String, List<CompletableFuture<?>>>();
        for (var each : messages) {
            // The client may send the second message of a transaction to a topic before the first,
            // where the topic is added to the transaction just then.
            for (var earlier : sent.getOrDefault(each.getKey(), List.of())) earlier.get();
            var futures = new ArrayList<CompletableFuture<?>>();
            sent.put(each.getKey(), futures);
            for (var producer : producers) {
                futures.add(
                        producer.newMessage(txn)
                                .key(each.getKey())
                                .value(each.getValue())
                                .property("txn", txn.getTxnID().toString())
                                .property("by", "java")
                                .sendAsync());
            }
            // Each by itself: what is acknowledged up to a message hides nothing while it waits, so
            // that messages given again after a reconnection would count twice, in Pulsar, too.
            consumer.acknowledgeAsync(each.getMessageId(), txn);
        }
    }

    // --- the clerk

    /** `feed TOPIC FROM COUNT [batched]`, `read TOPIC`; each is answered with `done` at the end. */
    private void assist() throws Exception {
        var feeds = new HashMap<String, Producer<byte[]>>();
        var lines = new BufferedReader(new InputStreamReader(System.in));
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            var words = line.split(" ");
            if (words[0].equals("feed")) {
                if (!feeds.containsKey(words[1])) feeds.put(words[1], feed(words));
                int from = Integer.parseInt(words[2]);
                feed(feeds.get(words[1]), from, from + Integer.parseInt(words[3]));
            } else {
                read(words[1]);
            }
            say("done");
        }
    }

    private Producer<byte[]> feed(String[] words) throws Exception {
        return client.newProducer()
                .topic(words[1])
                .enableBatching(words.length > 4)
                .batchingMaxMessages(6)
                .batchingMaxPublishDelay(20, TimeUnit.MILLISECONDS)
                .compressionType(CompressionType.LZ4)
                .sendTimeout(0, TimeUnit.SECONDS)
                .create();
    }

    private static void feed(Producer<byte[]> producer, int from, int to) throws Exception {
        var sent = new ArrayList<CompletableFuture<MessageId>>();
        for (int i = from; i < to; i++) {
            var value = Stage.bytes(String.valueOf(i));
            sent.add(producer.newMessage().key("k" + i % KEYS).value(value).sendAsync());
        }
        for (var each : sent) each.get();
    }

    private void read(String topic) throws Exception {
        try (var reader =
                client.newReader().topic(topic).startMessageId(MessageId.earliest).create()) {
            while (reader.hasMessageAvailable()) {
                var message = reader.readNext(20, TimeUnit.SECONDS);
                if (message == null) throw new AssertionError(topic + " says there is more");
                say(
                        "row",
                        message.getKey(),
                        new String(message.getValue()),
                        message.getProperties().getOrDefault("txn", "-"),
                        message.getProperties().getOrDefault("by", "-"),
                        message.getMessageId().toString());
            }
        }
    }
}

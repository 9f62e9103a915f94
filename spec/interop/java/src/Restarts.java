// The broker dies or stops while clients are connected. These run alone.

import com.fasterxml.jackson.databind.JsonNode;

import org.apache.pulsar.client.api.MessageId;
import org.apache.pulsar.client.api.ProducerAccessMode;
import org.apache.pulsar.client.api.Schema;
import org.apache.pulsar.client.api.SubscriptionType;

import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

final class Restarts {
    static void register() {
        Suite.alone("restart", "after_a_kill", t -> restart(t, "kill"));
        Suite.alone("restart", "in_order", t -> restart(t, "restart"));
        Suite.alone("restart", "of_a_cut_connection", Restarts::cut);
    }

    private static void restart(Stage t, String how) throws Exception {
        t.createPartitioned(t.topic("-p"), 2);
        var exclusive = t.producer().accessMode(ProducerAccessMode.Exclusive).create();
        var shared =
                t.consumer()
                        .subscriptionType(SubscriptionType.Shared)
                        .isAckReceiptEnabled(true)
                        .negativeAckRedeliveryDelay(100, TimeUnit.MILLISECONDS)
                        .subscribe();
        var failover =
                t.consumer(t.topic("-p")).subscriptionType(SubscriptionType.Failover).subscribe();
        var parted = t.producer(t.topic("-p")).create();
        var text = t.client().newProducer(Schema.STRING).topic(t.topic("-s")).create();
        var reader =
                t.client()
                        .newReader(Schema.STRING)
                        .topic(t.topic("-s"))
                        .startMessageId(MessageId.earliest)
                        .create();
        Stage.send(exclusive, 0, 10);
        Stage.send(parted, 0, 10);
        text.send("before");
        Stage.same(reader.readNext().getValue(), "before", "read");
        var messages = Stage.receive(shared, 10);
        for (int i = 0; i < 5; i++) shared.acknowledge(messages.get(i));
        for (var each : Stage.receive(failover, 10)) failover.acknowledge(each);
        Thread.sleep(300);
        t.control(how);
        List<CompletableFuture<MessageId>> meanwhile = new ArrayList<>();
        for (int i = 10; i < 15; i++)
            meanwhile.add(exclusive.sendAsync(Stage.bytes("message-" + i)));
        if (how.equals("kill")) t.control("start");
        for (var each : meanwhile) each.get(30, TimeUnit.SECONDS);
        Stage.send(parted, 10, 14);
        text.send("after");
        Stage.same(reader.readNext(20, TimeUnit.SECONDS).getValue(), "after", "read on");
        var again = new TreeSet<>(Stage.textOf(Stage.drain(shared)));
        var unacknowledged = new ArrayList<String>();
        for (int i = 5; i < 15; i++) unacknowledged.add("message-" + i);
        t.observe("all that was not acknowledged comes", again.containsAll(unacknowledged));
        // What was acknowledged before a kill may come once more, too.
        var more = new TreeSet<String>();
        while (!more.containsAll(List.of("message-10", "message-13")))
            more.addAll(Stage.textOf(Stage.receive(failover, 1)));
        t.observe("partitions go on", true);
        t.observe(
                "another exclusive",
                t.errorOf(() -> t.producer().accessMode(ProducerAccessMode.Exclusive).create()));
    }

    private static void cut(Stage t) throws Exception {
        JsonNode relay = t.control("relay");
        var client =
                t.newClient(
                        relay.path("serviceUrl").asText(),
                        builder -> builder.operationTimeout(20, TimeUnit.SECONDS));
        var consumer = client.newConsumer().topic(t.topic()).subscriptionName("sub").subscribe();
        var producer = client.newProducer().topic(t.topic()).enableBatching(false).create();
        Stage.send(producer, 0, 3);
        Stage.receive(consumer, 3);
        t.control("cut/" + relay.path("id").asInt());
        Stage.send(producer, 3, 6);
        t.observe(
                "all unacknowledged come again",
                new TreeSet<>(Stage.textOf(Stage.receive(consumer, 6))));
    }
}

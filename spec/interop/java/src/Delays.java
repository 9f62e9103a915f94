// Messages that are to be delivered later.

import org.apache.pulsar.client.api.SubscriptionType;
import org.apache.pulsar.common.policies.data.DelayedDeliveryPolicies;

import java.util.List;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;

final class Delays {
    static void register() {
        Suite.scenario("delays", "in_their_time", Delays::inTheirTime);
        Suite.scenario("delays", "too_long", Delays::tooLong);
    }

    private static void inTheirTime(Stage t) throws Exception {
        for (SubscriptionType type :
                List.of(SubscriptionType.Shared, SubscriptionType.Key_Shared)) {
            String topic = t.topic("-" + type);
            var consumer = t.consumer(topic).subscriptionType(type).subscribe();
            var producer = t.producer(topic).create();
            long dueMs = System.currentTimeMillis() + 1_500;
            for (int i = 0; i < 5; i++) {
                producer.newMessage().key("k" + i).deliverAt(dueMs).value(Stage.bytes("late")).send();
                producer.newMessage().key("k" + i).value(Stage.bytes("now")).send();
            }
            t.observe(type + " first", new TreeSet<>(Stage.textOf(Stage.receive(consumer, 5))));
            t.observe(type + " then", new TreeSet<>(Stage.textOf(Stage.receive(consumer, 5))));
            // Pulsar is up to a tick early.
            if (System.currentTimeMillis() < dueMs - 1_000) throw new AssertionError("too early");
        }
    }

    private static void tooLong(Stage t) throws Exception {
        String topic = t.topic("");
        t.admin().topics().createNonPartitionedTopic(topic);
        var policy =
                DelayedDeliveryPolicies.builder()
                        .active(true)
                        .tickTime(1_000)
                        .maxDeliveryDelayInMillis(5_000)
                        .build();
        t.admin().topicPolicies().setDelayedDeliveryPolicy(topic, policy);
        Stage.eventually(
                "the policy is there",
                () -> policy.equals(t.admin().topicPolicies().getDelayedDeliveryPolicy(topic)));
        var producer = t.producer(topic).create();
        var late = producer.newMessage().deliverAfter(1, TimeUnit.MINUTES).value(Stage.bytes("m"));
        t.observe("refused", t.errorOf(late::send));
        producer.newMessage().deliverAfter(1, TimeUnit.SECONDS).value(Stage.bytes("m")).send();
    }
}

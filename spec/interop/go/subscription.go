package main

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/apache/pulsar-client-go/pulsar"
)

var subscriptionScenarios = []scenario{
	{name: "an_exclusive_subscription_has_one_consumer", body: exclusiveHasOne},
	{name: "consumers_of_another_type_are_refused", body: otherTypesAreRefused},
	{name: "shared_consumers_together_get_everything_once", body: sharedGetEverythingOnce},
	{name: "failover_tells_who_is_active", body: failoverTellsWhoIsActive},
	{name: "a_failover_partition_tells_who_is_active", body: failoverPartitionTells},
	{name: "failover_redelivers_to_the_successor", body: failoverRedelivers},
	{name: "unsubscribing", body: unsubscribing},
	{name: "unsubscribing_by_force", body: unsubscribingByForce},
	{name: "subscription_properties_show", body: subscriptionProperties},
	{name: "a_consumer_without_a_queue", body: consumerWithoutQueue},
	{name: "a_non_durable_subscription_leaves_nothing", body: nonDurable},
}

func exclusiveHasOne(t *stage) {
	holder := t.consumer()
	_, err := t.tryConsumer()
	t.observe("same connection", t.refusal(err))
	_, err = t.newClient(t.options.serviceURL).Subscribe(pulsar.ConsumerOptions{
		Topic: t.topic(), SubscriptionName: "sub",
	})
	t.observe("other connection", t.refusal(err))
	holder.Close()
	t.consumer().Close()
}

func otherTypesAreRefused(t *stage) {
	kinds := map[string]pulsar.SubscriptionType{
		"Exclusive": pulsar.Exclusive, "Shared": pulsar.Shared,
		"Failover": pulsar.Failover, "KeyShared": pulsar.KeyShared,
	}
	for present, value := range kinds {
		holder := t.consumer(kind(value))
		for name, other := range kinds {
			if name != present {
				_, err := t.tryConsumer(kind(other))
				t.observe(name+" beside "+present, t.refusal(err))
			}
		}
		holder.Close()
	}
}

func sharedGetEverythingOnce(t *stage) {
	var consumers []pulsar.Consumer
	for i := 0; i < 4; i++ {
		consumers = append(consumers, t.consumer(kind(pulsar.Shared),
			func(o *pulsar.ConsumerOptions) { o.ReceiverQueueSize = 20 }))
	}
	sendAll(t.producer(), numbered(0, 400))
	seen := map[string]int{}
	served := map[int]bool{}
	eventually("everything came", func() bool {
		for i, consumer := range consumers {
			for _, message := range drain(consumer, 20*time.Millisecond) {
				seen[string(message.Payload())]++
				served[i] = true
				check(consumer.Ack(message))
			}
		}
		return len(seen) == 400
	})
	for text, times := range seen {
		same(times, 1, "deliveries of "+text)
	}
	t.observe("consumers served", len(served))
	t.backlogIs(0)
}

// activity keeps what a failover consumer is told.
type activity struct {
	lock sync.Mutex
	told []string
}

func (a *activity) BecameActive(_ pulsar.Consumer, _ string, _ int32)   { a.add("active") }
func (a *activity) BecameInactive(_ pulsar.Consumer, _ string, _ int32) { a.add("inactive") }

func (a *activity) add(what string) {
	a.lock.Lock()
	defer a.lock.Unlock()
	a.told = append(a.told, what)
}

func (a *activity) history() []string {
	a.lock.Lock()
	defer a.lock.Unlock()
	return append([]string{}, a.told...)
}

func (a *activity) isActive() bool {
	history := a.history()
	return len(history) > 0 && history[len(history)-1] == "active"
}

func (t *stage) joinFailover(topic, name string) (pulsar.Consumer, *activity) {
	told := &activity{}
	client := t.newClient(t.options.serviceURL)
	return must(client.Subscribe(pulsar.ConsumerOptions{
		Topic: topic, SubscriptionName: "sub", Type: pulsar.Failover, Name: name,
		SubscriptionInitialPosition: pulsar.SubscriptionPositionEarliest,
		EventListener:               told,
	})), told
}

func failoverPartitionTells(t *stage) {
	t.createPartitioned(1)
	topic := t.topic() + "-partition-0"
	first, ofB := t.joinFailover(topic, "b")
	second, ofC := t.joinFailover(topic, "c")
	third, ofA := t.joinFailover(topic, "a")
	eventually("a is active", ofA.isActive)
	third.Close()
	eventually("b is active again", ofB.isActive)
	first.Close()
	eventually("c is active", ofC.isActive)
	second.Close()
	t.observe("b was told", ofB.history())
	t.observe("c was told", ofC.history())
	t.observe("a was told", ofA.history())
}

func failoverTellsWhoIsActive(t *stage) {
	consumers := map[string]pulsar.Consumer{}
	told := map[string]*activity{}
	for _, name := range []string{"a", "b", "c"} {
		consumers[name], told[name] = t.joinFailover(t.topic(), name)
	}
	sendAll(t.producer(), numbered(0, 10))
	for len(consumers) > 0 {
		active := ""
		eventually("one gets the messages and was told that it is active", func() bool {
			for name, consumer := range consumers {
				if len(drain(consumer, 50*time.Millisecond)) > 0 {
					active = name
				}
			}
			return active != "" && told[active].isActive()
		})
		consumers[active].Close()
		delete(consumers, active)
	}
}

func failoverRedelivers(t *stage) {
	t.createPartitioned(1)
	topic := t.topic() + "-partition-0"
	first, _ := t.joinFailover(topic, "a")
	second, _ := t.joinFailover(topic, "b")
	sendAll(t.producer(), numbered(0, 10))
	messages := receiveAll(first, 10)
	for _, at := range []int{0, 1, 5} {
		check(first.Ack(messages[at]))
	}
	eventually("three are acknowledged", func() bool {
		return t.subscriptionStats(topic)["msgBacklog"] == float64(7)
	})
	first.Close()
	again := receiveAll(second, 7)
	t.observe("delivered to the successor", textsOf(again))
	t.observe("redelivery count", again[0].RedeliveryCount())
}

func unsubscribing(t *stage) {
	one := t.consumer(kind(pulsar.Shared))
	two := t.consumer(kind(pulsar.Shared))
	t.observe("beside another", t.refusal(one.Unsubscribe()))
	send(t.producer(), "still there")
	got := append(drain(one, quiet), drain(two, quiet)...)
	same(len(got), 1, "messages after the refusal")
	two.Close()
	check(one.Unsubscribe())
	same(t.mustRest("GET", pathOf(t.topic())+"/subscriptions", nil), []any{}, "subscriptions")
}

func unsubscribingByForce(t *stage) {
	one := t.consumer(kind(pulsar.Shared))
	t.consumer(kind(pulsar.Shared), func(o *pulsar.ConsumerOptions) {
		never := uint(0)
		o.MaxReconnectToBroker = &never
	})
	check(one.UnsubscribeForce())
	eventually("the subscription is gone", func() bool {
		subscriptions := t.mustRest("GET", pathOf(t.topic())+"/subscriptions", nil).([]any)
		return len(subscriptions) == 0
	})
}

func subscriptionProperties(t *stage) {
	consumer := t.consumer(func(o *pulsar.ConsumerOptions) {
		o.SubscriptionProperties = map[string]string{"of": "subscription"}
		o.Properties = map[string]string{"of": "consumer"}
	})
	stats := t.subscriptionStats(t.topic())
	t.observe("subscription", stats["subscriptionProperties"])
	t.observe("consumer", stats["consumers"].([]any)[0].(map[string]any)["metadata"])
	consumer.Close()
	t.observe("afterwards", t.subscriptionStats(t.topic())["subscriptionProperties"])
}

func consumerWithoutQueue(t *stage) {
	consumer := t.consumer(kind(pulsar.Shared), func(o *pulsar.ConsumerOptions) {
		o.EnableZeroQueueConsumer = true
	})
	sendAll(t.producer(), numbered(0, 5))
	for i := 0; i < 5; i++ {
		message := receiveAndAck(consumer, 1)[0]
		same(string(message.Payload()), fmt.Sprintf("message-%d", i), "order")
	}
	t.backlogIs(0)
}

func nonDurable(t *stage) {
	producer := t.producer()
	sendAll(producer, numbered(0, 3))
	consumer := t.consumer(func(o *pulsar.ConsumerOptions) {
		o.SubscriptionMode = pulsar.NonDurable
	})
	same(textsOf(receiveAndAck(consumer, 3)), numbered(0, 3), "messages")
	t.observe("durable", t.subscriptionStats(t.topic())["isDurable"])
	consumer.Close()
	eventually("it is gone", func() bool { return t.subscriptionStats(t.topic()) == nil })
	again := t.consumer(func(o *pulsar.ConsumerOptions) {
		o.SubscriptionMode = pulsar.NonDurable
	})
	same(textsOf(receiveAll(again, 3)), numbered(0, 3), "a new one starts anew")
	ctx, cancel := context.WithTimeout(context.Background(), quiet)
	defer cancel()
	_, err := again.Receive(ctx)
	same(err != nil, true, "nothing else comes")
}

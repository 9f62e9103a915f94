package main

import (
	"fmt"
	"sort"
	"time"

	"github.com/apache/pulsar-client-go/pulsar"
)

var ackScenarios = []scenario{
	{name: "acknowledgements_with_receipt", body: acksWithReceipt},
	{name: "a_list_of_acknowledgements", body: ackList},
	{name: "cumulative_acknowledgements_with_receipt", body: cumulativeWithReceipt},
	{name: "indexes_of_a_batch_with_receipt", body: indexesOfABatch},
	{name: "a_cumulative_acknowledgement_inside_a_batch", body: cumulativeInsideABatch},
	{name: "a_nacked_message_comes_back_with_its_count_raised", body: nackRaisesCount},
	{name: "a_nack_on_an_exclusive_subscription", body: nackOnExclusive},
	{name: "a_message_refused_too_often_goes_to_the_dead_letters", body: deadLetters},
	{name: "a_message_is_consumed_later_through_the_retry_topic", body: retryLater},
}

func withReceipts(o *pulsar.ConsumerOptions) { o.AckWithResponse = true }

func acksWithReceipt(t *stage) {
	for name, value := range map[string]pulsar.SubscriptionType{
		"exclusive": pulsar.Exclusive, "shared": pulsar.Shared,
		"failover": pulsar.Failover, "key_shared": pulsar.KeyShared,
	} {
		on := func(o *pulsar.ConsumerOptions) { o.Topic = t.topic(name) }
		consumer := t.consumer(kind(value), withReceipts, on)
		sendAll(t.producer(func(o *pulsar.ProducerOptions) { o.Topic = t.topic(name) }),
			numbered(0, 10))
		for i, message := range receiveAll(consumer, 10) {
			if i%2 == 0 {
				check(consumer.Ack(message))
				// Twice is no error either.
				check(consumer.Ack(message))
			}
		}
		same(t.subscriptionStats(t.topic(name))["msgBacklog"], float64(5), name+": backlog")
		consumer.Close()
		again := receiveAll(t.consumer(kind(value), on), 5)
		same(textsOf(again)[0], "message-1", name+": first unacknowledged")
	}
}

func ackList(t *stage) {
	consumer := t.consumer(withReceipts)
	sendAll(t.producer(), numbered(0, 10))
	var ids []pulsar.MessageID
	for _, message := range receiveAll(consumer, 10)[:7] {
		ids = append(ids, message.ID())
	}
	check(consumer.AckIDList(ids))
	t.observe("backlog", t.subscriptionStats(t.topic())["msgBacklog"])
}

func cumulativeWithReceipt(t *stage) {
	consumer := t.consumer(withReceipts)
	sendAll(t.producer(), numbered(0, 10))
	messages := receiveAll(consumer, 10)
	check(consumer.AckCumulative(messages[6]))
	t.observe("backlog", t.subscriptionStats(t.topic())["msgBacklog"])
	consumer.Close()
	same(textsOf(receiveAll(t.consumer(), 3)), numbered(7, 10), "what is left")
	shared := t.consumer(kind(pulsar.Shared), withReceipts, func(o *pulsar.ConsumerOptions) {
		o.SubscriptionName = "shared"
	})
	message := receiveAll(shared, 10)[4]
	t.observe("on a shared subscription", t.refusal(shared.AckCumulative(message)))
}

func indexesOfABatch(t *stage) {
	withIndexes := func(o *pulsar.ConsumerOptions) { o.EnableBatchIndexAcknowledgment = true }
	consumer := t.consumer(kind(pulsar.Shared), withReceipts, withIndexes)
	t.sendBatch(numbered(0, 70))
	for i, message := range receiveAll(consumer, 70) {
		if i%7 != 0 {
			check(consumer.Ack(message))
		}
	}
	t.observe("unacked", t.subscriptionStats(t.topic())["unackedMessages"])
	t.observe("backlog", t.subscriptionStats(t.topic())["msgBacklog"])
	consumer.Close()
	again := t.consumer(kind(pulsar.Shared), withReceipts, withIndexes)
	left := receiveAll(again, 10)
	t.observe("left", textsOf(left))
	nothingComes(again)
	for _, message := range left {
		check(again.Ack(message))
	}
	t.backlogIs(0)
}

func cumulativeInsideABatch(t *stage) {
	withIndexes := func(o *pulsar.ConsumerOptions) { o.EnableBatchIndexAcknowledgment = true }
	consumer := t.consumer(withReceipts, withIndexes)
	t.sendBatch(numbered(0, 5))
	t.sendBatch(numbered(5, 10))
	check(consumer.AckCumulative(receiveAll(consumer, 10)[7]))
	t.observe("backlog", t.subscriptionStats(t.topic())["msgBacklog"])
	consumer.Close()
	again := t.consumer(withIndexes)
	t.observe("left", textsOf(drain(again, quiet)))
}

func nackRaisesCount(t *stage) {
	consumer := t.consumer(kind(pulsar.Shared), func(o *pulsar.ConsumerOptions) {
		o.NackRedeliveryDelay = 100 * time.Millisecond
	})
	t.sendBatch(numbered(0, 3))
	send(t.producer(), "single")
	counts := map[string][]uint32{}
	for _, message := range receiveAll(consumer, 4) {
		if text := string(message.Payload()); text == "message-0" || text == "message-2" {
			check(consumer.Ack(message))
		} else {
			counts[text] = append(counts[text], message.RedeliveryCount())
			consumer.Nack(message)
		}
	}
	eventually("both came three times", func() bool {
		for _, message := range drain(consumer, 50*time.Millisecond) {
			text := string(message.Payload())
			counts[text] = append(counts[text], message.RedeliveryCount())
			if len(counts[text]) < 3 {
				consumer.Nack(message)
			} else {
				check(consumer.Ack(message))
			}
		}
		return len(counts["message-1"]) >= 3 && len(counts["single"]) >= 3
	})
	t.observe("counts", map[string]any{
		"message-1": counts["message-1"][:3], "single": counts["single"][:3],
	})
}

func nackOnExclusive(t *stage) {
	consumer := t.consumer(func(o *pulsar.ConsumerOptions) {
		o.NackRedeliveryDelay = 100 * time.Millisecond
		o.AckWithResponse = true
	})
	sendAll(t.producer(), numbered(0, 5))
	messages := receiveAll(consumer, 5)
	check(consumer.Ack(messages[1]))
	consumer.Nack(messages[3])
	again := drain(consumer, time.Second)
	t.observe("delivered", textsOf(again))
	t.observe("redelivery count", again[0].RedeliveryCount())
}

func deadLetters(t *stage) {
	consumer := t.consumer(kind(pulsar.Shared), func(o *pulsar.ConsumerOptions) {
		o.NackRedeliveryDelay = 100 * time.Millisecond
		o.DLQ = &pulsar.DLQPolicy{
			MaxDeliveries: 3, DeadLetterTopic: t.topic("dead"), InitialSubscriptionName: "readers",
		}
	})
	must(trySend(t.producer(), &pulsar.ProducerMessage{
		Payload: []byte("bad"), Key: "key", Properties: map[string]string{"own": "property"},
	}))
	var counts []uint32
	for i := 0; i < 3; i++ {
		message := receiveAll(consumer, 1)[0]
		counts = append(counts, message.RedeliveryCount())
		consumer.Nack(message)
	}
	t.observe("counts", counts)
	dead := t.topic("dead")
	eventually("the dead letters have their subscription", func() bool {
		status, body := t.rest("GET", pathOf(dead)+"/subscriptions", nil)
		return status == 200 && fmt.Sprint(body) == "[readers]"
	})
	readers := t.consumer(func(o *pulsar.ConsumerOptions) {
		o.Topic = dead
		o.SubscriptionName = "readers"
	})
	letter := receiveAndAck(readers, 1)[0]
	same(string(letter.Payload()), "bad", "dead letter")
	var names []string
	for name := range letter.Properties() {
		names = append(names, name)
	}
	sort.Strings(names)
	t.observe("properties", names)
	t.observe("key", letter.Key())
	t.backlogIs(0)
}

func retryLater(t *stage) {
	consumer := t.consumer(kind(pulsar.Shared), func(o *pulsar.ConsumerOptions) {
		o.RetryEnable = true
		o.DLQ = &pulsar.DLQPolicy{MaxDeliveries: 2}
	})
	send(t.producer(), "later")
	message := receiveAll(consumer, 1)[0]
	consumer.ReconsumeLater(message, 500*time.Millisecond)
	again := receiveAndAck(consumer, 1)[0]
	same(string(again.Payload()), "later", "the message")
	t.observe("topic of the second delivery", t.plain(again.Topic()))
	t.observe("times", again.Properties()["RECONSUMETIMES"])
	t.backlogIs(0)
}

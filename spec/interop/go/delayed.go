package main

import (
	"fmt"
	"sort"
	"time"

	"github.com/apache/pulsar-client-go/pulsar"
)

var delayedScenarios = []scenario{
	{name: "what_is_due_later_comes_later", body: whatIsDueLaterComesLater},
	{name: "one_active_consumer_gets_everything_at_once", body: oneActiveConsumerGetsEverything},
	{name: "acknowledging_nothing_brings_it_again", body: delayedAndNacked},
}

// early is how much too early Pulsar may deliver: a tick.
const early = time.Second

func sendAt(producer pulsar.Producer, key, text string, due time.Time) {
	message := pulsar.ProducerMessage{Key: key, Payload: []byte(text), DeliverAt: due}
	must(trySend(producer, &message))
}

func sortedTexts(messages []pulsar.Message) []string {
	texts := []string{}
	for _, message := range messages {
		texts = append(texts, string(message.Payload()))
	}
	sort.Strings(texts)
	return texts
}

func whatIsDueLaterComesLater(t *stage) {
	for name, of := range map[string]pulsar.SubscriptionType{
		"shared": pulsar.Shared, "key_shared": pulsar.KeyShared,
	} {
		topic := t.topic(name)
		producer := t.producer(func(o *pulsar.ProducerOptions) { o.Topic = topic })
		consumer := t.consumer(kind(of), func(o *pulsar.ConsumerOptions) { o.Topic = topic })
		due := time.Now().Add(1500 * time.Millisecond)
		for i := 0; i < 3; i++ {
			key := fmt.Sprint("k", i)
			sendAt(producer, key, fmt.Sprint("late ", i), due)
			send(producer, fmt.Sprint("now ", i))
			must(trySend(producer, &pulsar.ProducerMessage{
				Key: key, Payload: []byte(fmt.Sprint("after ", i)), DeliverAfter: time.Millisecond,
			}))
		}
		t.observe(name+" first", sortedTexts(receiveAndAck(consumer, 6)))
		t.observe(name+" then", sortedTexts(receiveAndAck(consumer, 3)))
		if time.Until(due) > early {
			panic("messages came too early")
		}
		nothingComes(consumer)
	}
}

func oneActiveConsumerGetsEverything(t *stage) {
	producer := t.producer()
	sendAt(producer, "", "later", time.Now().Add(time.Minute))
	send(producer, "now")
	for name, of := range map[string]pulsar.SubscriptionType{
		"exclusive": pulsar.Exclusive, "failover": pulsar.Failover,
	} {
		consumer := t.consumer(kind(of), func(o *pulsar.ConsumerOptions) { o.SubscriptionName = name })
		t.observe(name, sortedTexts(receiveAndAck(consumer, 2)))
	}
}

// What came late and is given back comes at once, as its time is over.
func delayedAndNacked(t *stage) {
	consumer := t.consumer(kind(pulsar.Shared), func(o *pulsar.ConsumerOptions) {
		o.NackRedeliveryDelay = 100 * time.Millisecond
	})
	sendAt(t.producer(), "", "late", time.Now().Add(1200*time.Millisecond))
	counts := []uint32{}
	for i := 0; i < 3; i++ {
		message := receive(consumer)
		counts = append(counts, message.RedeliveryCount())
		if i < 2 {
			consumer.Nack(message)
		} else {
			check(consumer.Ack(message))
		}
	}
	t.observe("redelivery counts", counts)
	nothingComes(consumer)
}

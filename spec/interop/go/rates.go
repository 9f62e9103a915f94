package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/apache/pulsar-client-go/pulsar"
)

var rateScenarios = []scenario{
	{name: "publishing_is_slowed_down", body: publishingIsSlowedDown},
	{name: "dispatch_is_slowed_down", body: dispatchIsSlowedDown},
	{name: "nothing_is_stored", body: nothingIsStored},
}

// limit sets a rate for the topic, and waits until it is there and has had time to count.
func limit(t *stage, what string, rate map[string]any) {
	path := pathOf(t.topic()) + "/" + what
	t.mustRest("POST", path, rate)
	eventually(what, func() bool {
		_, set := t.rest("GET", path, nil)
		return set != ""
	})
	time.Sleep(300 * time.Millisecond)
}

func took(what string, start time.Time, least, most time.Duration) {
	passed := time.Since(start)
	same(least < passed && passed < most, true, fmt.Sprintf("%s took %v", what, passed))
}

func publishingIsSlowedDown(t *stage) {
	t.producer().Close()
	limit(t, "publishRate", map[string]any{"publishThrottlingRateInMsg": 50})
	producer := t.producer(func(o *pulsar.ProducerOptions) { o.DisableBatching = true })
	start := time.Now()
	sendAll(producer, numbered(0, 125))
	took("125 messages at 50 a second", start, 1200*time.Millisecond, 4*time.Second)
}

func dispatchIsSlowedDown(t *stage) {
	producer := t.producer(func(o *pulsar.ProducerOptions) { o.DisableBatching = true })
	sendAll(producer, numbered(0, 50))
	limit(t, "subscriptionDispatchRate", map[string]any{
		"dispatchThrottlingRateInMsg": 20, "ratePeriodInSecond": 1,
	})
	consumer := t.consumer(kind(pulsar.Shared))
	start := time.Now()
	receiveAndAck(consumer, 50)
	took("50 messages at 20 a second", start, 1500*time.Millisecond, 5*time.Second)
}

// hasPermits tells whether the one consumer of the topic can take something.
func hasPermits(t *stage, topic string) bool {
	consumers, _ := t.subscriptionStats(topic)["consumers"].([]any)
	if len(consumers) == 0 {
		return false
	}
	permits, _ := consumers[0].(map[string]any)["availablePermits"].(float64)
	return permits > 0
}

func nothingIsStored(t *stage) {
	topic := strings.Replace(t.topic(), "persistent://", "non-persistent://", 1)
	toTopic := func(o *pulsar.ProducerOptions) { o.Topic = topic }
	ofTopic := func(o *pulsar.ConsumerOptions) { o.Topic = topic }
	producer := t.producer(toTopic)
	send(producer, "nobody is there")
	for name, value := range map[string]pulsar.SubscriptionType{
		"exclusive": pulsar.Exclusive, "shared": pulsar.Shared,
		"failover": pulsar.Failover, "key_shared": pulsar.KeyShared,
	} {
		consumer := t.consumer(ofTopic, kind(value))
		eventually("it has permits", func() bool { return hasPermits(t, topic) })
		id := send(producer, name)
		t.observe("id for "+name, []int64{id.LedgerID(), id.EntryID()})
		same(textsOf(receiveAndAck(consumer, 1)), []string{name}, "messages")
		consumer.Close()
	}
	t.observe("left", t.mustRest("GET", pathOf(topic)+"/subscriptions", nil))
}

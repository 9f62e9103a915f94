package main

import (
	"context"
	"fmt"
	"net/url"
	"sort"
	"strconv"
	"sync"
	"time"

	"github.com/apache/pulsar-client-go/pulsar"
)

var restartScenarios = []scenario{
	{name: "a_cut_connection_is_made_again", body: aCutConnection, needsSwitch: true},
	{name: "a_silent_exclusive_consumer_is_replaced", body: aSilentConsumer, needsSwitch: true},
	{
		name: "nothing_confirmed_is_lost_by_a_kill", body: nothingConfirmedIsLost,
		alone: true, needsSwitch: true, deadline: 3 * time.Minute,
	},
	{
		name: "all_kinds_of_consumers_go_on_after_a_kill", body: allKindsGoOn,
		alone: true, needsSwitch: true, deadline: 3 * time.Minute,
	},
	{
		name: "a_reader_goes_on_after_a_kill", body: aReaderGoesOn,
		alone: true, needsSwitch: true, deadline: 2 * time.Minute,
	},
	{
		name: "what_the_broker_notes_of_an_entry", body: brokerEntryMetadata,
		alone: true, needsSwitch: true, deadline: 3 * time.Minute,
	},
}

func aCutConnection(t *stage) {
	relay := t.broker("relay")
	client := t.newClient(relay["serviceUrl"].(string))
	producer := must(client.CreateProducer(pulsar.ProducerOptions{
		Topic: t.topic(), DisableBatching: true,
	}))
	consumer := must(client.Subscribe(pulsar.ConsumerOptions{
		Topic: t.topic(), SubscriptionName: "sub", AckWithResponse: true,
		SubscriptionInitialPosition: pulsar.SubscriptionPositionEarliest,
	}))
	for i := 0; i < 4; i++ {
		text := fmt.Sprintf("after cut %d", i)
		send(producer, text)
		same(textsOf(receiveAndAck(consumer, 1)), []string{text}, "message")
		t.broker(fmt.Sprintf("cut/%v", relay["id"]))
	}
}

// The broker must ask the old connection before it refuses: a refusal would end this consumer.
func aSilentConsumer(t *stage) {
	relay := t.broker("relay")
	client := t.newClient(relay["serviceUrl"].(string))
	consumer := must(client.Subscribe(pulsar.ConsumerOptions{
		Topic: t.topic(), SubscriptionName: "sub",
		SubscriptionInitialPosition: pulsar.SubscriptionPositionEarliest,
	}))
	sendAll(t.producer(), numbered(0, 3))
	receiveAll(consumer, 3)
	t.broker(fmt.Sprintf("freeze/%v", relay["id"]))
	same(textsOf(receiveAll(consumer, 3)), numbered(0, 3), "what was not acknowledged")
}

func nothingConfirmedIsLost(t *stage) {
	// A durable subscription holds the messages: without one, a broker may trim them.
	t.consumer().Close()
	producer := t.producer(func(o *pulsar.ProducerOptions) {
		o.SendTimeout = -1
		o.Name = "steady"
	})
	var lock sync.Mutex
	confirmed := []int{}
	sent := 0
	stop := make(chan struct{})
	stopped := make(chan struct{})
	window := make(chan struct{}, 100)
	go func() {
		defer close(stopped)
		for {
			select {
			case <-stop:
				return
			case window <- struct{}{}:
			}
			number := sent
			sent++
			producer.SendAsync(context.Background(),
				&pulsar.ProducerMessage{Payload: []byte(strconv.Itoa(number))},
				func(_ pulsar.MessageID, _ *pulsar.ProducerMessage, err error) {
					lock.Lock()
					defer lock.Unlock()
					if err == nil {
						confirmed = append(confirmed, number)
					}
					<-window
				})
		}
	}()
	progress := func() int {
		lock.Lock()
		defer lock.Unlock()
		return len(confirmed)
	}
	flows := func() {
		reached := progress() + 500
		within(time.Minute, "traffic flows", func() bool { return progress() >= reached })
	}
	flows()
	t.broker("kill")
	t.broker("start")
	flows()
	close(stop)
	<-stopped
	check(producer.Flush())
	eventually("every send is answered", func() bool { return len(window) == 0 })

	stored := map[int]bool{}
	highest := -1
	for _, message := range readAll(t.reader(pulsar.EarliestMessageID())) {
		number := must(strconv.Atoi(string(message.Payload())))
		stored[number] = true
		same(number <= highest+1, true, fmt.Sprintf("%d after %d", number, highest))
		highest = max(highest, number)
	}
	sort.Ints(confirmed)
	for _, number := range confirmed {
		same(stored[number], true, fmt.Sprintf("message %d is stored", number))
	}
	same(len(confirmed), sent, "confirmed messages")
}

func allKindsGoOn(t *stage) {
	kinds := map[string]pulsar.SubscriptionType{
		"exclusive": pulsar.Exclusive, "shared": pulsar.Shared,
		"failover": pulsar.Failover, "key_shared": pulsar.KeyShared,
	}
	consumers := map[string]pulsar.Consumer{}
	for name, value := range kinds {
		consumers[name] = t.consumer(kind(value), func(o *pulsar.ConsumerOptions) {
			o.SubscriptionName = name
		})
	}
	producer := t.producer(func(o *pulsar.ProducerOptions) { o.SendTimeout = -1 })
	sendAll(producer, numbered(0, 5))
	for _, consumer := range consumers {
		receiveAll(consumer, 5)
	}
	t.broker("kill")
	t.broker("start")
	must(producer.Send(context.Background(), &pulsar.ProducerMessage{Payload: []byte("after")}))
	for name, consumer := range consumers {
		seen := map[string]bool{}
		eventually(name+" gets everything again", func() bool {
			for _, message := range drain(consumer, 100*time.Millisecond) {
				seen[string(message.Payload())] = true
			}
			return len(seen) == 6
		})
	}
}

func aReaderGoesOn(t *stage) {
	producer := t.producer(func(o *pulsar.ProducerOptions) { o.SendTimeout = -1 })
	sendAll(producer, numbered(0, 10))
	reader := t.reader(pulsar.EarliestMessageID())
	same(textsOf(readAll(reader)), numbered(0, 10), "before")
	t.broker("kill")
	t.broker("start")
	must(producer.Send(context.Background(), &pulsar.ProducerMessage{Payload: []byte("after")}))
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	message := must(reader.Next(ctx))
	same(string(message.Payload()), "after", "what comes next")
}

// The broker numbers messages and notes when they came, and tells clients of both.
func brokerEntryMetadata(t *stage) {
	const interceptors = "org.apache.pulsar.common.intercept."
	sendAll(t.producer(), []string{"before"})
	t.broker("with/" + url.Values{
		"brokerEntryMetadataInterceptors": {
			interceptors + "AppendBrokerTimestampMetadataInterceptor," +
				interceptors + "AppendIndexMetadataInterceptor",
		},
		"exposingBrokerEntryMetadataToClientEnabled": {"true"},
	}.Encode())
	defer t.broker("without")
	start := time.Now()
	t.sendBatch(numbered(0, 3))
	sendAll(t.producer(), numbered(3, 5))
	consumer := t.consumer(kind(pulsar.Shared))
	t.observe("as they come", notesOf(receiveAndAck(consumer, 6), start))
	reader := t.reader(pulsar.EarliestMessageID())
	t.observe("by a reader", notesOf(readAll(reader), start))
}

// notesOf says of each message which number it has, and whether its time can be.
func notesOf(messages []pulsar.Message, start time.Time) map[string]string {
	notes := map[string]string{}
	for _, message := range messages {
		note := "no number"
		if index := message.Index(); index != nil {
			note = fmt.Sprint("number ", *index)
		}
		came := message.BrokerPublishTime()
		switch {
		case came == nil:
			note += ", no time"
		case came.Before(start.Add(-time.Second)) || came.After(time.Now().Add(time.Second)):
			note += ", a wrong time"
		}
		notes[string(message.Payload())] = note
	}
	return notes
}

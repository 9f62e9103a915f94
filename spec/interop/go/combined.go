// Features that meet: dead letters, seeks, batches and deduplication together.
package main

import (
	"context"
	"time"

	"github.com/apache/pulsar-client-go/pulsar"
)

var combinedScenarios = []scenario{
	{name: "dead_letters_of_keys", body: deadLettersOfKeys},
	{name: "dead_letters_of_batches", body: deadLettersOfBatches},
	{name: "refused_without_durability", body: refusedWithoutDurability},
	{name: "readers_at_borders_of_batches", body: readersAtBorders},
	{name: "seeks_while_messages_are_refused", body: seeksWhileRefused},
	{name: "a_reader_reset_over_rest", body: aReaderReset},
	{name: "duplicates_after_a_seek", body: duplicatesAfterASeek},
}

// The consumers of a topic's subscription, over all of its partitions.
func (t *stage) isFollowed(topics ...string) bool {
	for _, topic := range topics {
		status, stats := t.rest("GET", pathOf(topic)+"/stats", nil)
		if status != 200 {
			return false
		}
		sub, _ := stats.(map[string]any)["subscriptions"].(map[string]any)["sub"].(map[string]any)
		if sub == nil || len(sub["consumers"].([]any)) == 0 {
			return false
		}
	}
	return true
}

func (t *stage) refusing(value pulsar.SubscriptionType, most uint32) pulsar.Consumer {
	return t.consumer(kind(value), func(o *pulsar.ConsumerOptions) {
		o.NackRedeliveryDelay = 100 * time.Millisecond
		o.EnableBatchIndexAcknowledgment = true
		o.DLQ = &pulsar.DLQPolicy{
			MaxDeliveries: most, DeadLetterTopic: t.topic("dead"), InitialSubscriptionName: "sub",
		}
	})
}

func (t *stage) letters(count int) []string {
	dead := t.consumer(func(o *pulsar.ConsumerOptions) { o.Topic = t.topic("dead") })
	return sortedTexts(receiveAndAck(dead, count))
}

func deadLettersOfKeys(t *stage) {
	consumer := t.refusing(pulsar.KeyShared, 2)
	producer := t.producer()
	for i, text := range numbered(0, 6) {
		key := []string{"bad", "good"}[i%2]
		must(trySend(producer, &pulsar.ProducerMessage{Key: key, Payload: []byte(text)}))
	}
	came := map[string]int{}
	// Three that are good, and three that come twice.
	for range 9 {
		message := receiveAll(consumer, 1)[0]
		came[message.Key()]++
		if message.Key() == "good" {
			check(consumer.Ack(message))
		} else {
			consumer.Nack(message)
		}
	}
	t.observe("came", came)
	t.observe("letters", t.letters(3))
	t.backlogIs(0)
}

func deadLettersOfBatches(t *stage) {
	consumer := t.refusing(pulsar.Shared, 2)
	t.sendBatch(numbered(0, 4))
	for round := 0; round < 2; round++ {
		for _, message := range receiveAll(consumer, 4) {
			consumer.Nack(message)
		}
	}
	t.observe("letters", t.letters(4))
	t.backlogIs(0)
}

func refusedWithoutDurability(t *stage) {
	for name, value := range map[string]pulsar.SubscriptionType{
		"exclusive": pulsar.Exclusive, "shared": pulsar.Shared,
		"failover": pulsar.Failover, "key_shared": pulsar.KeyShared,
	} {
		sendAll(t.producer(func(o *pulsar.ProducerOptions) { o.Topic = t.topic(name) }),
			numbered(0, 4))
		consumer := t.consumer(kind(value), func(o *pulsar.ConsumerOptions) {
			o.Topic = t.topic(name)
			o.SubscriptionMode = pulsar.NonDurable
			// Acknowledgements are gathered for a while before they leave.
			o.NackRedeliveryDelay = time.Second
		})
		messages := receiveAll(consumer, 4)
		check(consumer.Ack(messages[0]))
		for _, message := range messages[1:] {
			consumer.Nack(message)
		}
		again := receiveAll(consumer, 3)
		t.observe(name+" again", sortedTexts(again))
		t.observe(name+" count", again[0].RedeliveryCount())
		for _, message := range again {
			check(consumer.Ack(message))
		}
		consumer.Close()
		eventually("it is gone", func() bool { return t.subscriptionStats(t.topic(name)) == nil })
	}
}

// A batch of three, a single message, a batch of two: from each of them.
func readersAtBorders(t *stage) {
	ids := t.sendBatch(numbered(0, 3))
	ids = append(ids, sendAll(t.producer(), numbered(3, 4))...)
	ids = append(ids, t.sendBatch(numbered(4, 6))...)
	for i, id := range ids {
		for what, inclusive := range map[string]bool{"at ": true, "behind ": false} {
			reader := t.reader(id, func(o *pulsar.ReaderOptions) { o.StartMessageIDInclusive = inclusive })
			t.observe(what+numbered(i, i+1)[0], textsOf(readAll(reader)))
			reader.Close()
		}
	}
	for what, inclusive := range map[string]bool{"inclusive": true, "exclusive": false} {
		reader := t.reader(pulsar.LatestMessageID(),
			func(o *pulsar.ReaderOptions) { o.StartMessageIDInclusive = inclusive })
		t.observe("latest, "+what, textsOf(readAll(reader)))
		reader.Close()
	}
}

func seeksWhileRefused(t *stage) {
	consumer := t.consumer(kind(pulsar.Shared), func(o *pulsar.ConsumerOptions) {
		o.NackRedeliveryDelay = 1500 * time.Millisecond
	})
	sendAll(t.producer(), numbered(0, 5))
	messages := receiveAll(consumer, 5)
	consumer.Nack(messages[0])
	consumer.Nack(messages[3])
	check(consumer.Ack(messages[1]))
	t.backlogIs(4)
	check(consumer.Seek(messages[1].ID()))
	all := map[string]bool{}
	for _, message := range drain(consumer, 2*time.Second) {
		all[string(message.Payload())] = true
		check(consumer.Ack(message))
	}
	t.observe("has the first", all["message-0"])
	t.observe("has the rest", all["message-2"] && all["message-3"] && all["message-4"])
	t.backlogIs(0)
}

// The reader comes again and goes on where it was.
func aReaderReset(t *stage) {
	producer := t.producer()
	sendAll(producer, numbered(0, 4))
	reader := t.reader(pulsar.EarliestMessageID(), func(o *pulsar.ReaderOptions) {
		o.SubscriptionName = "sub"
	})
	readAll(reader)
	t.mustRest("POST", pathOf(t.topic())+"/subscription/sub/resetcursor/0", nil)
	eventually("the reader is back", func() bool { return t.isFollowed(t.topic()) })
	sendAll(producer, numbered(4, 6))
	texts := []string{}
	for {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		message, err := reader.Next(ctx)
		cancel()
		if err != nil {
			break
		}
		texts = append(texts, string(message.Payload()))
	}
	t.observe("read on", texts)
}

func duplicatesAfterASeek(t *stage) {
	t.producer().Close()
	t.mustRest("POST", pathOf(t.topic())+"/deduplicationEnabled", true)
	time.Sleep(600 * time.Millisecond)
	consumer := t.consumer()
	last := []int64{}
	for _, name := range []string{"p", "p", "q"} {
		producer := t.producer(func(o *pulsar.ProducerOptions) { o.Name = name })
		last = append(last, producer.LastSequenceID())
		for _, id := range []int64{3, 5, 4, 5, 7} {
			must(trySend(producer, &pulsar.ProducerMessage{
				Payload: []byte(name), SequenceID: &id,
			}))
		}
		producer.Close()
	}
	t.observe("last", last)
	t.observe("delivered", textsOf(drain(consumer, quiet)))
	check(consumer.Seek(firstOfAll))
	t.observe("after a seek", textsOf(drain(consumer, quiet)))
}

package main

import (
	"context"
	"time"

	"github.com/apache/pulsar-client-go/pulsar"
)

var positionScenarios = []scenario{
	{name: "seek_to_a_message", body: seekToAMessage},
	{name: "seek_does_not_hang_while_messages_flow", body: seekWhileMessagesFlow},
	{name: "seek_by_time", body: seekByTime},
	{name: "seek_on_a_shared_subscription", body: seekOnShared},
	{name: "the_last_message_id", body: theLastMessageID},
	{name: "a_reader_reads_everything", body: aReaderReadsEverything},
	{name: "a_reader_from_a_message", body: aReaderFromAMessage},
	{name: "a_reader_from_inside_a_batch", body: aReaderFromInsideABatch},
	{name: "a_reader_from_the_end", body: aReaderFromTheEnd},
	{name: "a_reader_seeks", body: aReaderSeeks},
}

// Go refuses the earliest and latest ids in Seek: they have no partition.
var (
	firstOfAll = pulsar.NewMessageID(-1, -1, -1, 0)
	lastOfAll  = pulsar.NewMessageID(1<<63-1, 1<<63-1, -1, 0)
)

func seekToAMessage(t *stage) {
	sendAll(t.producer(), numbered(0, 5))
	t.sendBatch(numbered(5, 10))
	for name, inclusive := range map[string]bool{"exclusive": false, "inclusive": true} {
		consumer := t.consumer(func(o *pulsar.ConsumerOptions) {
			o.SubscriptionName = name
			o.StartMessageIDInclusive = inclusive
		})
		messages := receiveAll(consumer, 10)
		check(consumer.Seek(messages[2].ID()))
		t.observe(name+", to a single message", textsOf(drain(consumer, quiet)))
		check(consumer.Seek(messages[7].ID()))
		t.observe(name+", into a batch", textsOf(drain(consumer, quiet)))
		check(consumer.Seek(firstOfAll))
		t.observe(name+", to the start", len(drain(consumer, quiet)))
		check(consumer.Seek(lastOfAll))
		t.observe(name+", to the end", len(drain(consumer, quiet)))
		consumer.Close()
	}
}

// Go stops dispatching from Seek until it is told to subscribe again.
func seekWhileMessagesFlow(t *stage) {
	consumer := t.consumer(func(o *pulsar.ConsumerOptions) { o.ReceiverQueueSize = 10 })
	sendAll(t.producer(), numbered(0, 200))
	for i := 0; i < 20; i++ {
		t.at("a receive before the seek")
		receiveAll(consumer, 5)
		t.at("a seek")
		check(consumer.Seek(firstOfAll))
	}
	same(textsOf(receiveAndAck(consumer, 200)), numbered(0, 200), "after the last seek")
}

func seekByTime(t *stage) {
	consumer := t.consumer()
	producer := t.producer()
	for _, text := range numbered(0, 5) {
		send(producer, text)
		start := time.Now()
		eventually("the clock moves", func() bool { return time.Since(start) > 10*time.Millisecond })
	}
	messages := receiveAll(consumer, 5)
	for name, when := range map[string]time.Time{
		"at the third":         messages[2].PublishTime(),
		"just after the third": messages[2].PublishTime().Add(time.Millisecond),
		"before all":           messages[0].PublishTime().Add(-time.Minute),
	} {
		check(consumer.SeekByTime(when))
		t.observe(name, textsOf(drain(consumer, quiet)))
	}
}

func seekOnShared(t *stage) {
	one := t.consumer(kind(pulsar.Shared))
	two := t.consumer(kind(pulsar.Shared))
	sendAll(t.producer(), numbered(0, 10))
	same(len(drainAndAck(one))+len(drainAndAck(two)), 10, "messages before")
	t.backlogIs(0)
	check(one.Seek(firstOfAll))
	seen := map[string]bool{}
	eventually("everything comes again", func() bool {
		for _, consumer := range []pulsar.Consumer{one, two} {
			for _, message := range drain(consumer, 50*time.Millisecond) {
				seen[string(message.Payload())] = true
			}
		}
		return len(seen) == 10
	})
}

func theLastMessageID(t *stage) {
	consumer := t.consumer()
	show := func(name string) {
		last := must(consumer.GetLastMessageIDs())
		same(len(last), 1, "ids")
		t.observe(name, []any{last[0].EntryID(), last[0].BatchIdx(), last[0].PartitionIdx()})
		t.observe(name+", topic", t.plain(last[0].Topic()))
	}
	show("empty")
	send(t.producer(), "one")
	show("single")
	t.sendBatch(numbered(0, 4))
	show("batch")
	receiveAndAck(consumer, 5)
	t.backlogIs(0)
	show("all acknowledged")
}

func (t *stage) reader(
	start pulsar.MessageID, options ...func(*pulsar.ReaderOptions),
) pulsar.Reader {
	all := pulsar.ReaderOptions{Topic: t.topic(), StartMessageID: start}
	for _, each := range options {
		each(&all)
	}
	return must(t.client().CreateReader(all))
}

func inclusive(o *pulsar.ReaderOptions) { o.StartMessageIDInclusive = true }

func readAll(reader pulsar.Reader) []pulsar.Message {
	messages := []pulsar.Message{}
	for reader.HasNext() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		message, err := reader.Next(ctx)
		cancel()
		if err != nil {
			panic("something is there, said HasNext, but nothing came")
		}
		messages = append(messages, message)
	}
	return messages
}

func aReaderReadsEverything(t *stage) {
	empty := t.reader(pulsar.EarliestMessageID())
	t.observe("has next on an empty topic", empty.HasNext())
	sendAll(t.producer(), numbered(0, 10))
	t.sendBatch(numbered(10, 20))
	same(textsOf(readAll(empty)), numbered(0, 20), "the reader that was there before")
	reader := t.reader(pulsar.EarliestMessageID())
	same(textsOf(readAll(reader)), numbered(0, 20), "a new reader")
	same(reader.HasNext(), false, "has next at the end")
	send(t.producer(), "more")
	same(textsOf(readAll(reader)), []string{"more"}, "what came later")
	reader.Close()
	empty.Close()
	eventually("nothing is left behind", func() bool {
		stats := t.mustRest("GET", pathOf(t.topic())+"/stats", nil).(map[string]any)
		return len(stats["subscriptions"].(map[string]any)) == 0
	})
}

func aReaderFromAMessage(t *stage) {
	ids := sendAll(t.producer(), numbered(0, 10))
	t.observe("exclusive", textsOf(readAll(t.reader(ids[6]))))
	t.observe("inclusive", textsOf(readAll(t.reader(ids[6], inclusive))))
	t.observe("the last, exclusive", textsOf(readAll(t.reader(ids[9]))))
}

func aReaderFromInsideABatch(t *stage) {
	t.sendBatch(numbered(0, 5))
	t.sendBatch(numbered(5, 10))
	all := readAll(t.reader(pulsar.EarliestMessageID()))
	t.observe("exclusive", textsOf(readAll(t.reader(all[6].ID()))))
	t.observe("inclusive", textsOf(readAll(t.reader(all[6].ID(), inclusive))))
	t.observe("the last of a batch, exclusive", textsOf(readAll(t.reader(all[4].ID()))))
}

func aReaderFromTheEnd(t *stage) {
	producer := t.producer()
	sendAll(producer, numbered(0, 3))
	reader := t.reader(pulsar.LatestMessageID())
	t.observe("has next", reader.HasNext())
	send(producer, "new")
	// HasNext stays false until a message was read: this client compares with the latest id.
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	same(string(must(reader.Next(ctx)).Payload()), "new", "what came later")
	t.observe("has next afterwards", reader.HasNext())
	t.observe("inclusive", textsOf(readAll(t.reader(pulsar.LatestMessageID(), inclusive))))
}

func aReaderSeeks(t *stage) {
	ids := sendAll(t.producer(), numbered(0, 10))
	reader := t.reader(pulsar.EarliestMessageID())
	readAll(reader)
	check(reader.Seek(ids[4]))
	t.observe("to a message", textsOf(readAll(reader)))
	check(reader.Seek(firstOfAll))
	t.observe("to the start", len(readAll(reader)))
	check(reader.SeekByTime(time.Now().Add(-time.Hour)))
	t.observe("to an old time", len(readAll(reader)))
	last := must(reader.GetLastMessageID())
	same(last.EntryID(), ids[9].EntryID(), "last message id")
}

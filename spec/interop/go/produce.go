package main

import (
	"bytes"
	"context"
	"fmt"
	"math/rand"
	"time"

	"github.com/apache/pulsar-client-go/pulsar"
)

var produceScenarios = []scenario{
	{name: "messages_arrive_in_order", body: messagesArriveInOrder},
	{name: "a_batch_is_one_entry", body: aBatchIsOneEntry},
	{name: "all_codecs_pass_through", body: allCodecsPassThrough},
	{name: "metadata_arrives_as_sent", body: metadataArrivesAsSent},
	{name: "five_megabytes_arrive", body: fiveMegabytesArrive},
	{name: "a_chunked_message_arrives_whole", body: aChunkedMessageArrivesWhole},
	{name: "small_chunks_of_two_producers_interleave", body: smallChunksInterleave},
	{name: "sequence_ids_are_the_producers_own", body: sequenceIDs},
	{name: "a_name_is_taken_once", body: aNameIsTakenOnce},
	{name: "an_exclusive_producer_is_alone", body: anExclusiveProducerIsAlone},
	{name: "a_terminated_topic_takes_no_more", body: aTerminatedTopicTakesNoMore},
}

func messagesArriveInOrder(t *stage) {
	consumer := t.consumer()
	ids := sendAll(t.producer(), numbered(0, 200))
	messages := receiveAndAck(consumer, 200)
	same(textsOf(messages), numbered(0, 200), "order")
	for i, message := range messages {
		id := message.ID()
		same([]int64{id.LedgerID(), id.EntryID()},
			[]int64{ids[i].LedgerID(), ids[i].EntryID()}, "ids of receipt and message")
	}
	t.observe("entries", []int64{ids[0].EntryID(), ids[199].EntryID()})
	nothingComes(consumer)
}

func aBatchIsOneEntry(t *stage) {
	consumer := t.consumer()
	ids := t.sendBatch(numbered(0, 20))
	messages := receiveAndAck(consumer, 20)
	same(textsOf(messages), numbered(0, 20), "order")
	last := messages[19].ID()
	t.observe("last", []any{last.EntryID(), last.BatchIdx(), last.BatchSize()})
	t.observe("last receipt", []any{ids[19].EntryID(), ids[19].BatchIdx(), ids[19].BatchSize()})
	t.backlogIs(0)
}

func allCodecsPassThrough(t *stage) {
	consumer := t.consumer()
	payload := bytes.Repeat([]byte("well compressible "), 5000)
	for _, codec := range []pulsar.CompressionType{
		pulsar.LZ4, pulsar.ZLib, pulsar.ZSTD, pulsar.SNAPPY,
	} {
		for _, batching := range []bool{false, true} {
			producer := t.producer(func(o *pulsar.ProducerOptions) {
				o.CompressionType = codec
				o.DisableBatching = !batching
			})
			must(trySend(producer, &pulsar.ProducerMessage{Payload: payload}))
			message := receiveAndAck(consumer, 1)[0]
			same(bytes.Equal(message.Payload(), payload), true,
				fmt.Sprintf("payload with codec %d, batching %v", codec, batching))
			producer.Close()
		}
	}
}

func metadataArrivesAsSent(t *stage) {
	consumer := t.consumer()
	producer := t.producer(func(o *pulsar.ProducerOptions) { o.Name = "the-producer" })
	must(trySend(producer, &pulsar.ProducerMessage{
		Payload: []byte("payload"), Key: "key ☃", OrderingKey: "ordering ☃",
		Properties: map[string]string{"a": "1", "": "empty key", "snow": "☃"},
		EventTime:  time.UnixMilli(1_700_000_000_123),
	}))
	message := receiveAndAck(consumer, 1)[0]
	t.observe("key", message.Key())
	t.observe("ordering key", message.OrderingKey())
	t.observe("properties", message.Properties())
	t.observe("event time", message.EventTime().UnixMilli())
	t.observe("producer", message.ProducerName())
	t.observe("topic", t.plain(message.Topic()))
	t.observe("index", message.Index() == nil)
	t.observe("broker time", message.BrokerPublishTime() == nil)
	t.observe("schema version", fmt.Sprint(message.SchemaVersion()))
}

func filled(size int, seed int64) []byte {
	payload := make([]byte, size)
	rand.New(rand.NewSource(seed)).Read(payload)
	return payload
}

func fiveMegabytesArrive(t *stage) {
	consumer := t.consumer()
	producer := t.producer()
	payload := filled(5*1024*1024-1024, 1)
	must(trySend(producer, &pulsar.ProducerMessage{Payload: payload}))
	same(bytes.Equal(receiveAndAck(consumer, 1)[0].Payload(), payload), true, "payload")
	_, err := trySend(producer, &pulsar.ProducerMessage{Payload: filled(5*1024*1024+1, 2)})
	t.observe("too large", t.refusal(err))
	send(producer, "still usable")
	same(textsOf(receiveAndAck(consumer, 1)), []string{"still usable"}, "afterwards")
}

func aChunkedMessageArrivesWhole(t *stage) {
	consumer := t.consumer()
	producer := t.producer(func(o *pulsar.ProducerOptions) { o.EnableChunking = true })
	payload := filled(11*1024*1024, 3)
	must(trySend(producer, &pulsar.ProducerMessage{Payload: payload, Key: "key"}))
	message := receiveAndAck(consumer, 1)[0]
	same(bytes.Equal(message.Payload(), payload), true, "payload")
	t.observe("entry", message.ID().EntryID())
	t.backlogIs(0)
}

func smallChunksInterleave(t *stage) {
	consumer := t.consumer()
	const each = 5
	done := make(chan error, 2)
	payloads := map[string][]byte{"p0": filled(20_000, 10), "p1": filled(20_000, 11)}
	for name, payload := range payloads {
		producer := t.producer(func(o *pulsar.ProducerOptions) {
			o.Name = name
			o.EnableChunking = true
			o.ChunkMaxMessageSize = 1000
		})
		go func() {
			for i := 0; i < each; i++ {
				if _, err := trySend(producer, &pulsar.ProducerMessage{Payload: payload}); err != nil {
					done <- err
					return
				}
			}
			done <- nil
		}()
	}
	for _, message := range receiveAndAck(consumer, 2*each) {
		same(bytes.Equal(message.Payload(), payloads[message.ProducerName()]), true,
			"payload of "+message.ProducerName())
	}
	check(<-done)
	check(<-done)
	t.backlogIs(0)
}

func sequenceIDs(t *stage) {
	producer := t.producer(func(o *pulsar.ProducerOptions) { o.Name = "sequenced" })
	t.observe("before", producer.LastSequenceID())
	send(producer, "one")
	t.observe("after one", producer.LastSequenceID())
	jump := int64(100)
	must(trySend(producer, &pulsar.ProducerMessage{Payload: []byte("x"), SequenceID: &jump}))
	t.observe("after jump", producer.LastSequenceID())
	producer.Close()
	again := t.producer(func(o *pulsar.ProducerOptions) { o.Name = "sequenced" })
	t.observe("reopened", again.LastSequenceID())
}

func aNameIsTakenOnce(t *stage) {
	named := func(o *pulsar.ProducerOptions) { o.Name = "unique" }
	producer := t.producer(named)
	_, err := t.tryProducer(named)
	t.observe("same connection", t.refusal(err))
	other := t.newClient(t.options.serviceURL)
	_, err = other.CreateProducer(pulsar.ProducerOptions{Topic: t.topic(), Name: "unique"})
	t.observe("other connection", t.refusal(err))
	send(producer, "not disturbed")
}

func anExclusiveProducerIsAlone(t *stage) {
	exclusive := func(o *pulsar.ProducerOptions) {
		o.ProducerAccessMode = pulsar.ProducerAccessModeExclusive
	}
	holder := t.producer(exclusive)
	_, err := t.tryProducer(exclusive)
	t.observe("second exclusive", t.refusal(err))
	_, err = t.tryProducer()
	t.observe("shared", t.refusal(err))
	send(holder, "alone")
	holder.Close()
	shared := t.producer()
	send(shared, "shared")
	_, err = t.tryProducer(exclusive)
	t.observe("beside shared", t.refusal(err))
}

func aTerminatedTopicTakesNoMore(t *stage) {
	producer := t.producer(func(o *pulsar.ProducerOptions) { o.SendTimeout = 5 * time.Second })
	send(producer, "last")
	t.mustRest("POST", pathOf(t.topic())+"/terminate", nil)
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	_, err := producer.Send(ctx, &pulsar.ProducerMessage{Payload: []byte("too late")})
	same(err != nil, true, "a send after the end fails")
	_, err = t.tryProducer()
	t.observe("create", t.refusal(err))
	consumer := t.consumer()
	same(textsOf(receiveAndAck(consumer, 1)), []string{"last"}, "what is left")
	nothingComes(consumer)
	t.backlogIs(0)
}

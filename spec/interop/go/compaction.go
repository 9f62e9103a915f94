package main

import "github.com/apache/pulsar-client-go/pulsar"

var compactionScenarios = []scenario{
	{name: "a_reader_reads_what_is_compacted", body: aReaderReadsWhatIsCompacted},
	{name: "consumers_read_what_is_compacted", body: consumersReadWhatIsCompacted},
}

func (t *stage) publishPairs(pairs ...[2]string) {
	producer := t.producer(func(o *pulsar.ProducerOptions) { o.DisableBatching = true })
	defer producer.Close()
	for _, pair := range pairs {
		_, err := trySend(producer, &pulsar.ProducerMessage{Key: pair[0], Payload: []byte(pair[1])})
		check(err)
	}
}

func (t *stage) compact() {
	path := pathOf(t.topic()) + "/compaction"
	t.mustRest("PUT", path, nil)
	eventually("it is compacted", func() bool {
		return t.mustRest("GET", path, nil).(map[string]any)["status"] == "SUCCESS"
	})
}

func pairsOf(messages []pulsar.Message) []string {
	pairs := []string{}
	for _, message := range messages {
		pairs = append(pairs, message.Key()+"="+string(message.Payload()))
	}
	return pairs
}

func compacted(o *pulsar.ReaderOptions) { o.ReadCompacted = true }

func aReaderReadsWhatIsCompacted(t *stage) {
	t.publishPairs([2]string{"a", "1"}, [2]string{"b", "1"}, [2]string{"b", ""}, [2]string{"a", "2"})
	t.compact()
	first := pulsar.EarliestMessageID()
	t.observe("compacted", pairsOf(readAll(t.reader(first, compacted))))
	t.observe("plain", pairsOf(readAll(t.reader(first))))
	t.publishPairs([2]string{"a", "3"}, [2]string{"c", "1"})
	t.observe("and live", pairsOf(readAll(t.reader(first, compacted))))
	t.compact()
	t.observe("again", pairsOf(readAll(t.reader(first, compacted))))
}

func consumersReadWhatIsCompacted(t *stage) {
	t.publishPairs([2]string{"a", "1"}, [2]string{"b", "1"}, [2]string{"a", "2"})
	t.compact()
	for name, kind := range map[string]pulsar.SubscriptionType{
		"exclusive": pulsar.Exclusive, "failover": pulsar.Failover,
	} {
		consumer := t.consumer(func(o *pulsar.ConsumerOptions) {
			o.SubscriptionName = name
			o.Type = kind
			o.ReadCompacted = true
		})
		t.observe(name, pairsOf(receiveAndAck(consumer, 2)))
		nothingComes(consumer)
		consumer.Close()
	}
	_, err := t.tryConsumer(func(o *pulsar.ConsumerOptions) {
		o.SubscriptionName = "shared"
		o.Type = pulsar.Shared
		o.ReadCompacted = true
	})
	t.observe("shared is refused", err != nil)
}

package main

import (
	"fmt"
	"regexp"
	"sort"
	"strings"
	"time"

	"github.com/apache/pulsar-client-go/pulsar"
)

var topicScenarios = []scenario{
	{name: "missing_and_bad_names_are_refused", body: badNamesAreRefused},
	{name: "partitions_spread_messages", body: partitionsSpreadMessages},
	{name: "keys_stay_in_their_partition", body: keysStayInTheirPartition},
	{name: "a_pattern_finds_topics_old_and_new", body: aPatternFindsTopics},
	{name: "a_list_of_topics_is_one_consumer", body: aListOfTopics},
	{name: "added_partitions_are_found", body: addedPartitionsAreFound},
}

func badNamesAreRefused(t *stage) {
	for name, topic := range map[string]string{
		"missing namespace": "persistent://public/no-such-namespace/t",
		"missing tenant":    "persistent://no-such-tenant/default/t",
		"short with slash":  "a/b",
	} {
		_, err := t.client().CreateProducer(pulsar.ProducerOptions{Topic: topic})
		t.observe(name+", producer", t.refusal(err))
		_, err = t.client().Subscribe(pulsar.ConsumerOptions{Topic: topic, SubscriptionName: "s"})
		t.observe(name+", consumer", t.refusal(err))
	}
	t.producer().Close()
	_, err := t.tryProducer(func(o *pulsar.ProducerOptions) { o.Topic += "-partition-0" })
	t.observe("partition of a plain topic", t.refusal(err))
}

func partitionsSpreadMessages(t *stage) {
	t.createPartitioned(4)
	names := must(t.client().TopicPartitions(t.topic()))
	same(len(names), 4, "partitions")
	consumer := t.consumer()
	sendAll(t.producer(), numbered(0, 100))
	messages := receiveAndAck(consumer, 100)
	texts := textsOf(messages)
	expected := numbered(0, 100)
	sort.Strings(texts)
	sort.Strings(expected)
	same(texts, expected, "messages")
	for _, message := range messages {
		same(strings.HasSuffix(message.Topic(),
			fmt.Sprintf("-partition-%d", message.ID().PartitionIdx())), true, "topic of partition")
	}
	nothingComes(consumer)
}

func keysStayInTheirPartition(t *stage) {
	t.createPartitioned(3)
	consumer := t.consumer()
	producer := t.producer()
	for i := 0; i < 60; i++ {
		must(trySend(producer, &pulsar.ProducerMessage{
			Payload: []byte(fmt.Sprint(i)), Key: fmt.Sprintf("key-%d", i%10),
		}))
	}
	partition := map[string]int32{}
	last := map[string]int{}
	for _, message := range receiveAndAck(consumer, 60) {
		at, known := partition[message.Key()]
		same(!known || at == message.ID().PartitionIdx(), true, "one partition for "+message.Key())
		partition[message.Key()] = message.ID().PartitionIdx()
		var number int
		fmt.Sscan(string(message.Payload()), &number)
		same(number >= last[message.Key()], true, "order of "+message.Key())
		last[message.Key()] = number
	}
	t.observe("partition of key", partition)
}

func aPatternFindsTopics(t *stage) {
	names := []string{t.topic("match-0"), t.topic("match-1")}
	for _, name := range append(names, t.topic("other")) {
		t.producer(func(o *pulsar.ProducerOptions) { o.Topic = name })
	}
	consumer := t.consumer(func(o *pulsar.ConsumerOptions) {
		o.TopicsPattern = "persistent://public/default/" +
			regexp.QuoteMeta(t.topic("match")[len("persistent://public/default/"):]) + ".*"
		o.AutoDiscoveryPeriod = time.Second
	})
	for _, name := range append(names, t.topic("other")) {
		send(t.producer(func(o *pulsar.ProducerOptions) { o.Topic = name }), name)
	}
	receiveAndAck(consumer, 2)
	nothingComes(consumer)
	late := t.topic("match-late")
	send(t.producer(func(o *pulsar.ProducerOptions) { o.Topic = late }), "late")
	same(textsOf(receiveAndAck(consumer, 1)), []string{"late"}, "a topic made later")
	t.at("a topic that goes, and one that comes again under its name")
	t.mustRest("DELETE", pathOf(late)+"?force=true", nil)
	send(t.producer(func(o *pulsar.ProducerOptions) { o.Topic = names[1] }), "still there")
	same(textsOf(receiveAndAck(consumer, 1)), []string{"still there"}, "beside one that went")
	send(t.producer(func(o *pulsar.ProducerOptions) { o.Topic = late }), "again")
	same(textsOf(receiveAndAck(consumer, 1)), []string{"again"}, "one that came again")
	t.at("closing, which unsubscribes nothing")
	consumer.Close()
}

func aListOfTopics(t *stage) {
	var names []string
	for i := 0; i < 5; i++ {
		names = append(names, t.topic(fmt.Sprint(i)))
	}
	consumer := t.consumer(func(o *pulsar.ConsumerOptions) { o.Topics = names })
	for _, name := range names {
		sendAll(t.producer(func(o *pulsar.ProducerOptions) { o.Topic = name }), numbered(0, 10))
	}
	byTopic := map[string][]string{}
	for _, message := range receiveAndAck(consumer, 50) {
		byTopic[message.Topic()] = append(byTopic[message.Topic()], string(message.Payload()))
	}
	for _, name := range names {
		same(byTopic[name], numbered(0, 10), "messages of "+name)
	}
	last := must(consumer.GetLastMessageIDs())
	same(len(last), 5, "last message ids")
}

func addedPartitionsAreFound(t *stage) {
	t.createPartitioned(2)
	consumer := t.consumer(func(o *pulsar.ConsumerOptions) {
		o.AutoDiscoveryPeriod = 500 * time.Millisecond
	})
	producer := t.producer(func(o *pulsar.ProducerOptions) {
		o.PartitionsAutoDiscoveryInterval = 500 * time.Millisecond
	})
	sendAll(producer, numbered(0, 4))
	receiveAndAck(consumer, 4)
	t.mustRest("POST", pathOf(t.topic())+"/partitions", 4)
	seen := map[int32]bool{}
	number := 0
	within(45*time.Second, "messages use all four partitions", func() bool {
		send(producer, fmt.Sprintf("later-%d", number))
		number++
		for _, message := range drain(consumer, 50*time.Millisecond) {
			seen[message.ID().PartitionIdx()] = true
			check(consumer.Ack(message))
		}
		return len(seen) == 4
	})
}

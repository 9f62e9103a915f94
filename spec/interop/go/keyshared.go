package main

import (
	"fmt"
	"sort"
	"strconv"
	"time"

	"github.com/apache/pulsar-client-go/pulsar"
)

var keySharedScenarios = []scenario{
	{name: "a_key_has_one_consumer_and_keeps_its_order", body: aKeyHasOneConsumer},
	{name: "sticky_ranges_decide", body: stickyRangesDecide},
	{name: "order_survives_joining_and_leaving", body: orderSurvivesJoining},
	{name: "nacked_messages_keep_their_keys_order", body: nackedKeepOrder},
	{name: "a_key_that_stands_still_holds_up_no_other", body: standingKeyHoldsNoOther},
}

func (t *stage) joinKeyShared(name string, policy *pulsar.KeySharedPolicy) pulsar.Consumer {
	return must(t.tryJoinKeyShared(name, policy))
}

func (t *stage) tryJoinKeyShared(
	name string, policy *pulsar.KeySharedPolicy,
) (pulsar.Consumer, error) {
	return t.newClient(t.options.serviceURL).Subscribe(pulsar.ConsumerOptions{
		Topic: t.topic(), SubscriptionName: "sub", Type: pulsar.KeyShared, Name: name,
		KeySharedPolicy: policy, ReceiverQueueSize: 50,
		SubscriptionInitialPosition: pulsar.SubscriptionPositionEarliest,
	})
}

func keyed(producer pulsar.Producer, keys, from, to int) {
	for i := from; i < to; i++ {
		for key := 0; key < keys; key++ {
			must(trySend(producer, &pulsar.ProducerMessage{
				Payload: []byte(strconv.Itoa(i)), Key: fmt.Sprintf("key-%d", key),
			}))
		}
	}
}

func numbersByKey(messages []pulsar.Message) map[string][]int {
	numbers := map[string][]int{}
	for _, message := range messages {
		number := must(strconv.Atoi(string(message.Payload())))
		numbers[message.Key()] = append(numbers[message.Key()], number)
	}
	return numbers
}

func drainAndAck(consumer pulsar.Consumer) []pulsar.Message {
	messages := drain(consumer, quiet)
	for _, message := range messages {
		check(consumer.Ack(message))
	}
	return messages
}

func aKeyHasOneConsumer(t *stage) {
	consumers := map[string]pulsar.Consumer{}
	for _, name := range []string{"a", "b", "c"} {
		consumers[name] = t.joinKeyShared(name, nil)
	}
	producer := t.producer(func(o *pulsar.ProducerOptions) {
		o.DisableBatching = false
		o.BatcherBuilderType = pulsar.KeyBasedBatchBuilder
		o.BatchingMaxPublishDelay = time.Millisecond
	})
	keyed(producer, 20, 0, 5)
	owner := map[string]string{}
	for name, consumer := range consumers {
		for key, numbers := range numbersByKey(drainAndAck(consumer)) {
			same(numbers, []int{0, 1, 2, 3, 4}, "order of "+key)
			same(owner[key], "", "another owner of "+key)
			owner[key] = name
		}
	}
	t.observe("owner of key", owner)
	same(len(owner), 20, "keys")
}

func stickyRangesDecide(t *stage) {
	low := t.joinKeyShared("low", must(pulsar.NewKeySharedPolicySticky([]int{0, 29999})))
	high := t.joinKeyShared("high", must(pulsar.NewKeySharedPolicySticky([]int{30000, 65535})))
	_, err := t.tryJoinKeyShared("third", must(pulsar.NewKeySharedPolicySticky([]int{5, 50})))
	t.observe("overlapping", t.refusal(err))
	_, err = t.tryJoinKeyShared("auto", nil)
	t.observe("auto split beside sticky", t.refusal(err))
	keyed(t.producer(), 30, 0, 3)
	var lowKeys []string
	for key, numbers := range numbersByKey(drainAndAck(low)) {
		same(numbers, []int{0, 1, 2}, "order of "+key)
		lowKeys = append(lowKeys, key)
	}
	sort.Strings(lowKeys)
	t.observe("keys of low", lowKeys)
	same(len(lowKeys)+len(numbersByKey(drainAndAck(high))), 30, "keys")
}

func orderSurvivesJoining(t *stage) {
	const keys, rounds = 20, 30
	producer := t.producer()
	consumers := []pulsar.Consumer{t.joinKeyShared("a", nil)}
	seen := map[string][]int{}
	collect := func() {
		for _, consumer := range consumers {
			for _, message := range drain(consumer, 30*time.Millisecond) {
				number := must(strconv.Atoi(string(message.Payload())))
				seen[message.Key()] = append(seen[message.Key()], number)
				check(consumer.Ack(message))
			}
		}
	}
	for i := 0; i < rounds; i++ {
		keyed(producer, keys, i, i+1)
		switch i {
		case 8, 16:
			consumers = append(consumers, t.joinKeyShared(fmt.Sprintf("joined-%d", i), nil))
		case 24:
			consumers[0].Close()
			consumers = consumers[1:]
		}
		collect()
	}
	complete := func() bool {
		collect()
		for _, numbers := range seen {
			if numbers[len(numbers)-1] != rounds-1 {
				return false
			}
		}
		return len(seen) == keys
	}
	eventually("everything came", complete)
	for key, numbers := range seen {
		highest := -1
		for _, number := range numbers {
			// Again is possible for what the leaving consumer held, out of order is not.
			same(number <= highest+1, true, fmt.Sprintf("order of %s: %v", key, numbers))
			highest = max(highest, number)
		}
	}
}

func nackedKeepOrder(t *stage) {
	consumer := t.consumer(kind(pulsar.KeyShared), func(o *pulsar.ConsumerOptions) {
		o.NackRedeliveryDelay = 200 * time.Millisecond
	})
	keyed(t.producer(), 1, 0, 5)
	for _, message := range receiveAll(consumer, 5) {
		consumer.Nack(message)
	}
	again := receiveAndAck(consumer, 5)
	t.observe("again", numbersByKey(again))
	t.observe("redelivery count", again[0].RedeliveryCount())
}

// One consumer takes nothing at first, so that its keys stand still behind its queue.
func standingKeyHoldsNoOther(t *stage) {
	slow := t.joinKeyShared("slow", nil)
	quick := t.joinKeyShared("quick", nil)
	keyed(t.producer(), 20, 0, 20)
	all := []int{}
	for i := 0; i < 20; i++ {
		all = append(all, i)
	}
	early := []string{}
	for key, numbers := range numbersByKey(drainAndAck(quick)) {
		same(numbers, all, "order of "+key)
		early = append(early, key)
	}
	late := numbersByKey(drainAndAck(slow))
	for key, numbers := range late {
		same(numbers, all, "order of "+key)
	}
	same(len(early)+len(late), 20, "keys")
	sort.Strings(early)
	t.observe("keys of the quick one", early)
}

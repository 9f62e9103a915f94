package main

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/apache/pulsar-client-go/pulsar"
)

var transactionScenarios = []scenario{
	{
		name: "all_or_nothing", body: allOrNothing,
		alone: true, needsSwitch: true, deadline: 4 * time.Minute,
	},
	{
		name: "more_than_may_be_open", body: moreThanMayBeOpen,
		alone: true, needsSwitch: true, deadline: 4 * time.Minute,
	},
}

// Brokers have transactions only when they are told to, so this one is started anew.
func allOrNothing(t *stage) {
	t.broker("with/transactionCoordinatorEnabled=true")
	defer t.broker("without")
	client := must(pulsar.NewClient(pulsar.ClientOptions{
		URL: t.options.serviceURL, OperationTimeout: 20 * time.Second,
		Logger: clientLog, EnableTransaction: true,
	}))
	defer client.Close()
	work := pipeline{client: client}
	for _, topic := range []string{"in", "one", "two"} {
		work.producers = append(work.producers, must(client.CreateProducer(pulsar.ProducerOptions{
			Topic: t.topic(topic), DisableBatching: true, SendTimeout: -1,
		})))
		work.consumers = append(work.consumers, must(client.Subscribe(pulsar.ConsumerOptions{
			Topic: t.topic(topic), SubscriptionName: "sub", Type: pulsar.Shared,
			SubscriptionInitialPosition: pulsar.SubscriptionPositionEarliest,
		})))
	}
	sendAll(work.producers[0], numbered(0, 3))

	txn := work.transform()
	t.observe("before the commit", work.seen())
	check(txn.Commit(context.Background()))
	t.observe("after the commit", work.seen())

	txn = work.transform()
	check(txn.Abort(context.Background()))
	t.observe("after the abort", work.seen())

	txn = work.transform()
	t.broker("kill")
	t.broker("start")
	check(txn.Commit(context.Background()))
	t.observe("committed after a kill", work.again())
}

// Each coordinator has one, and says nothing to who wants more.
func moreThanMayBeOpen(t *stage) {
	t.broker("with/transactionCoordinatorEnabled=true&maxActiveTransactionsPerCoordinator=1")
	defer t.broker("without")
	// Coordinators may need longer to get ready than this client waits.
	client := retried(func() (pulsar.Client, error) {
		return pulsar.NewClient(pulsar.ClientOptions{
			URL: t.options.serviceURL, OperationTimeout: 6 * time.Second,
			Logger: clientLog, EnableTransaction: true,
		})
	})
	defer client.Close()
	open := []pulsar.Transaction{}
	var refused error
	for refused == nil {
		txn, err := client.NewTransaction(time.Minute)
		if refused = err; err == nil {
			open = append(open, txn)
		}
	}
	t.observe("one more", refused.Error())
	for _, each := range open {
		check(each.Commit(context.Background()))
	}
	_, err := client.NewTransaction(time.Minute)
	t.observe("after the end of all", err == nil)
}

// again is what the outputs hold in all: consumers are given what they have once more after a kill.
func (p pipeline) again() [][]string {
	all := p.seen()
	for i, texts := range all {
		known := map[string]bool{}
		for _, text := range texts {
			known[text] = true
		}
		all[i] = slices.Sorted(maps.Keys(known))
	}
	return all
}

// pipeline takes messages from the first topic and gives what it makes of them to the others.
type pipeline struct {
	client    pulsar.Client
	producers []pulsar.Producer
	consumers []pulsar.Consumer
}

func (p pipeline) transform() pulsar.Transaction {
	txn := must(p.client.NewTransaction(2 * time.Minute))
	message := receiveAll(p.consumers[0], 1)[0]
	for _, producer := range p.producers[1:] {
		must(producer.Send(context.Background(), &pulsar.ProducerMessage{
			Payload: message.Payload(), Transaction: txn,
		}))
	}
	check(p.consumers[0].AckWithTxn(message, txn))
	return txn
}

// seen is what the outputs' consumers are given, until nothing more comes.
func (p pipeline) seen() [][]string {
	all := [][]string{}
	for _, consumer := range p.consumers[1:] {
		all = append(all, textsOf(drain(consumer, quiet)))
	}
	return all
}

package main

import (
	"bufio"
	"context"
	"fmt"
	"math/rand"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/apache/pulsar-client-go/pulsar"
)

// A lane of the pipeline takes messages, makes others of them and acknowledges what it took, all of
// it in transactions. It says what it does in lines of standard output, and asks there what became
// of a transaction whose end it did not hear of (pipeline/run.mjs).
type lane struct {
	client    pulsar.Client
	random    *rand.Rand
	topic     string
	kind      pulsar.SubscriptionType
	timeout   time.Duration
	producers []pulsar.Producer
}

const (
	shareAborted = 0.1
	mostAtOnce   = 8
)

// workPipeline runs until it is killed. One lane keeps the order of each key, alone; the other
// shares its input with others.
func workPipeline(serviceURL, seed string) {
	openLog(os.DevNull)
	client := must(pulsar.NewClient(pulsar.ClientOptions{
		URL: serviceURL, OperationTimeout: 10 * time.Second,
		Logger: clientLog, EnableTransaction: true,
	}))
	start := must(strconv.ParseInt(seed, 10, 64))
	ordered := lane{topic: "ordered-go", kind: pulsar.Exclusive, timeout: time.Minute}
	shared := lane{topic: "shared", kind: pulsar.Shared, timeout: 5 * time.Second}
	for i, each := range []lane{ordered, shared} {
		each.client, each.random = client, rand.New(rand.NewSource(start+int64(i)))
		go each.run()
	}
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		name, _ := strings.CutPrefix(lines.Text(), "settled ")
		if known, ok := unsettled.LoadAndDelete(name); ok {
			close(known.(chan struct{}))
		}
	}
}

// unsettled holds a channel for each transaction of which it is not known how it ended.
var unsettled sync.Map

func say(words ...string) {
	output.Lock()
	defer output.Unlock()
	fmt.Println(strings.Join(words, " "))
}

func (l lane) run() {
	for _, output := range []string{"out-a-", "out-b-"} {
		l.producers = append(l.producers, retried(func() (pulsar.Producer, error) {
			return l.client.CreateProducer(pulsar.ProducerOptions{
				Topic: output + l.topic, SendTimeout: -1,
			})
		}))
	}
	for {
		consumer := retried(func() (pulsar.Consumer, error) {
			return l.client.Subscribe(pulsar.ConsumerOptions{
				Topic: "in-" + l.topic, SubscriptionName: "pipeline", Type: l.kind,
				SubscriptionInitialPosition:    pulsar.SubscriptionPositionEarliest,
				EnableBatchIndexAcknowledgment: true,
				NackRedeliveryDelay:            time.Second,
				ReceiverQueueSize:              50,
			})
		})
		// What was aborted comes again, but behind what this consumer has already got.
		for l.transact(consumer) || l.kind != pulsar.Exclusive {
		}
		consumer.Close()
	}
}

func retried[T any](call func() (T, error)) T {
	for {
		value, err := call()
		if err == nil {
			return value
		}
		time.Sleep(100 * time.Millisecond)
	}
}

// transact says whether something was committed, or there was nothing to do.
func (l lane) transact(consumer pulsar.Consumer) bool {
	messages := l.receive(consumer)
	if len(messages) == 0 {
		return true
	}
	txn, err := l.client.NewTransaction(l.timeout)
	if err != nil {
		return l.giveBack(consumer, messages)
	}
	id := txn.GetTxnID()
	name := fmt.Sprintf("%d %d", id.MostSigBits, id.LeastSigBits)
	say("began", name, l.topic)
	commits := l.random.Float64() >= shareAborted
	if err = l.transform(messages, consumer, txn); err == nil {
		if commits {
			err = txn.Commit(context.Background())
		} else {
			err = txn.Abort(context.Background())
		}
	}
	if err != nil {
		settled := make(chan struct{})
		unsettled.Store(name, settled)
		say("unsure", name, strings.Join(strings.Fields(err.Error()), " "))
		<-settled
		return l.giveBack(consumer, messages)
	}
	if commits {
		say("committed", name)
	} else {
		say("aborted", name)
	}
	return commits
}

func (l lane) giveBack(consumer pulsar.Consumer, messages []pulsar.Message) bool {
	if l.kind != pulsar.Exclusive {
		for _, each := range messages {
			consumer.Nack(each)
		}
	}
	return false
}

func (l lane) receive(consumer pulsar.Consumer) []pulsar.Message {
	var messages []pulsar.Message
	patience := 200 * time.Millisecond
	for most := 1 + l.random.Intn(mostAtOnce); len(messages) < most; {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		message, err := consumer.Receive(ctx)
		cancel()
		if err != nil {
			break
		}
		messages = append(messages, message)
		patience = 10 * time.Millisecond
	}
	return messages
}

func (l lane) transform(
	messages []pulsar.Message, consumer pulsar.Consumer, txn pulsar.Transaction,
) error {
	id := txn.GetTxnID()
	properties := map[string]string{
		"txn": fmt.Sprintf("(%d,%d)", id.MostSigBits, id.LeastSigBits), "by": "go",
	}
	results := make(chan error, len(messages)*len(l.producers))
	for _, each := range messages {
		for _, producer := range l.producers {
			producer.SendAsync(context.Background(), &pulsar.ProducerMessage{
				Key: each.Key(), Payload: each.Payload(), Properties: properties, Transaction: txn,
			}, func(_ pulsar.MessageID, _ *pulsar.ProducerMessage, err error) { results <- err })
		}
	}
	var failed error
	for range cap(results) {
		if err := <-results; err != nil {
			failed = err
		}
	}
	for _, each := range messages {
		if failed == nil {
			failed = consumer.AckWithTxn(each, txn)
		}
	}
	return failed
}

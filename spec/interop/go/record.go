package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/apache/pulsar-client-go/pulsar"
	"github.com/apache/pulsar-client-go/pulsar/log"
	"github.com/sirupsen/logrus"
)

// A conversation is short and says something that the others do not.
type conversation func(client pulsar.Client, topic string)

var conversations = map[string]conversation{
	"produce-single":     recordProduceSingle,
	"produce-batched":    recordProduceBatched,
	"produce-compressed": recordProduceCompressed,
	"produce-chunked":    recordProduceChunked,
	"consume-individual": recordConsumeIndividual,
	"consume-cumulative": recordConsumeCumulative,
	"consume-nack":       recordConsumeNack,
	"consume-seek":       recordConsumeSeek,
	"consume-receipts":   recordConsumeReceipts,
	"read":               recordRead,
}

func record(serviceURL, name string) {
	client := newClient(serviceURL)
	defer client.Close()
	topic := fmt.Sprintf("persistent://public/default/wire-go-%s-%d", name, os.Getpid())
	conversations[name](client, topic)
}

func newClient(serviceURL string) pulsar.Client {
	logger := logrus.New()
	logger.SetOutput(os.Stderr)
	logger.SetLevel(logrus.FatalLevel)
	return must(pulsar.NewClient(pulsar.ClientOptions{
		URL:    serviceURL,
		Logger: log.NewLoggerWithLogrus(logger),
	}))
}

func recordProduceSingle(client pulsar.Client, topic string) {
	producer := must(client.CreateProducer(pulsar.ProducerOptions{
		Topic: topic, Name: "single", DisableBatching: true,
	}))
	defer producer.Close()
	for i := 0; i < 5; i++ {
		must(producer.Send(context.Background(), &pulsar.ProducerMessage{
			Payload:     []byte(fmt.Sprintf("message-%d", i)),
			Key:         fmt.Sprintf("key-%d", i%2),
			OrderingKey: fmt.Sprintf("order-%d", i),
			Properties:  map[string]string{"index": fmt.Sprint(i)},
			EventTime:   time.UnixMilli(1_700_000_000_000 + int64(i)),
		}))
	}
}

func recordProduceBatched(client pulsar.Client, topic string) {
	produceOneBatch(client, topic, pulsar.NoCompression, 20)
}

func recordProduceCompressed(client pulsar.Client, topic string) {
	for _, codec := range []pulsar.CompressionType{
		pulsar.LZ4, pulsar.ZLib, pulsar.ZSTD, pulsar.SNAPPY,
	} {
		produceOneBatch(client, topic, codec, 5)
	}
}

func recordProduceChunked(client pulsar.Client, topic string) {
	consumer := recordSubscribe(client, topic, pulsar.Exclusive)
	producer := must(client.CreateProducer(pulsar.ProducerOptions{
		Topic: topic, DisableBatching: true, EnableChunking: true, ChunkMaxMessageSize: 1000,
	}))
	payload := make([]byte, 5000)
	for i := range payload {
		payload[i] = byte(i % 251)
	}
	must(producer.Send(context.Background(), &pulsar.ProducerMessage{Payload: payload}))
	check(consumer.Ack(receive(consumer)))
	consumer.Close()
	producer.Close()
}

func recordConsumeIndividual(client pulsar.Client, topic string) {
	recordFill(client, topic)
	consumer := recordSubscribe(client, topic, pulsar.Shared)
	for i := 0; i < 8; i++ {
		check(consumer.Ack(receive(consumer)))
	}
	consumer.Close()
}

func recordConsumeCumulative(client pulsar.Client, topic string) {
	recordFill(client, topic)
	consumer := recordSubscribe(client, topic, pulsar.Failover)
	for i := 0; i < 8; i++ {
		if message := receive(consumer); i == 3 || i == 7 {
			check(consumer.AckCumulative(message))
		}
	}
	check(consumer.Unsubscribe())
}

func recordConsumeNack(client pulsar.Client, topic string) {
	recordFill(client, topic)
	consumer := must(client.Subscribe(pulsar.ConsumerOptions{
		Topic: topic, SubscriptionName: "sub", Type: pulsar.Shared,
		SubscriptionInitialPosition:    pulsar.SubscriptionPositionEarliest,
		NackRedeliveryDelay:            100 * time.Millisecond,
		EnableBatchIndexAcknowledgment: true,
	}))
	for i := 0; i < 8; i++ {
		message := receive(consumer)
		if text := string(message.Payload()); text == "batched-1" || text == "single-2" {
			consumer.Nack(message)
		} else {
			check(consumer.Ack(message))
		}
	}
	for {
		message := receive(consumer)
		check(consumer.Ack(message))
		if string(message.Payload()) == "single-2" {
			break
		}
	}
	consumer.Close()
}

func recordConsumeSeek(client pulsar.Client, topic string) {
	recordFill(client, topic)
	consumer := recordSubscribe(client, topic, pulsar.Exclusive)
	var messages []pulsar.Message
	for i := 0; i < 8; i++ {
		messages = append(messages, receive(consumer))
	}
	check(consumer.Seek(messages[5].ID()))
	receive(consumer)
	check(consumer.Seek(pulsar.NewMessageID(-1, -1, -1, 0)))
	receive(consumer)
	check(consumer.SeekByTime(messages[0].PublishTime()))
	receive(consumer)
	must(consumer.GetLastMessageIDs())
	consumer.Close()
}

func recordConsumeReceipts(client pulsar.Client, topic string) {
	recordFill(client, topic)
	consumer := must(client.Subscribe(pulsar.ConsumerOptions{
		Topic: topic, SubscriptionName: "sub", Type: pulsar.KeyShared, AckWithResponse: true,
		SubscriptionInitialPosition:    pulsar.SubscriptionPositionEarliest,
		EnableBatchIndexAcknowledgment: true,
		KeySharedPolicy:                must(pulsar.NewKeySharedPolicySticky([]int{0, 65535})),
	}))
	for i := 0; i < 8; i++ {
		check(consumer.Ack(receive(consumer)))
	}
	consumer.Close()
}

func recordRead(client pulsar.Client, topic string) {
	recordFill(client, topic)
	reader := must(client.CreateReader(pulsar.ReaderOptions{
		Topic: topic, StartMessageID: pulsar.EarliestMessageID(),
	}))
	for reader.HasNext() {
		must(reader.Next(context.Background()))
	}
	reader.Close()
}

// recordFill publishes five messages in one batch, then three single ones.
func recordFill(client pulsar.Client, topic string) {
	produceOneBatch(client, topic, pulsar.NoCompression, 5)
	producer := must(client.CreateProducer(pulsar.ProducerOptions{
		Topic: topic, DisableBatching: true,
	}))
	for i := 0; i < 3; i++ {
		must(producer.Send(context.Background(), &pulsar.ProducerMessage{
			Payload: []byte(fmt.Sprintf("single-%d", i)),
		}))
	}
	producer.Close()
}

func produceOneBatch(
	client pulsar.Client, topic string, codec pulsar.CompressionType, count int,
) {
	producer := must(client.CreateProducer(pulsar.ProducerOptions{
		Topic: topic, CompressionType: codec,
		BatchingMaxMessages:     uint(count * 2),
		BatchingMaxPublishDelay: 10 * time.Second,
	}))
	for i := 0; i < count; i++ {
		producer.SendAsync(context.Background(), &pulsar.ProducerMessage{
			Payload:    []byte(fmt.Sprintf("batched-%d", i)),
			Properties: map[string]string{"index": fmt.Sprint(i)},
		}, func(_ pulsar.MessageID, _ *pulsar.ProducerMessage, err error) { check(err) })
	}
	check(producer.Flush())
	producer.Close()
}

func recordSubscribe(
	client pulsar.Client, topic string, kind pulsar.SubscriptionType,
) pulsar.Consumer {
	return must(client.Subscribe(pulsar.ConsumerOptions{
		Topic: topic, SubscriptionName: "sub", Type: kind,
		SubscriptionInitialPosition: pulsar.SubscriptionPositionEarliest,
	}))
}

func receive(consumer pulsar.Consumer) pulsar.Message {
	patience, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	return must(consumer.Receive(patience))
}

func must[T any](value T, err error) T {
	check(err)
	return value
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}

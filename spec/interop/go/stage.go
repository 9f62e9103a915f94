package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"reflect"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/apache/pulsar-client-go/pulsar"
	"github.com/apache/pulsar-client-go/pulsar/log"
	"github.com/sirupsen/logrus"
)

const (
	// patience is how long something that must come may take.
	patience = 15 * time.Second
	// quiet is how long nothing has to come before we believe that nothing comes.
	quiet = 400 * time.Millisecond
)

// stage is what a scenario works with: a client and topics of its own, REST, the broker's switch.
type stage struct {
	options settings
	name    string
	lock    sync.Mutex
	facts   map[string]any
	step    string
	clients []pulsar.Client
}

func newStage(name string, options settings) *stage {
	safe := regexp.MustCompile(`[^a-z0-9_]+`).ReplaceAllString(name, "-")
	return &stage{options: options, name: safe, facts: map[string]any{}}
}

// topic is the full name of a topic that no other scenario uses.
func (t *stage) topic(suffix ...string) string {
	parts := []string{"go"}
	if t.options.run != "" {
		parts = append(parts, t.options.run)
	}
	parts = append(append(parts, t.name), suffix...)
	return "persistent://public/default/" + strings.Join(parts, "-")
}

func (t *stage) client() pulsar.Client {
	t.lock.Lock()
	known := len(t.clients)
	t.lock.Unlock()
	if known == 0 {
		return t.newClient(t.options.serviceURL)
	}
	return t.clients[0]
}

// newClient makes another client: other connections than those of client().
func (t *stage) newClient(serviceURL string) pulsar.Client {
	return t.keep(must(pulsar.NewClient(pulsar.ClientOptions{
		URL: serviceURL, OperationTimeout: 20 * time.Second, Logger: clientLog,
	})))
}

// keep closes a client with the stage.
func (t *stage) keep(client pulsar.Client) pulsar.Client {
	t.lock.Lock()
	defer t.lock.Unlock()
	t.clients = append(t.clients, client)
	return client
}

func (t *stage) close() {
	for _, client := range t.clients {
		client.Close()
	}
}

// producer makes a producer that does not batch unless the options say so.
func (t *stage) producer(options ...func(*pulsar.ProducerOptions)) pulsar.Producer {
	return must(t.tryProducer(options...))
}

func (t *stage) tryProducer(options ...func(*pulsar.ProducerOptions)) (pulsar.Producer, error) {
	all := pulsar.ProducerOptions{Topic: t.topic(), DisableBatching: true}
	for _, each := range options {
		each(&all)
	}
	return t.client().CreateProducer(all)
}

func (t *stage) consumer(options ...func(*pulsar.ConsumerOptions)) pulsar.Consumer {
	return must(t.tryConsumer(options...))
}

func (t *stage) tryConsumer(options ...func(*pulsar.ConsumerOptions)) (pulsar.Consumer, error) {
	all := pulsar.ConsumerOptions{
		Topic: t.topic(), SubscriptionName: "sub",
		SubscriptionInitialPosition: pulsar.SubscriptionPositionEarliest,
	}
	for _, each := range options {
		each(&all)
	}
	if all.Topics != nil || all.TopicsPattern != "" {
		all.Topic = ""
	}
	return t.client().Subscribe(all)
}

// kind is a consumer option that is used often.
func kind(value pulsar.SubscriptionType) func(*pulsar.ConsumerOptions) {
	return func(o *pulsar.ConsumerOptions) { o.Type = value }
}

// observe keeps a fact: a value that another broker must show as well, so never an id or a time.
func (t *stage) observe(name string, value any) {
	plain := must(json.Marshal(value))
	var copied any
	check(json.Unmarshal(plain, &copied))
	t.lock.Lock()
	defer t.lock.Unlock()
	t.facts[name] = copied
	t.step = name
}

func (t *stage) knownFacts() map[string]any {
	t.lock.Lock()
	defer t.lock.Unlock()
	facts := map[string]any{}
	for name, value := range t.facts {
		facts[name] = value
	}
	return facts
}

func (t *stage) lastStep() string {
	t.lock.Lock()
	defer t.lock.Unlock()
	return t.step
}

func (t *stage) at(step string) {
	t.lock.Lock()
	defer t.lock.Unlock()
	t.step = step
}

// plain is a text of the broker or the client without what differs from run to run.
func (t *stage) plain(text string) string {
	name := t.topic()[strings.LastIndex(t.topic(), "/")+1:]
	text = strings.ReplaceAll(text, name, "TOPIC")
	text = regexp.MustCompile(`standalone-\d+-\d+`).ReplaceAllString(text, "GENERATED")
	// Java's names of exceptions and what it prints of an object are nobody's contract.
	text = regexp.MustCompile(`org\.apache\.[\w.$]+: `).ReplaceAllString(text, "")
	text = regexp.MustCompile(`(Range conflict).*`).ReplaceAllString(text, "$1")
	return regexp.MustCompile(`localhost:\d+|127\.0\.0\.1:\d+`).ReplaceAllString(text, "ADDRESS")
}

// refusal is the text of the error that must have come.
func (t *stage) refusal(err error) string {
	if err == nil {
		panic("this must be refused, and was not")
	}
	return t.plain(err.Error())
}

func send(producer pulsar.Producer, text string) pulsar.MessageID {
	return must(trySend(producer, &pulsar.ProducerMessage{Payload: []byte(text)}))
}

func trySend(producer pulsar.Producer, message *pulsar.ProducerMessage) (pulsar.MessageID, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	return producer.Send(ctx, message)
}

// sendAll sends without waiting in between; the message ids once all are stored.
func sendAll(producer pulsar.Producer, texts []string) []pulsar.MessageID {
	ids := make([]pulsar.MessageID, len(texts))
	var left sync.WaitGroup
	var lock sync.Mutex
	var problem error
	for i, text := range texts {
		left.Add(1)
		message := &pulsar.ProducerMessage{Payload: []byte(text)}
		producer.SendAsync(context.Background(), message,
			func(id pulsar.MessageID, _ *pulsar.ProducerMessage, err error) {
				lock.Lock()
				defer lock.Unlock()
				ids[i] = id
				if err != nil {
					problem = err
				}
				left.Done()
			})
	}
	check(producer.Flush())
	left.Wait()
	check(problem)
	return ids
}

// sendBatch sends all texts as one batch.
func (t *stage) sendBatch(texts []string) []pulsar.MessageID {
	producer := t.producer(func(o *pulsar.ProducerOptions) {
		o.DisableBatching = false
		o.BatchingMaxMessages = uint(len(texts))
		o.BatchingMaxPublishDelay = time.Minute
	})
	defer producer.Close()
	return sendAll(producer, texts)
}

func numbered(from, to int) []string {
	var texts []string
	for i := from; i < to; i++ {
		texts = append(texts, fmt.Sprintf("message-%d", i))
	}
	return texts
}

// receiveAll gives the next count messages.
func receiveAll(consumer pulsar.Consumer, count int) []pulsar.Message {
	var messages []pulsar.Message
	for len(messages) < count {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		message, err := consumer.Receive(ctx)
		cancel()
		if err != nil {
			panic(fmt.Sprintf("%d of %d messages came: %v (%v)",
				len(messages), count, textsOf(messages), err))
		}
		messages = append(messages, message)
	}
	return messages
}

func receiveAndAck(consumer pulsar.Consumer, count int) []pulsar.Message {
	messages := receiveAll(consumer, count)
	for _, message := range messages {
		check(consumer.Ack(message))
	}
	return messages
}

// drain gives what comes until nothing came for a while.
func drain(consumer pulsar.Consumer, pause time.Duration) []pulsar.Message {
	messages := []pulsar.Message{}
	for {
		ctx, cancel := context.WithTimeout(context.Background(), pause)
		message, err := consumer.Receive(ctx)
		cancel()
		if err != nil {
			return messages
		}
		messages = append(messages, message)
	}
}

func nothingComes(consumer pulsar.Consumer) {
	if extra := drain(consumer, quiet); len(extra) > 0 {
		panic(fmt.Sprintf("unexpected messages: %v", textsOf(extra)))
	}
}

func textsOf(messages []pulsar.Message) []string {
	texts := []string{}
	for _, message := range messages {
		payload := message.Payload()
		texts = append(texts, string(payload[:min(len(payload), 40)]))
	}
	return texts
}

func same(actual, expected any, what string) {
	if !reflect.DeepEqual(actual, expected) {
		panic(fmt.Sprintf("%s: expected %s, got %s", what, short(expected), short(actual)))
	}
}

func short(value any) string {
	text := fmt.Sprint(value)
	return text[:min(len(text), 300)]
}

func eventually(what string, condition func() bool) { within(patience, what, condition) }

func within(patience time.Duration, what string, condition func() bool) {
	end := time.Now().Add(patience)
	for !condition() {
		if time.Now().After(end) {
			panic("did not come true: " + what)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// rest asks the REST interface; the status and the body as JSON.
func (t *stage) rest(method, path string, body any) (int, any) {
	var content io.Reader
	if body != nil {
		content = bytes.NewReader(must(json.Marshal(body)))
	}
	request := must(http.NewRequest(method, t.options.adminURL+"/admin/v2"+path, content))
	request.Header.Set("Content-Type", "application/json")
	response := must(http.DefaultClient.Do(request))
	defer response.Body.Close()
	raw := must(io.ReadAll(response.Body))
	var answer any
	if json.Unmarshal(raw, &answer) != nil {
		answer = string(raw)
	}
	return response.StatusCode, answer
}

func (t *stage) mustRest(method, path string, body any) any {
	status, answer := t.rest(method, path, body)
	if status >= 300 {
		panic(fmt.Sprintf("%s %s answered %d %v", method, path, status, answer))
	}
	return answer
}

func pathOf(topic string) string {
	return "/" + strings.Replace(topic, "://", "/", 1)
}

func (t *stage) subscriptionStats(topic string) map[string]any {
	stats := t.mustRest("GET", pathOf(topic)+"/stats", nil).(map[string]any)
	subscriptions := stats["subscriptions"].(map[string]any)
	found, _ := subscriptions["sub"].(map[string]any)
	return found
}

func (t *stage) backlogIs(count int) {
	eventually(fmt.Sprintf("the backlog is %d", count), func() bool {
		return t.subscriptionStats(t.topic())["msgBacklog"] == float64(count)
	})
}

func (t *stage) createPartitioned(count int) {
	t.mustRest("PUT", pathOf(t.topic())+"/partitions", count)
}

// broker asks the runner to do something with the broker: kill, start, restart, relay, cut/N,
// with/SETTINGS, without.
func (t *stage) broker(action string) map[string]any {
	response := must(http.Post(t.options.controlURL+"/"+action, "application/json", nil))
	defer response.Body.Close()
	raw := must(io.ReadAll(response.Body))
	if response.StatusCode != 200 {
		panic(fmt.Sprintf("%s: %s", action, raw))
	}
	var answer map[string]any
	check(json.Unmarshal(raw, &answer))
	return answer
}

var clientLog log.Logger

func openLog(file string) {
	logger := logrus.New()
	logger.SetOutput(must(os.Create(file)))
	clientLog = log.NewLoggerWithLogrus(logger)
}

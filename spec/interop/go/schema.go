package main

import (
	"reflect"

	"github.com/apache/pulsar-client-go/pulsar"
)

var schemaScenarios = []scenario{
	{name: "json_with_a_schema", body: jsonWithASchema},
	{name: "a_table_view_shows_the_newest", body: aTableView},
}

const personSchema = `{"type":"record","name":"Person","namespace":"test","fields":[
	{"name":"Name","type":"string"},{"name":"Age","type":"int"}]}`

type person struct {
	Name string
	Age  int
}

func jsonWithASchema(t *stage) {
	schema := pulsar.NewJSONSchema(personSchema, nil)
	consumer := t.consumer(func(o *pulsar.ConsumerOptions) { o.Schema = schema })
	producer := t.producer(func(o *pulsar.ProducerOptions) { o.Schema = schema })
	must(trySend(producer, &pulsar.ProducerMessage{Value: &person{Name: "Ada", Age: 36}}))
	message := receiveAndAck(consumer, 1)[0]
	var got person
	check(message.GetSchemaValue(&got))
	same(got, person{Name: "Ada", Age: 36}, "value")
	t.observe("schema version", message.SchemaVersion())
	_, err := t.tryProducer(func(o *pulsar.ProducerOptions) {
		o.Schema = pulsar.NewStringSchema(nil)
	})
	same(err != nil, true, "another type is refused")
}

func aTableView(t *stage) {
	schema := pulsar.NewStringSchema(nil)
	producer := t.producer(func(o *pulsar.ProducerOptions) { o.Schema = schema })
	for _, value := range []string{"old", "new"} {
		must(trySend(producer, &pulsar.ProducerMessage{Value: value, Key: "key"}))
	}
	var kind *string
	view := must(t.client().CreateTableView(pulsar.TableViewOptions{
		Topic: t.topic(), Schema: schema, SchemaValueType: reflect.TypeOf(kind),
	}))
	defer view.Close()
	eventually("the key is there", func() bool { return view.ContainsKey("key") })
	t.observe("keys", view.Size())
}

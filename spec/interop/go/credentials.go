package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/apache/pulsar-client-go/pulsar"
	"github.com/apache/pulsar-client-go/pulsaradmin/pkg/admin/config"
	"github.com/apache/pulsar-client-go/pulsaradmin/pkg/rest"
	"github.com/apache/pulsar-client-go/pulsaradmin/pkg/utils"
)

// How clients prove who they are, in the clear and by TLS, to a broker that asks.
var credentialScenarios = []scenario{
	{name: "of_clients", body: credentialsOfClients, needsSwitch: true, deadline: slowStart},
	{name: "of_admin_clients", body: credentialsOfAdmins, needsSwitch: true, deadline: slowStart},
	{
		name: "a_token_that_expires_is_renewed", body: renewedToken,
		needsSwitch: true, deadline: slowStart,
	},
	{name: "taken_back", body: grantTakenBack, needsSwitch: true, deadline: slowStart},
}

// slowStart leaves time for the first scenario to start that broker.
const slowStart = 2 * time.Minute

var knownRoles = []string{"app", "alice", "bob", "carol", "dave"}

func credentialsOfClients(t *stage) {
	g := t.guarded()
	g.grant(knownRoles...)
	password := func(user, password string) pulsar.Authentication {
		return must(pulsar.NewAuthenticationBasic(user, password))
	}
	good := g.token("app", "")
	supply := func() (string, error) { return good, nil }
	cases := map[string]func() any{}
	bothWays := func(name string, each shown) {
		cases[name] = func() any { return g.use(each) }
		each.byTLS = true
		cases[name+", by TLS"] = func() any { return g.use(each) }
	}
	for name, authentication := range map[string]pulsar.Authentication{
		"a token":                       pulsar.NewAuthenticationToken(good),
		"a token that is supplied":      pulsar.NewAuthenticationTokenFromSupplier(supply),
		"of one who is granted nothing": g.byToken("stranger"),
		"a password":                    password("carol", "carol's password"),
		"a login":                       g.byLogin(),
	} {
		bothWays(name, shown{authentication: authentication})
	}
	for name, authentication := range map[string]pulsar.Authentication{
		"none":                     nil,
		"a token of another key":   pulsar.NewAuthenticationToken(good[:len(good)-6] + "AAAAAA"),
		"a token that has expired": pulsar.NewAuthenticationToken(g.token("app", "-10")),
		"a wrong password":         password("carol", "dave's password"),
	} {
		bothWays(name, shown{authentication: authentication, isHopeless: true})
	}
	for name, isHopeless := range map[string]bool{
		"alice": false, "bob": false, "nameless": true, "mallory": true,
	} {
		each := shown{g.byCertificate(name), true, isHopeless}
		cases[name+"'s certificate"] = func() any { return g.use(each) }
	}
	t.observeAll(cases)
}

// use produces and consumes a message; it is fine, or the kind of the error.
func (g *guarded) use(each shown) any {
	client, topic := g.client(each), g.topic()
	consumer, err := client.Subscribe(pulsar.ConsumerOptions{Topic: topic, SubscriptionName: "sub"})
	if err != nil && each.isHopeless {
		// How far the last attempt came until then is chance.
		return "gives up"
	}
	if err != nil {
		return kindOf(err)
	}
	producer, err := client.CreateProducer(pulsar.ProducerOptions{Topic: topic})
	if err != nil {
		return kindOf(err)
	}
	send(producer, "m")
	return textsOf(receiveAndAck(consumer, 1))
}

func credentialsOfAdmins(t *stage) {
	g := t.guarded()
	good := g.token("app", "")
	configurations := map[string]config.Config{
		"none":            {},
		"a token":         {Token: good},
		"a bad token":     {Token: good[:len(good)-6] + "AAAAAA"},
		"an expired one":  {Token: g.token("app", "-10")},
		"of the operator": {Token: g.text("operator")},
	}
	for _, name := range []string{"alice", "mallory"} {
		configurations[name+"'s certificate"] = config.Config{
			AuthPlugin: "org.apache.pulsar.client.impl.auth.AuthenticationTls",
			AuthParams: "tlsCertFile:" + g.file(name+".pem") + ",tlsKeyFile:" + g.file(name+".key"),
		}
	}
	cases := map[string]func() any{}
	for name, each := range configurations {
		cases[name] = func() any { return g.ask(each, false) }
		cases[name+", by TLS"] = func() any { return g.ask(each, true) }
	}
	t.observeAll(cases)
}

// ask looks for what everybody may know, and what only the operator may.
func (g *guarded) ask(shown config.Config, byTLS bool) any {
	client := g.admin(shown, byTLS)
	clusters, err := client.Clusters().List()
	var refused rest.Error
	if errors.As(err, &refused) {
		return refused.Code
	}
	check(err)
	_, err = client.Tenants().List()
	return []any{clusters, g.t.outcome(err)}
}

// The producer lives on, over the connection that it has.
func renewedToken(t *stage) {
	g := t.guarded()
	g.grant("app")
	began := time.Now()
	brief, lasting := g.token("app", "2"), g.token("app", "")
	var askedAgain atomic.Bool
	supply := func() (string, error) {
		// The brief one, whose end is a whole second, may be over from here on.
		if time.Since(began) < time.Second {
			return brief, nil
		}
		askedAgain.Store(true)
		return lasting, nil
	}
	client := g.client(shown{authentication: pulsar.NewAuthenticationTokenFromSupplier(supply)})
	topic := g.topic()
	producer := must(client.CreateProducer(pulsar.ProducerOptions{Topic: topic}))
	before := g.publisherOf(topic)
	for time.Since(began) < 5*time.Second {
		send(producer, "m")
		time.Sleep(100 * time.Millisecond)
	}
	t.observe("asked again", askedAgain.Load())
	t.observe("on the same connection", g.publisherOf(topic) == before)
}

func (g *guarded) publisherOf(topic string) string {
	publishers := must(g.operator.Topics().GetStats(nameOf(topic))).Publishers
	same(len(publishers), 1, "publishers")
	return publishers[0].Address
}

func grantTakenBack(t *stage) {
	g := t.guarded()
	g.grant("app", "other")
	topic := g.topic()
	create := func(role string) (pulsar.Producer, error) {
		client := g.client(shown{authentication: g.byToken(role), byTLS: true})
		return client.CreateProducer(pulsar.ProducerOptions{
			Topic: topic, DisableBatching: true, SendTimeout: hopeless,
		})
	}
	producer, other := must(create("app")), must(create("other"))
	send(producer, "m")
	in := *must(utils.GetNamespaceName(g.namespace))
	check(g.operator.Namespaces().RevokeNamespacePermission(in, "app"))
	eventually("the producer has left", func() bool {
		return len(must(g.operator.Topics().GetStats(nameOf(topic))).Publishers) == 1
	})
	ctx, cancel := context.WithTimeout(context.Background(), hopeless)
	defer cancel()
	_, err := producer.Send(ctx, &pulsar.ProducerMessage{Payload: []byte("late")})
	t.observe("it sends", err != nil)
	_, err = create("app")
	t.observe("another", t.refusal(err))
	send(other, "m")
}

// observeAll asks for all facts at the same time: clients that are turned away take their time.
func (t *stage) observeAll(cases map[string]func() any) {
	var left sync.WaitGroup
	var problem atomic.Value
	for name, each := range cases {
		left.Add(1)
		go func() {
			defer left.Done()
			defer func() {
				if failure := recover(); failure != nil {
					problem.Store(fmt.Sprintf("%s: %v", name, failure))
				}
			}()
			t.observe(name, each())
		}()
	}
	left.Wait()
	if failure := problem.Load(); failure != nil {
		panic(failure)
	}
}

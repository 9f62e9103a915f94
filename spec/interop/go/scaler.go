package main

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"net/http"
	"os"

	"github.com/apache/pulsar-client-go/pulsar"
)

// What KEDA's scaler asks before it starts or stops consumers: the backlog of a subscription, of a
// topic or of all its partitions, by a token, a password or a certificate. It reads counters as whole
// numbers; one with a fraction would fail all of its answer.
var scalerScenarios = []scenario{
	{name: "the_backlog_that_keda_asks_for", body: scalerAsks, needsSwitch: true, deadline: slowStart},
}

type scalerStats struct {
	BytesInCounter, MsgInCounter, BytesOutCounter, MsgOutCounter, StorageSize, BacklogSize int

	Subscriptions map[string]struct {
		MsgBacklog                                                                      int64
		BytesOutCounter, MsgOutCounter, MsgBacklogNoDelayed, MsgDelayed                 int
		UnackedMessages, LastExpireTimestamp, LastConsumedTimestamp, LastAckedTimestamp int
	}
}

func scalerAsks(t *stage) {
	g := t.guarded()
	g.grant(knownRoles...)
	plain, parted := g.topic(), g.topic()
	check(g.operator.Topics().Create(nameOf(parted), 2))
	client := g.client(shown{authentication: g.byToken("app")})
	for _, topic := range []string{plain, parted} {
		consumer := must(client.Subscribe(pulsar.ConsumerOptions{Topic: topic, SubscriptionName: "sub"}))
		producer := must(client.CreateProducer(pulsar.ProducerOptions{
			Topic: topic, DisableBatching: true,
		}))
		sendAll(producer, numbered(0, 6))
		receiveAndAck(consumer, 2)
		consumer.Close()
	}
	credentials := map[string]func(*http.Request){
		"a token": func(r *http.Request) {
			r.Header.Set("Authorization", "Bearer "+g.token("app", ""))
			r.Header.Set("X-Pulsar-Auth-Method-Name", "token")
		},
		"a password": func(r *http.Request) {
			r.SetBasicAuth("carol", "carol's password")
			r.Header.Set("X-Pulsar-Auth-Method-Name", "basic")
		},
		"a certificate": func(r *http.Request) {
			r.Header.Set("X-Pulsar-Auth-Method-Name", "tls")
		},
		"nothing": func(*http.Request) {},
	}
	for name, add := range credentials {
		asks := http.Client{Transport: g.https(name == "a certificate")}
		defer asks.CloseIdleConnections()
		for kind, path := range map[string]string{
			"a topic":    pathOf(plain) + "/stats",
			"partitions": pathOf(parted) + "/partitioned-stats",
		} {
			request := must(http.NewRequest("GET", g.text("adminUrlTls")+"/admin/v2"+path, nil))
			add(request)
			t.observe(kind+", by "+name, backlogFor(&asks, request))
		}
	}
}

func (g *guarded) https(showsCertificate bool) *http.Transport {
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(must(os.ReadFile(g.file("ca.pem"))))
	settings := &tls.Config{RootCAs: roots}
	if showsCertificate {
		pair := must(tls.LoadX509KeyPair(g.file("alice.pem"), g.file("alice.key")))
		settings.Certificates = []tls.Certificate{pair}
	}
	return &http.Transport{TLSClientConfig: settings}
}

func backlogFor(client *http.Client, request *http.Request) any {
	response := must(client.Do(request))
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return response.StatusCode
	}
	var stats scalerStats
	check(json.NewDecoder(response.Body).Decode(&stats))
	return stats.Subscriptions["sub"].MsgBacklog
}

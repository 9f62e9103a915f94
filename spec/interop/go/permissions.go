package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/url"
	"time"

	"github.com/apache/pulsar-client-go/pulsar"
)

var permissionScenarios = []scenario{{
	name: "a_partitioned_topic_is_granted_as_a_whole", body: grantedAsAWhole,
	alone: true, needsSwitch: true, deadline: 4 * time.Minute,
}}

var signingKey = []byte("the key of those who sign tokens for these scenarios")

// roles makes the broker ask for tokens and permissions. Who shows nothing is the operator: the
// suite's own REST calls, and the broker's own client.
func (t *stage) roles() {
	t.broker("with/" + url.Values{
		"authenticationEnabled": {"true"},
		"authenticationProviders": {
			"org.apache.pulsar.broker.authentication.AuthenticationProviderToken",
		},
		"tokenSecretKey":       {"data:;base64," + base64.StdEncoding.EncodeToString(signingKey)},
		"anonymousUserRole":    {"operator"},
		"authorizationEnabled": {"true"},
		"superUserRoles":       {"operator"},
	}.Encode())
}

func tokenOf(role string) string {
	encode := base64.RawURLEncoding.EncodeToString
	claims := must(json.Marshal(map[string]string{"sub": role}))
	text := encode([]byte(`{"alg":"HS256"}`)) + "." + encode(claims)
	signer := hmac.New(sha256.New, signingKey)
	signer.Write([]byte(text))
	return text + "." + encode(signer.Sum(nil))
}

func (t *stage) clientOf(role string) pulsar.Client {
	return t.keep(must(pulsar.NewClient(pulsar.ClientOptions{
		URL: t.options.serviceURL, OperationTimeout: 20 * time.Second, Logger: clientLog,
		Authentication: pulsar.NewAuthenticationToken(tokenOf(role)),
	})))
}

// The partitions have no grants of their own, also those that are added later.
func grantedAsAWhole(t *stage) {
	t.roles()
	defer t.broker("without")
	t.createPartitioned(2)
	client := t.clientOf("app")
	produce := func() (pulsar.Producer, error) {
		return client.CreateProducer(pulsar.ProducerOptions{Topic: t.topic()})
	}
	consume := func() (pulsar.Consumer, error) {
		return client.Subscribe(pulsar.ConsumerOptions{
			Topic: t.topic(), SubscriptionName: "sub", AckWithResponse: true,
			SubscriptionInitialPosition: pulsar.SubscriptionPositionEarliest,
		})
	}
	_, noProducer := produce()
	_, noConsumer := consume()
	t.observe("refused", []bool{noProducer != nil, noConsumer != nil})
	grants := pathOf(t.topic()) + "/permissions/app"
	t.mustRest("POST", grants, []string{"produce", "consume"})
	t.mustRest("POST", pathOf(t.topic())+"/partitions", 3)
	producer := must(produce())
	sendAll(producer, numbered(0, 9))
	same(len(receiveAndAck(must(consume()), 9)), 9, "messages")
	t.observe("granted on a partition", t.mustRest("GET", pathOf(t.topic()+"-partition-2")+"/permissions", nil))
	t.mustRest("DELETE", grants, nil)
	_, noProducer = produce()
	t.observe("refused again", noProducer != nil)
}

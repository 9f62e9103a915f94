package main

import (
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"github.com/apache/pulsar-client-go/pulsar"
	"github.com/apache/pulsar-client-go/pulsaradmin/pkg/admin"
	"github.com/apache/pulsar-client-go/pulsaradmin/pkg/admin/config"
	"github.com/apache/pulsar-client-go/pulsaradmin/pkg/utils"
)

// guarded is the broker that asks for credentials, as one scenario uses it: a namespace is its own.
type guarded struct {
	t         *stage
	about     map[string]any
	namespace string
	operator  admin.Client
	topics    atomic.Int64
}

// guarded starts it where no scenario has looked before.
func (t *stage) guarded() *guarded {
	g := &guarded{t: t, about: t.broker("guarded"), namespace: "public/go-" + t.name}
	g.operator = g.admin(config.Config{Token: g.text("operator")}, false)
	check(g.operator.Namespaces().CreateNamespace(g.namespace))
	return g
}

func (g *guarded) text(what string) string { return g.about[what].(string) }

// file is one of spec/data/tls.
func (g *guarded) file(name string) string { return g.text("certificates") + "/" + name }

// topic is another one at each call.
func (g *guarded) topic() string {
	return "persistent://" + g.namespace + "/" + string(rune('a'+g.topics.Add(1)))
}

// grant lets roles do all that clients do, in the namespace.
func (g *guarded) grant(roles ...string) {
	in := *must(utils.GetNamespaceName(g.namespace))
	for _, role := range roles {
		check(g.operator.Namespaces().GrantNamespacePermission(in, role,
			[]utils.AuthAction{"produce", "consume"}))
	}
}

// token is for so many seconds, or for ever where there are none.
func (g *guarded) token(role, seconds string) string {
	return g.t.broker("token/" + url.PathEscape(role) + "/" + seconds)["token"].(string)
}

func (g *guarded) byToken(role string) pulsar.Authentication {
	return pulsar.NewAuthenticationToken(g.token(role, ""))
}

func (g *guarded) byCertificate(name string) pulsar.Authentication {
	return pulsar.NewAuthenticationTLS(g.file(name+".pem"), g.file(name+".key"))
}

func (g *guarded) byLogin() pulsar.Authentication {
	return pulsar.NewAuthenticationOAuth2(map[string]string{
		"type": "client_credentials", "issuerUrl": g.text("issuer"),
		"audience": g.text("audience"), "privateKey": g.text("login"),
	})
}

// shown is what a client shows, and how.
type shown struct {
	authentication pulsar.Authentication
	byTLS          bool
	// Such a client goes on although it is turned away each time.
	isHopeless bool
}

// client is closed with the stage.
func (g *guarded) client(shown shown) pulsar.Client {
	options := pulsar.ClientOptions{
		URL: g.text("serviceUrl"), OperationTimeout: 20 * time.Second, ConnectionTimeout: patience,
		Authentication: shown.authentication, Logger: clientLog,
	}
	if shown.isHopeless {
		options.OperationTimeout = hopeless
	}
	if shown.byTLS {
		options.URL = g.text("serviceUrlTls")
		options.TLSTrustCertsFilePath = g.file("ca.pem")
		options.TLSValidateHostname = true
	}
	return g.t.keep(must(pulsar.NewClient(options)))
}

// hopeless is how long it is worth to go on.
const hopeless = 2 * time.Second

// admin shows what the configuration holds.
func (g *guarded) admin(shown config.Config, byTLS bool) admin.Client {
	shown.WebServiceURL = g.text("adminUrl")
	if byTLS {
		shown.WebServiceURL = g.text("adminUrlTls")
		shown.TLSTrustCertsFilePath = g.file("ca.pem")
		shown.TLSEnableHostnameVerification = true
	}
	return must(admin.New(&shown))
}

// kindOf is an error without the words that follow its kind, which differ from run to run.
func kindOf(err error) string {
	kind, _, _ := strings.Cut(err.Error(), ":")
	return kind
}

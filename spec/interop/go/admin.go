package main

import (
	"errors"
	"sort"
	"strings"

	"github.com/apache/pulsar-client-go/pulsaradmin/pkg/admin"
	"github.com/apache/pulsar-client-go/pulsaradmin/pkg/admin/config"
	"github.com/apache/pulsar-client-go/pulsaradmin/pkg/rest"
	"github.com/apache/pulsar-client-go/pulsaradmin/pkg/utils"
)

// The administration of topics by Go's own library, which pulsarctl is made of.
var adminScenarios = []scenario{
	{name: "topics", body: adminTopics},
	{name: "partitioned_topics", body: adminPartitionedTopics},
	{name: "subscriptions", body: adminSubscriptions},
	{name: "messages", body: adminMessages},
	{name: "namespaces", body: adminNamespaces},
	{name: "clusters", body: adminClusters},
}

func (t *stage) admin() admin.Client {
	return must(admin.New(&config.Config{WebServiceURL: t.options.adminURL}))
}

func nameOf(topic string) utils.TopicName { return *must(utils.GetTopicName(topic)) }

// outcome is the refusal of a call, or that there was none.
func (t *stage) outcome(err error) any {
	var refused rest.Error
	switch {
	case err == nil:
		return "done"
	case errors.As(err, &refused):
		return []any{refused.Code, t.plain(refused.Reason)}
	default:
		return t.plain(err.Error())
	}
}

func adminTopics(t *stage) {
	topics, name := t.admin().Topics(), nameOf(t.topic())
	t.observe("created", t.outcome(topics.Create(name, 0)))
	t.observe("created again", t.outcome(topics.Create(name, 0)))
	t.observe("metadata", must(topics.GetMetadata(name)))
	t.observe("properties", t.outcome(topics.UpdateProperties(name, map[string]string{"a": "b"})))
	t.observe("properties then", must(topics.GetProperties(name)))
	t.observe("property removed", t.outcome(topics.RemoveProperty(name, "a")))
	producer := t.producer()
	sendAll(producer, numbered(0, 3))
	stats := must(topics.GetStats(name))
	t.observe("stats", []any{stats.MsgCounterIn, len(stats.Publishers), len(stats.Subscriptions)})
	internal := must(topics.GetInternalStats(name))
	t.observe("internal", []any{internal.NumberOfEntries, internal.State, len(internal.Ledgers)})
	last := must(topics.GetLastMessageID(name))
	t.observe("last", []any{last.EntryID, last.PartitionIndex, last.BatchIndex})
	t.observe("terminated", must(topics.Terminate(name)).EntryID)
	t.observe("unloaded", t.outcome(topics.Unload(name)))
	producer.Close()
	t.observe("deleted", t.outcome(topics.Delete(name, false, true)))
	t.observe("gone", t.outcome(topics.Delete(name, true, true)))
	_, err := topics.GetStats(name)
	t.observe("stats of none", t.outcome(err))
}

func adminPartitionedTopics(t *stage) {
	topics, name := t.admin().Topics(), nameOf(t.topic())
	t.observe("created", t.outcome(topics.CreateWithProperties(name, 2, map[string]string{"a": "b"})))
	t.observe("grown", t.outcome(topics.Update(name, 3)))
	t.observe("shrunk", t.outcome(topics.Update(name, 1)))
	t.observe("metadata", must(topics.GetMetadata(name)))
	partitioned, plain, err := topics.List(*must(utils.GetNamespaceName("public/default")))
	check(err)
	t.observe("listed", []any{t.mine(partitioned), t.mine(plain)})
	sendAll(t.producer(), numbered(0, 6))
	stats := must(topics.GetPartitionedStats(name, true))
	t.observe("stats", []any{len(stats.Publishers), len(stats.Partitions), stats.Metadata.Partitions})
	t.observe("deleted plainly", t.outcome(topics.Delete(name, true, true)))
	t.observe("deleted", t.outcome(topics.Delete(name, true, false)))
}

// mine are the names that belong to this scenario.
func (t *stage) mine(names []string) []string {
	found := []string{}
	for _, name := range names {
		if strings.HasPrefix(name, t.topic()) {
			found = append(found, t.plain(name))
		}
	}
	sort.Strings(found)
	return found
}

func adminSubscriptions(t *stage) {
	client := t.admin()
	subscriptions, name := client.Subscriptions(), nameOf(t.topic())
	ids := sendAll(t.producer(), numbered(0, 6))
	at := utils.MessageID{
		LedgerID: ids[2].LedgerID(), EntryID: ids[2].EntryID(), PartitionIndex: -1, BatchIndex: -1,
	}
	t.observe("created", t.outcome(subscriptions.Create(name, "sub", utils.Earliest)))
	t.observe("created again", t.outcome(subscriptions.Create(name, "sub", utils.Earliest)))
	t.observe("at the end", t.outcome(subscriptions.Create(name, "end", utils.Latest)))
	t.observe("at an id", t.outcome(subscriptions.Create(name, "third", at)))
	backlog := func(subscription string) int64 {
		return must(client.Topics().GetStats(name)).Subscriptions[subscription].MsgBacklog
	}
	t.observe("backlogs", []int64{backlog("sub"), backlog("end"), backlog("third")})
	t.observe("skipped", t.outcome(subscriptions.SkipMessages(name, "sub", 2)))
	t.observe("then", backlog("sub"))
	t.observe("reset to an id", t.outcome(subscriptions.ResetCursorToMessageID(name, "sub", at)))
	t.observe("then, at the id", backlog("sub"))
	t.observe("cleared", t.outcome(subscriptions.ClearBacklog(name, "sub")))
	t.observe("then, cleared", backlog("sub"))
	t.observe("reset to a time", t.outcome(subscriptions.ResetCursorToTimestamp(name, "sub", 0)))
	t.observe("then, from the start", backlog("sub"))
	t.observe("expired", t.outcome(subscriptions.ExpireMessages(name, "sub", 3600)))
	t.observe("of none", t.outcome(subscriptions.ClearBacklog(name, "none")))
	names := must(subscriptions.List(name))
	sort.Strings(names)
	t.observe("all", names)
	consumer := t.consumer()
	t.observe("in use", t.outcome(subscriptions.Delete(name, "sub")))
	t.observe("deleted by force", t.outcome(subscriptions.ForceDelete(name, "sub")))
	consumer.Close()
	t.observe("deleted", t.outcome(subscriptions.Delete(name, "third")))
}

func adminMessages(t *stage) {
	subscriptions, name := t.admin().Subscriptions(), nameOf(t.topic())
	ids := sendAll(t.producer(), numbered(0, 3))
	t.sendBatch(numbered(3, 6))
	check(subscriptions.Create(name, "sub", utils.Earliest))
	peeked := []string{}
	for _, message := range must(subscriptions.PeekMessages(name, "sub", 6)) {
		peeked = append(peeked, string(message.GetPayload()))
	}
	t.observe("peeked", peeked)
	message := must(subscriptions.GetMessageByID(name, ids[1].LedgerID(), ids[1].EntryID()))
	t.observe("by id", string(message.GetPayload()))
	found := must(t.admin().Topics().GetMessageID(name, 0))
	t.observe("by time", []any{found.LedgerID, found.EntryID})
	_, err := subscriptions.GetMessageByID(name, ids[1].LedgerID()+100_000, 0)
	t.observe("of none", t.outcome(err))
}

func adminNamespaces(t *stage) {
	client := t.admin()
	namespaces, name := client.Namespaces(), "public/"+t.name
	t.observe("created", t.outcome(namespaces.CreateNamespace(name)))
	t.observe("created again", t.outcome(namespaces.CreateNamespace(name)))
	policies := must(namespaces.GetPolicies(name))
	t.observe("bundles", policies.Bundles.NumBundles)
	partitions := 2
	creation := utils.TopicAutoCreationConfig{
		Allow: true, Type: utils.Partitioned, Partitions: &partitions,
	}
	in := *must(utils.GetNamespaceName(name))
	t.observe("auto creation", t.outcome(namespaces.SetTopicAutoCreation(in, creation)))
	t.observe("deduplication", t.outcome(namespaces.SetDeduplicationStatus(name, true)))
	topics := must(namespaces.GetTopics(name))
	t.observe("topics", len(topics))
	t.observe("deleted", t.outcome(namespaces.DeleteNamespace(name)))
	_, err := namespaces.GetPolicies(name)
	t.observe("policies of none", t.outcome(err))
}

// What is not given goes out as an empty text.
func adminClusters(t *stage) {
	clusters, name := t.admin().Clusters(), "go-"+t.name
	data := utils.ClusterData{
		Name: name, ServiceURL: "http://there:8080", BrokerServiceURL: "pulsar://there:6650",
	}
	t.observe("created", t.outcome(clusters.Create(data)))
	data.ServiceURL = "http://elsewhere:8080"
	t.observe("updated", t.outcome(clusters.Update(data)))
	found := must(clusters.Get(name))
	t.observe("then", []string{found.ServiceURL, found.ServiceURLTls, found.BrokerServiceURL})
	data.ServiceURLTls = "http://elsewhere:8443"
	t.observe("of another scheme", t.outcome(clusters.Update(data)))
	t.observe("deleted", t.outcome(clusters.Delete(name)))
}

/** Verbs and flags of pulsar-admin, and the requests behind them; read by `../table.ts`. */

export const brokers = `
list <cluster>: List active brokers of the cluster
  > GET brokers/{cluster}
leader-broker: Get the information of the leader broker
  > GET brokers/leaderBroker
namespaces <cluster>: List namespaces owned by the broker
  -u, --url <text> !  broker-url
  > GET brokers/{cluster}/{--url}/ownedNamespaces
update-dynamic-config: Update dynamic-serviceConfiguration of broker
  -c, --config <text> !  service-configuration name
  -v, --value <text> !  service-configuration value
  > POST brokers/configuration/{--config}/{--value}
delete-dynamic-config: Delete dynamic-serviceConfiguration of broker
  -c, --config <text> !  service-configuration name
  > DELETE brokers/configuration/{--config}
list-dynamic-config: Get list of updatable configuration name
  > GET brokers/configuration
get-all-dynamic-config: Get all overridden dynamic-configuration values
  > GET brokers/configuration/values map
get-internal-config: Get internal configuration information
  > GET brokers/internal-configuration
get-runtime-config: Get runtime configuration values
  > GET brokers/configuration/runtime map
healthcheck: Run a health check against the broker
  -tv, --topic-version <text>  topic version V1 is default
  > GET brokers/health?topicVersion={--topic-version}
backlog-quota-check: Manually trigger backlogQuotaCheck
  > GET brokers/backlog-quota-check
version: Get the version of the currently connected broker
  > GET brokers/version
shutdown: Shutdown broker gracefully.
  -m, --max-concurrent-unload-per-sec <n>  Max concurrent unload per second, if the value
  -f, --forced-terminate-topic  Force terminate all topics on Broker
  > POST brokers/shutdown?maxConcurrentUnloadPerSec={--max-concurrent-unload-per-sec}
    &forcedTerminateTopic={--forced-terminate-topic}
`;

export const brokerStats = `
monitoring-metrics: dump metrics for Monitoring
  -i, --indent  Indent JSON output
  > GET broker-stats/metrics
mbeans: dump mbean stats
  -i, --indent  Indent JSON output
  > GET broker-stats/mbeans
topics|destinations: dump topics stats
  -i, --indent  Indent JSON output
  > GET broker-stats/topics
allocator-stats <allocatorName>: dump allocator stats
  > GET broker-stats/allocator-stats/{allocatorName}
load-report: dump broker load-report
  > GET broker-stats/load-report
`;

export const bookies = `
racks-placement: Gets the rack placement information for all the bookies in the cluster
  > GET bookies/racks-info
list-bookies: List bookies
  > GET bookies/all
get-bookie-rack: Gets the rack placement information for a specific bookie in the cluster
  -b, --bookie <text> !  Bookie address (format: address:port)
  > GET bookies/racks-info/{--bookie}
delete-bookie-rack: Remove rack placement information for a specific bookie in the cluster
  -b, --bookie <text> !  Bookie address (format: address:port)
  > DELETE bookies/racks-info/{--bookie}
set-bookie-rack: Updates the rack placement information for a specific bookie in the cluster
  -g, --group <text>  Bookie group name
  -b, --bookie <text> !  Bookie address (format: address:port)
  -r, --rack <text> !  Bookie rack name
  -hn, --hostname <text>  Bookie host name
  > POST bookies/racks-info/{--bookie}?group={--group=default} {rack:--rack,hostname:--hostname}
`;

export const proxyStats = `
connections: dump connections metrics for Monitoring
  -i, --indent  Indent JSON output
  > GET /proxy-stats/connections
topics: dump topics metrics for Monitoring
  -i, --indent  Indent JSON output
  > GET /proxy-stats/topics
`;

export const functionsWorker = `
function-stats: Dump all functions stats running on this broker
  > GET worker-stats/functionsmetrics
monitoring-metrics: Dump metrics for Monitoring
  > GET worker-stats/metrics
get-cluster: Get all workers belonging to this cluster
  > GET worker/cluster
get-cluster-leader: Get the leader of the worker cluster
  > GET worker/cluster/leader
get-function-assignments: Get the assignments of the functions across the worker cluster
  > GET worker/assignments
rebalance: Triggers a rebalance of functions to workers
  > PUT worker/rebalance
`;

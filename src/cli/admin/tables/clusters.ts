/** Clusters, tenants and quotas: verbs and flags of pulsar-admin; read by `../table.ts`. */

export const clusters = `
get <cluster>: Get the configuration data for the specified cluster
  > GET clusters/{cluster}
create <clusterName>: Provisions a new cluster. This operation requires Pulsar super-user
  --url <text>  service-url
  --url-secure <text>  service-url for secure connection
  --broker-url <text>  broker-service-url
  --broker-url-secure <text>  broker-service-url for secure connection
  --proxy-url <text>  Proxy-service url when client would like to connect to broker via proxy.
  --auth-plugin <text>  authentication plugin
  --auth-parameters <text>  authentication parameters
  --proxy-protocol <text>  protocol to decide type of proxy routing eg: SNI
  --tls-enable  Enable tls connection
  --tls-allow-insecure  Allow insecure tls connection
  --tls-enable-keystore  Whether use KeyStore type to authenticate
  --tls-trust-store-type <text>  TLS TrustStore type configuration for internal client eg: JKS
  --tls-trust-store <text>  TLS TrustStore path for internal client
  --tls-trust-store-pwd <text>  TLS TrustStore password for internal client
  --tls-key-store-type <text>  TLS TrustStore type configuration for internal client eg: JKS
  --tls-key-store <text>  TLS KeyStore path for internal client
  --tls-key-store-pwd <text>  TLS KeyStore password for internal client
  --tls-trust-certs-filepath <text>  path for the trusted TLS certificate file
  --tls-key-filepath <text>  path for the TLS private key file
  --tls-certs-filepath <text>  path for the TLS certificate file
  --tls-factory-plugin <text>  TLS Factory Plugin to be used to generate SSL Context and SSL
  --tls-factory-plugin-params <text>  Parameters used by the TLS Factory Plugin
  --listener-name <text>  listenerName when client would like to connect to cluster
  --cluster-config-file <text>  The path to a YAML config file specifying the cluster's
  > PUT clusters/{clusterName} @cluster
update <clusterName>: Update the configuration for a cluster
  --url <text>  service-url
  --url-secure <text>  service-url for secure connection
  --broker-url <text>  broker-service-url
  --broker-url-secure <text>  broker-service-url for secure connection
  --proxy-url <text>  Proxy-service url when client would like to connect to broker via proxy.
  --auth-plugin <text>  authentication plugin
  --auth-parameters <text>  authentication parameters
  --proxy-protocol <text>  protocol to decide type of proxy routing eg: SNI
  --tls-enable  Enable tls connection
  --tls-allow-insecure  Allow insecure tls connection
  --tls-enable-keystore  Whether use KeyStore type to authenticate
  --tls-trust-store-type <text>  TLS TrustStore type configuration for internal client eg: JKS
  --tls-trust-store <text>  TLS TrustStore path for internal client
  --tls-trust-store-pwd <text>  TLS TrustStore password for internal client
  --tls-key-store-type <text>  TLS TrustStore type configuration for internal client eg: JKS
  --tls-key-store <text>  TLS KeyStore path for internal client
  --tls-key-store-pwd <text>  TLS KeyStore password for internal client
  --tls-trust-certs-filepath <text>  path for the trusted TLS certificate file
  --tls-key-filepath <text>  path for the TLS private key file
  --tls-certs-filepath <text>  path for the TLS certificate file
  --tls-factory-plugin <text>  TLS Factory Plugin to be used to generate SSL Context and SSL
  --tls-factory-plugin-params <text>  Parameters used by the TLS Factory Plugin
  --listener-name <text>  listenerName when client would like to connect to cluster
  --cluster-config-file <text>  The path to a YAML config file specifying the cluster's
  > POST clusters/{clusterName} @cluster
delete <cluster>: Deletes an existing cluster
  -a, --all  Delete all data (tenants) of the cluster
  > DELETE clusters/{cluster}
list: List the existing clusters
  -c, --current  Print the current cluster with (*)
  > GET clusters
update-peer-clusters <cluster>: Update peer cluster names
  --peer-clusters <text> !  Comma separated peer-cluster names [Pass empty string "" to delete
  > POST clusters/{cluster}/peers --peer-clusters list
get-cluster-migration <cluster>: Get the cluster migration configuration data for the specified
  > GET clusters/{cluster}/migrate
update-cluster-migration <cluster>: Update cluster migration
  --migrated  Is cluster migrated
  --service-url <text>  New migrated cluster service url
  --service-url-secure <text>  New migrated cluster service url secure
  --broker-url <text>  New migrated cluster broker service url
  --broker-url-secure <text>  New migrated cluster broker service url secure
  > POST clusters/{cluster}/migrate?migrated={--migrated}
    {serviceUrl:--service-url,serviceUrlTls:--service-url-secure,brokerServiceUrl:--broker-url,
    brokerServiceUrlTls:--broker-url-secure}
get-peer-clusters <cluster>: Get list of peer-clusters
  > GET clusters/{cluster}/peers
get-failure-domain <cluster>: Get the configuration brokers of a failure-domain
  --domain-name <text> !  domain-name
  > GET clusters/{cluster}/failureDomains/{--domain-name}
create-failure-domain <cluster>: Create a new failure-domain for a cluster. updates it if
  --domain-name <text> !  domain-name
  --broker-list <text>  Comma separated broker list
  > POST clusters/{cluster}/failureDomains/{--domain-name} {brokers:--broker-list}
update-failure-domain <cluster>: Update failure-domain for a cluster. Creates a new one if not
  --domain-name <text> !  domain-name
  --broker-list <text>  Comma separated broker list
  > POST clusters/{cluster}/failureDomains/{--domain-name} {brokers:--broker-list}
delete-failure-domain <cluster>: Deletes an existing failure-domain
  --domain-name <text> !  domain-name
  > DELETE clusters/{cluster}/failureDomains/{--domain-name}
list-failure-domains <cluster>: List the existing failure-domains for a cluster
  > GET clusters/{cluster}/failureDomains map
`;

export const tenants = `
list: List the existing tenants
  > GET tenants
get <tenant>: Gets the configuration of a tenant
  > GET tenants/{tenant}
create <tenant>: Creates a new tenant
  -r, --admin-roles <list>  Comma separated list of auth principal allowed to administrate the
  -c, --allowed-clusters <list>  Comma separated allowed clusters. If empty, the tenant will
  > @createTenant
update <tenant>: Updates the configuration for a tenant
  -r, --admin-roles <list>  Comma separated list of auth principal allowed to administrate the
  -c, --allowed-clusters <list>  Comma separated allowed clusters. If omitted, the current set
  > POST tenants/{tenant} @tenant
delete <tenant>: Deletes an existing tenant
  -f, --force  Delete a tenant forcefully by deleting all namespaces under it.
  > DELETE tenants/{tenant}?force={--force}
`;

export const resourcegroups = `
list: List the existing resourcegroups
  > GET resourcegroups
get <resourceGroupName>: Gets the configuration of a resourcegroup
  > GET resourcegroups/{resourceGroupName}
create <resourceGroupName>: Creates a new resourcegroup
  -mp, --msg-publish-rate <n>  message-publish-rate (default -1 will be overwrite if not passed)
  -bp, --byte-publish-rate <n>  byte-publish-rate (default -1 will be overwrite if not passed)
  -md, --msg-dispatch-rate <n>  message-dispatch-rate (default -1 will be overwrite if not passed)
  -bd, --byte-dispatch-rate <n>  byte-dispatch-rate (default -1 will be overwrite if not passed)
  > PUT resourcegroups/{resourceGroupName}
    {publishRateInMsgs:--msg-publish-rate,publishRateInBytes:--byte-publish-rate,
    dispatchRateInMsgs:--msg-dispatch-rate,dispatchRateInBytes:--byte-dispatch-rate}
update <resourceGroupName>: Updates a resourcegroup
  -mp, --msg-publish-rate <n>  message-publish-rate
  -bp, --byte-publish-rate <n>  byte-publish-rate
  -md, --msg-dispatch-rate <n>  message-dispatch-rate
  -bd, --byte-dispatch-rate <n>  byte-dispatch-rate
  > PUT resourcegroups/{resourceGroupName}
    {publishRateInMsgs:--msg-publish-rate,publishRateInBytes:--byte-publish-rate,
    dispatchRateInMsgs:--msg-dispatch-rate,dispatchRateInBytes:--byte-dispatch-rate}
delete <resourceGroupName>: Deletes an existing ResourceGroup
  > DELETE resourcegroups/{resourceGroupName}
`;

export const resourceQuotas = `
get: Get the resource quota for specified namespace bundle, or default quota if no
  -n, --namespace <text>  tenant/namespace, must be specified together with '--bundle'
  -b, --bundle <text>  {start-boundary}_{end-boundary}, must be specified together with
  > GET resource-quotas[/{--namespace|ns}/{--bundle}]
set: Set the resource quota for specified namespace bundle, or default quota if no
  -n, --namespace <text>  tenant/namespace, must be specified together with '--bundle'
  -b, --bundle <text>  {start-boundary}_{end-boundary}, must be specified together with
  -mi, --msgRateIn <n> !  expected incoming messages per second
  -mo, --msgRateOut <n> !  expected outgoing messages per second
  -bi, --bandwidthIn <n> !  expected inbound bandwidth (bytes/second)
  -bo, --bandwidthOut <n> !  expected outbound bandwidth (bytes/second)
  -mem, --memory <n> !  expected memory usage (Mbytes)
  -d, --dynamic  dynamic (allow to be dynamically re-calculated) or not
  > POST resource-quotas[/{--namespace|ns}/{--bundle}]
    {msgRateIn:--msgRateIn,msgRateOut:--msgRateOut,bandwidthIn:--bandwidthIn,
    bandwidthOut:--bandwidthOut,memory:--memory,dynamic:--dynamic=false}
reset-namespace-bundle-quota: Reset the specified namespace bundle's resource quota to default
  -n, --namespace <text> !  tenant/namespace
  -b, --bundle <text> !  {start-boundary}_{end-boundary}
  > DELETE resource-quotas/{--namespace|ns}/{--bundle}
`;

export const isolationPolicies = `
set <clusterName> <policyName>: Create/Update a namespace isolation policy for a cluster. This
  --namespaces <list> !  comma separated namespaces-regex list
  --primary <list> !  comma separated primary-broker-regex list
  --secondary <list>  comma separated secondary-broker-regex list
  --auto-failover-policy-type <text> !  auto failover policy type name ['min_available']
  --auto-failover-policy-params <map> !  comma separated name=value auto failover policy parameters
  --unload-scope <text>  which namespaces to unload: 'all_matching', 'none' or 'changed'
  > POST clusters/{clusterName}/namespaceIsolationPolicies/{policyName} @isolationPolicy
get <clusterName> <policyName>: Get namespace isolation policy of a cluster. This operation requires
  > GET clusters/{clusterName}/namespaceIsolationPolicies/{policyName}
list <clusterName>: List all namespace isolation policies of a cluster. This operation requires
  > GET clusters/{clusterName}/namespaceIsolationPolicies map
delete <clusterName> <policyName>: Delete namespace isolation policy of a cluster. This operation
  > DELETE clusters/{clusterName}/namespaceIsolationPolicies/{policyName}
brokers <clusterName>: List all brokers with namespace-isolation policies attached to it
  > GET clusters/{clusterName}/namespaceIsolationPolicies/brokers
broker <clusterName>: Get broker with namespace-isolation policies attached to it
  --broker <text> !  Broker-name to get namespace-isolation policies attached to it
  > GET clusters/{clusterName}/namespaceIsolationPolicies/brokers/{--broker}
`;

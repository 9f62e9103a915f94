/** Verbs and flags of pulsar-admin, and the requests behind them; read by `../table.ts`. */

export const schemas = `
get <topic>: Get the schema for a topic
  -a, --all-version  all version
  -v, --version <n>  version
  > GET schemas/{tnt}/schema[/{--version}] schema
  > --all-version? GET schemas/{tnt}/schemas
delete <topic>: Delete all versions schema of a topic
  -f, --force  whether to delete schema completely. If true, delete all resources (including
  > DELETE schemas/{tnt}/schema?force={--force}
upload <topic>: Update the schema for a topic
  -f, --filename <text> !  filename
  > POST schemas/{tnt}/schema @schemaFile
metadata <topic>: Get the schema for a topic
  > GET schemas/{tnt}/metadata
extract <topic>: Provide the schema via a topic
  -j, --jar <text> !  jar filepath
  -t, --type <text> !  type avro or json
  -c, --classname <text> !  class name of pojo
  -a, --always-allow-null <text>  set schema whether always allow null or not
  -n, --dry-run  dost not apply to schema registry, just prints the post schema payload
  > @extractSchema
compatibility <topic>: Test schema compatibility
  -f, --filename <text> !  filename
  > POST schemas/{tnt}/compatibility @schemaFile show
`;

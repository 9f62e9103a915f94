/** Verbs and flags of pulsar-admin, and the requests behind them; read by `../table.ts`. */

export const schemas = `
get <topic>: Get the schema for a topic
  -a, --all-version  all version
  > GET schemas/{tnt}/schema schema
  > --all-version? GET schemas/{tnt}/schemas
delete <topic>: Delete all versions schema of a topic
  -f, --force  whether to delete schema completely. If true, delete all resources (including
  > DELETE schemas/{tnt}/schema?force={--force}
upload <topic>: Update the schema for a topic
  -f, --filename <text> !  filename
  > POST schemas/{tnt}/schema @schemaFile
metadata <topic>: Get the schema for a topic
  > GET schemas/{tnt}/metadata
compatibility <topic>: Test schema compatibility
  -f, --filename <text> !  filename
  > POST schemas/{tnt}/compatibility @schemaFile show
`;

/** `/admin/v2/schemas`: no topic has a schema yet, and that is what is answered. */
import { BrokerError } from '../../base/errors.ts';
import type { Routes } from './call.ts';
import { topicOf } from './topic-of.ts';

const SCHEMAS = '/admin/v2/schemas/:tenant/:namespace/:topic';

export function schemaRoutes(routes: Routes): void {
  const none = () => {
    throw new BrokerError('topic-not-found', 'Schema not found');
  };
  routes.on('GET', `${SCHEMAS}/schema`, none);
  routes.on('GET', `${SCHEMAS}/schema/:version`, none);
  routes.on('GET', `${SCHEMAS}/schemas`, (call) => {
    topicOf(call);
    return { getSchemaResponses: [] };
  });
}

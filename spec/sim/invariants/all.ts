/** Every promise that a world is held to. */
import type { World } from '../world.ts';
import { Administration } from './administration.ts';
import { Bounds } from './bounds.ts';
import { BrokerNotes } from './broker-notes.ts';
import { Chunks } from './chunks.ts';
import { Compaction } from './compaction.ts';
import { Contents } from './contents.ts';
import { Coordinators } from './coordinators.ts';
import { Counters } from './counters.ts';
import { Deduplication } from './deduplication.ts';
import { Delays } from './delays.ts';
import { Discovery } from './discovery.ts';
import { Durability } from './durability.ts';
import { Deletion, Termination } from './endings.ts';
import { Epochs } from './epochs.ts';
import { Exclusivity } from './exclusivity.ts';
import { Fold } from './fold.ts';
import { Gaps } from './gaps.ts';
import { HalfOpen } from './half-open.ts';
import type { Invariant } from './invariant.ts';
import { KeyOwners } from './key-owners.ts';
import { Keys } from './keys.ts';
import { Limits } from './limits.ts';
import { ConsumerOrder, KeyOrder, ProducerOrder } from './order.ts';
import { Partitions } from './partitions.ts';
import { Passing } from './passing.ts';
import { PendingAcks } from './pending-acks.ts';
import { PolicyValues } from './policies.ts';
import { Priorities } from './priorities.ts';
import { ProducersDone } from './producers-done.ts';
import { PublishRates } from './publish-rates.ts';
import { Rates } from './rates.ts';
import { Removals } from './removals.ts';
import { Requests } from './requests.ts';
import { SettingsCount } from './settings.ts';
import { Soundness } from './soundness.ts';
import type { Stored } from './stored.ts';
import { SubscribeRates, SubscriptionEnds } from './subscription-ends.ts';
import { Subscriptions } from './subscriptions.ts';
import { AllOrNothing, Isolation, TransactionBegins, TransactionEnds } from './transactions.ts';
import { UnusedTopics } from './unused-topics.ts';

/** `stored` sees everything before they do. */
export function invariantsOf(world: World, stored: Stored): Invariant[] {
  return [
    new Keys(stored),
    new Chunks(stored),
    new BrokerNotes(world, stored),
    new Epochs(world, stored),
    new Gaps(stored),
    new Removals(stored),
    new Compaction(stored),
    new Rates(world),
    new PublishRates(world),
    new SubscriptionEnds(world),
    new SubscribeRates(world),
    new SettingsCount(world),
    new UnusedTopics(world),
    new Isolation(stored),
    new AllOrNothing(stored),
    new TransactionBegins(world, stored),
    new TransactionEnds(world, stored),
    new PendingAcks(world, stored),
    new Coordinators(world),
    new Soundness(),
    new Contents(),
    new Durability(),
    new ProducerOrder(world),
    new ConsumerOrder(stored),
    new KeyOrder(stored),
    new Deduplication(world, stored),
    new Exclusivity(world),
    new Priorities(),
    new Limits(world),
    new KeyOwners(world),
    new Delays(world),
    new Passing(),
    new Termination(world),
    new Deletion(world),
    new Partitions(),
    new Discovery(world),
    new PolicyValues(),
    new Administration(world),
    new Requests(world),
    new HalfOpen(),
    new ProducersDone(),
    new Subscriptions(world, stored),
    new Counters(),
    new Bounds(),
    new Fold(),
  ];
}

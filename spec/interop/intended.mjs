// Where VelaMQ differs from Pulsar on purpose, and why: `scenario fact`, or `scenario` for all of it.
// What clients can meet of this is in docs/compatibility.md, too.

const BAD_NAME = 'a malformed name is answered, not hung up on';
const NO_SYSTEM_TOPICS = 'policies are no messages of a topic here';
const SAYS_MORE = 'says that the namespace is missing, where Pulsar has not loaded its bundle';

const LEFT_OVER =
  'what comes for a transaction that is over is refused: it would hold up its topic';
const NOT_ACKNOWLEDGED =
  'the rest of a batch is not lost because the broker started again before the commit';
const ENDS = 'a transaction ends in a topic that is terminated, too';
const INDEXES_SURVIVE = 'acknowledged indexes of a batch survive here as all acknowledgements do';
const NO_TOPIC = 'a malformed name is refused';

const INTENDED = {
  'raw.non_persistent.what_needs_a_cursor last': 'says what is the matter',
  'python.restart.index_acknowledgements_over_an_orderly_restart delivered': INDEXES_SURVIVE,
  'python.redelivery.counts_start_afresh_when_all_consumers_have_left after':
    'redelivery counts are durable here',
  'raw.combined.batches_acknowledged_in_parts after that': INDEXES_SURVIVE,
  'raw.combined.batches_acknowledged_in_parts the rest': INDEXES_SURVIVE,
  'raw.handshake.features_are_announced': 'deduplication among replicated clusters: not there yet',
  'raw.names.produced_to persistent://nope/default/TOPIC': SAYS_MORE,
  'raw.names.produced_to persistent://public/nope/TOPIC': SAYS_MORE,
  'raw.names.subscribed_to persistent://nope/default/TOPIC': SAYS_MORE,
  'raw.names.subscribed_to persistent://public/nope/TOPIC': SAYS_MORE,
  'raw.names.subscribed_to persistent://public/default/TOPIC-parted-partition-2':
    'the words that producers hear',
  'raw.names.asked_for_partitions persistent://public/default/__change_events, to look':
    NO_SYSTEM_TOPICS,
  'raw.names.asked_for_a_schema persistent://public/default/__change_events': NO_SYSTEM_TOPICS,
  'raw.lookup.with_one_request_id_twice answers':
    'a request id that is in use cannot be answered twice: the client is hung up on',
  'raw.topics.of_namespaces_that_are_none': BAD_NAME,
  'raw.watching.that_is_refused no namespace': BAD_NAME,
  'raw.schema.asked_for_by_producers no topic': BAD_NAME,
  'raw.schema.registered_by_producers a short version': BAD_NAME,
  'raw.schema.registered_by_consumers another': 'the reason names the field',
  'raw.topics.of_a_namespace pattern persistent://public/TOPIC/(': 'left to the client',
  'raw.watching.that_is_refused a broken pattern': 'the words of another engine',
  'raw.watching.that_is_refused a look ahead': 'the engine cannot be stopped, and knows less',
  'raw.watching.that_is_refused closing nobody': 'nothing is watched, which is what was asked for',
  'raw.watching.that_is_refused then': 'the same',
  'raw.permits.before_the_answer answers': 'permits that come early are kept',
  'raw.message.for_old_clients': 'clients older than protocol 11 are sent the checksum, too',
  'raw.frames.with_commands_that_cannot_be_read type twice': 'the first type counts, not the last',
  'raw.frames.with_commands_that_cannot_be_read a group': 'unknown fields of all kinds are skipped',
  'raw.frames.with_commands_that_cannot_be_read a body of another type':
    'a body that is missing is empty',
  'raw.producer.names empty': 'an empty name is none: one is given',
  'raw.producer.access_modes the fenced one sends': 'an error for that producer alone',
  'raw.exclusive.fencing_drives_all_out it sends': 'an error for that producer alone',
  'raw.producer.on_a_terminated_topic end': 'told before it asks for messages',
  'python.rates.dispatch_is_slowed_down_by_a_resource_group held_back':
    'a dispatch rate of a group counts from the first message on; Pulsar sent 60 at once at 20/s',
  'raw.transactions.are_refused END_TXN_ON_PARTITION': 'refused as all of transactions is',
  'raw.transactions.are_refused END_TXN_ON_SUBSCRIPTION': 'refused as all of transactions is',
  'raw.transacting.odd_participants : added': NO_TOPIC,
  'raw.transacting.odd_participants : there': NO_TOPIC,
  'raw.transacting.odd_participants a/b: added': NO_TOPIC,
  'raw.transacting.odd_participants a/b: there': NO_TOPIC,
  'raw.transacting.ended_again commit: sent late': LEFT_OVER,
  'raw.transacting.ended_again abort: sent late': LEFT_OVER,
  'raw.transacting.ended_again seen': LEFT_OVER,
  'raw.transacting.ended_by_time sent': LEFT_OVER,
  'raw.transacting.ended_by_time acknowledged late': LEFT_OVER,
  'raw.transacting.acknowledged_for_nobody': LEFT_OVER,
  'raw.transacting.of_indexes two committed':
    'acknowledging a part of a batch does not forget how often it was sent',
  'raw.transacting.while_its_topic_goes unloaded, abort: seen':
    'a message that is given back counts as sent again, also behind an unload',
  'java.combined.the_last_id_of_what_was_truncated 2 truncate':
    'the new ledger is named at once, where Pulsar names none before the topic is loaded again',
  'raw.transacting.while_its_topic_is_terminated terminated, commit: ended': ENDS,
  'raw.transacting.while_its_topic_is_terminated terminated, commit: seen': ENDS,
  'raw.transacting.while_its_topic_is_terminated terminated, abort: ended': ENDS,
  'raw.transaction_killed.is_out_of_time sent in it': LEFT_OVER,
  'raw.transaction_killed.has_ended commit: sent': LEFT_OVER,
  'raw.transaction_killed.has_ended commit: came': LEFT_OVER,
  'raw.transaction_killed.has_ended abort: sent': LEFT_OVER,
  'raw.transaction_killed.holds_parts commit: left': NOT_ACKNOWLEDGED,
  'raw.transaction_stopped.is_out_of_time sent in it': LEFT_OVER,
  'raw.transaction_stopped.has_ended commit: sent': LEFT_OVER,
  'raw.transaction_stopped.has_ended commit: came': LEFT_OVER,
  'raw.transaction_stopped.has_ended abort: sent': LEFT_OVER,
  'raw.transaction_stopped.holds_parts commit: left': NOT_ACKNOWLEDGED,
  'go.transaction.all_or_nothing after the abort': 'Pulsar delivers it: Go marks SENDs alone',
  'go.transaction.all_or_nothing committed after a kill': 'the same message is among them',
  'raw.send.transactions_and_markers a marker': 'a marker of a stranger would be lost to readers',
  'raw.send.entries_that_are_broken of another magic':
    'an entry that cannot be read stalls its readers',
  'raw.send.entries_that_are_broken of the magic alone': 'an error is enough',
  'raw.send.receipts with a lower highest': 'echoed as it came',
};

/** Why this fact may differ; undefined when it may not. */
export function intended(scenario, fact) {
  return INTENDED[`${scenario} ${fact}`] ?? INTENDED[scenario];
}

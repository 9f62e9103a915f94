/** Verbs and flags of pulsar-admin, and the requests behind them; read by `../table.ts`. */

export const transactions = `
coordinator-internal-stats: Get transaction coordinator internal stats
  -c, --coordinator-id <n> !  The coordinator id
  -m, --metadata  Flag to include ledger metadata
  > GET /admin/v3/transactions/coordinatorInternalStats/{--coordinator-id}?metadata={--metadata}
pending-ack-internal-stats: Get pending ack internal stats
  -t, --topic <text> !  Topic name
  -s, --subscription-name <text> !  Subscription name
  -m, --metadata  Flag to include ledger metadata
  > GET /admin/v3/transactions/pendingAckInternalStats/{--topic|tnt}/{--subscription-name}
    ?metadata={--metadata}
buffer-snapshot-internal-stats: Get transaction buffer internal stats
  -t, --topic <text> !  Topic name
  -m, --metadata  Flag to include ledger metadata
  > GET /admin/v3/transactions/transactionBufferInternalStats/{--topic|tnt}?metadata={--metadata}
coordinator-stats: Get transaction coordinator stats
  -c, --coordinator-id <n>  The coordinator id
  > GET /admin/v3/transactions/coordinatorStats?coordinatorId={--coordinator-id}
transaction-buffer-stats: Get transaction buffer stats
  -t, --topic <text> !  The topic
  -l, --low-water-mark  Whether to get information about lowWaterMarks stored in transaction
  -s, --segment-stats  Whether to get segment statistics.
  > GET /admin/v3/transactions/transactionBufferStats/{--topic|tnt}
    ?lowWaterMarks={--low-water-mark}&segmentStats={--segment-stats}
pending-ack-stats: Get transaction pending ack stats
  -t, --topic <text> !  The topic name
  -s, --sub-name <text> !  The subscription name
  -l, --low-water-mark  Whether to get information about lowWaterMarks stored in transaction
  > GET /admin/v3/transactions/pendingAckStats/{--topic|tnt}/{--sub-name}
    ?lowWaterMarks={--low-water-mark}
transaction-in-buffer-stats: Get transaction in buffer stats
  -m, --most-sig-bits <n> !  The most sig bits
  -l, --least-sig-bits <n> !  The least sig bits
  -t, --topic <text> !  The topic name
  > GET /admin/v3/transactions/transactionInBufferStats/{--topic|tnt}/{--most-sig-bits}
    /{--least-sig-bits}
transaction-in-pending-ack-stats: Get transaction in pending ack stats
  -m, --most-sig-bits <n> !  The most sig bits
  -l, --least-sig-bits <n> !  The least sig bits
  -t, --topic <text> !  The topic name
  -s, --sub-name <text> !  The subscription name
  > GET /admin/v3/transactions/transactionInPendingAckStats/{--topic|tnt}/{--sub-name}
    /{--most-sig-bits}/{--least-sig-bits}
transaction-metadata: Get transaction metadata
  -m, --most-sig-bits <n> !  The most sig bits
  -l, --least-sig-bits <n> !  The least sig bits
  > GET /admin/v3/transactions/transactionMetadata/{--most-sig-bits}/{--least-sig-bits}
slow-transactions: Get slow transactions.
  -c, --coordinator-id <n>  The coordinator id
  -t, --time <millis> !  The transaction timeout time. (eg: 1s, 10s, 1m, 5h, 3d)
  > GET /admin/v3/transactions/slowTransactions/{--time}?coordinatorId={--coordinator-id}
scale-transactionCoordinators: Update the scale of transaction coordinators
  -r, --replicas <n>  The scale of the transaction coordinators
  > POST /admin/v3/transactions/transactionCoordinator/replicas --replicas
position-stats-in-pending-ack: Get the position stats in transaction pending ack
  -t, --topic <text> !  The topic name
  -s, --subscription-name <text> !  Subscription name
  -l, --ledger-id <n> !  Ledger ID of the position
  -e, --entry-id <n> !  Entry ID of the position
  -b, --batch-index <n>  Batch index of the position
  > GET /admin/v3/transactions/pendingAckStats/{--topic|tnt}/{--subscription-name}/{--ledger-id}
    /{--entry-id}?batchIndex={--batch-index}
coordinators-list: List transaction coordinators
  > GET /admin/v3/transactions/coordinators
abort-transaction: Abort transaction
  -m, --most-sig-bits <n> !  The most sig bits
  -l, --least-sig-bits <n> !  The least sig bits
  > POST /admin/v3/transactions/abortTransaction/{--most-sig-bits}/{--least-sig-bits}
`;

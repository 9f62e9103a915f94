/**
 * Names of transactions: the number of the coordinator that began one, and a number that it never
 * gives again. Written as Pulsar writes them, `(3,17)`.
 */
export type TxnId = string;

export interface TxnIdParts {
  /** Pulsar's most significant bits. */
  readonly coordinator: number;
  /** And the least significant ones. */
  readonly sequence: number;
}

export function txnId(coordinator: number, sequence: number): TxnId {
  return `(${coordinator},${sequence})`;
}

export function partsOf(txn: TxnId): TxnIdParts {
  const comma = txn.indexOf(',');
  return { coordinator: Number(txn.slice(1, comma)), sequence: Number(txn.slice(comma + 1, -1)) };
}

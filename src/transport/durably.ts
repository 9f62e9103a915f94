/** Views show what is decided; a client hears of it once it is durable. */
import type { Broker } from '../actors/broker.ts';

/**
 * What `look` gives or throws, once all that it can have seen is on the disk. Rejects with
 * `service-not-ready` when it will never be.
 */
export async function durably<T>(
  broker: Pick<Broker, 'settled'>,
  look: () => T | Promise<T>,
): Promise<T> {
  try {
    return await look();
  } finally {
    await broker.settled();
  }
}

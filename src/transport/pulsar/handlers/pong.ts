/** PONG: its arrival was the sign of life, as anything else is. */
import type { Session } from '../session.ts';

export function pong(_session: Session): void {}

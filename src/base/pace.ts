/**
 * Rate limits as token buckets, with the behaviour of Pulsar's AsyncTokenBucket: a bucket holds one
 * period's worth at most, and is full at first; what is taken may exceed what is there, and then
 * nothing more is let through before the debt is paid off. Plain data and functions of the time.
 */

/** 0 and below set no limit. */
export interface Rate {
  readonly messages: number;
  readonly bytes: number;
  /** In which so many are let through. */
  readonly periodMs: number;
}

interface Bucket {
  perMs: number;
  capacity: number;
  /** At `atMs`; below 0 while more was taken than there was. */
  tokens: number;
  atMs: number;
}

/** One limit on messages and one on bytes, either of which may be absent. */
export interface Pace {
  readonly messages: Bucket | undefined;
  readonly bytes: Bucket | undefined;
}

/** What may pass now; both are above 0 or nothing may. */
export interface Room {
  readonly messages: number;
  readonly bytes: number;
}

/** Who was held back waits for what this time brings, so that it is not called for every token. */
const RESOLUTION_MS = 16;

export function isNoRate({ messages, bytes }: Rate): boolean {
  return messages <= 0 && bytes <= 0;
}

/** Whether both let the same through: who keeps to one need not begin anew for the other. */
export function isSameLimit(a: Rate, b: Rate): boolean {
  return a.messages === b.messages && a.bytes === b.bytes && a.periodMs === b.periodMs;
}

/** Undefined where the rate is no limit. */
export function newPace(rate: Rate, nowMs: number): Pace | undefined {
  if (isNoRate(rate)) return undefined;
  const { messages, bytes, periodMs } = rate;
  const bucket = (rate: number): Bucket | undefined =>
    rate <= 0
      ? undefined
      : { perMs: rate / Math.max(1, periodMs), capacity: rate, tokens: rate, atMs: nowMs };
  return { messages: bucket(messages), bytes: bucket(bytes) };
}

/** Whole messages and bytes; infinite where there is no limit. */
export function roomOf({ messages, bytes }: Pace, nowMs: number): Room {
  return { messages: roomIn(messages, nowMs), bytes: roomIn(bytes, nowMs) };
}

export function hasRoom({ messages, bytes }: Room): boolean {
  return messages > 0 && bytes > 0;
}

/** Takes what has passed, whether there was room for it or not. */
export function draw(pace: Pace, messages: number, bytes: number, nowMs: number): void {
  drawFrom(pace.messages, messages, nowMs);
  drawFrom(pace.bytes, bytes, nowMs);
}

/** Goes on at another rate, with what is left. What had no limit gets none. */
export function changeRate(pace: Pace, { messages, bytes, periodMs }: Rate, nowMs: number): void {
  changeBucket(pace.messages, messages, periodMs, nowMs);
  changeBucket(pace.bytes, bytes, periodMs, nowMs);
}

/** When there is room again for those that were held back. */
export function readyAtMs({ messages, bytes }: Pace, nowMs: number): number {
  return nowMs + Math.max(delayOf(messages, nowMs), delayOf(bytes, nowMs));
}

/** When everything is full again: the same time until something more is drawn. */
export function refilledAtMs({ messages, bytes }: Pace, nowMs: number): number {
  const delayMs = (bucket: Bucket | undefined) =>
    bucket === undefined ? 0 : (bucket.capacity - tokensIn(bucket, nowMs)) / bucket.perMs;
  return nowMs + Math.ceil(Math.max(delayMs(messages), delayMs(bytes)));
}

function roomIn(bucket: Bucket | undefined, nowMs: number): number {
  return bucket === undefined ? Number.POSITIVE_INFINITY : Math.floor(tokensIn(bucket, nowMs));
}

/** Clocks may go back; tokens do not. */
function tokensIn({ tokens, perMs, capacity, atMs }: Bucket, nowMs: number): number {
  return Math.min(capacity, tokens + Math.max(0, nowMs - atMs) * perMs);
}

function drawFrom(bucket: Bucket | undefined, count: number, nowMs: number): void {
  if (bucket === undefined) return;
  bucket.tokens = tokensIn(bucket, nowMs) - count;
  bucket.atMs = nowMs;
}

function changeBucket(
  bucket: Bucket | undefined,
  rate: number,
  periodMs: number,
  nowMs: number,
): void {
  if (bucket === undefined) return;
  drawFrom(bucket, 0, nowMs);
  bucket.perMs = rate / Math.max(1, periodMs);
  bucket.capacity = rate;
}

function delayOf(bucket: Bucket | undefined, nowMs: number): number {
  if (bucket === undefined || roomIn(bucket, nowMs) > 0) return 0;
  const wanted = Math.min(bucket.capacity, Math.max(1, bucket.perMs * RESOLUTION_MS));
  return Math.ceil((wanted - tokensIn(bucket, nowMs)) / bucket.perMs);
}

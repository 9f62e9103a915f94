/** Requests of OTLP, as JSON and as protobuf (opentelemetry-proto, metrics/v1). */
import type { Attributes, Instrument } from './instruments.ts';
import type { Point, Series } from './points.ts';

/** What all points of an export share. */
export interface Frame {
  readonly resource: Attributes;
  readonly version: string;
  /** When counting began, and when it was read, in ms since the epoch. */
  readonly startMs: number;
  readonly nowMs: number;
}

const SCOPE = 'org.apache.pulsar.broker';

/** AGGREGATION_TEMPORALITY_CUMULATIVE */
const CUMULATIVE = 2;

export function encodeJson(frame: Frame, all: readonly Series[]): Buffer {
  const dataPoints = ({ kind }: Instrument<never>, points: readonly Point[]) =>
    points.map(({ attributes, value }) => ({
      attributes: jsonAttributes(attributes),
      ...(kind === 'gauge' ? {} : { startTimeUnixNano: nanosOf(frame.startMs) }),
      timeUnixNano: nanosOf(frame.nowMs),
      ...(Number.isSafeInteger(value) ? { asInt: String(value) } : { asDouble: value }),
    }));
  const metrics = all.map(({ instrument, points }) => {
    const { name, unit, description, kind } = instrument;
    const data = { dataPoints: dataPoints(instrument, points) };
    const sum = { ...data, aggregationTemporality: CUMULATIVE, isMonotonic: kind === 'counter' };
    return { name, description, unit, ...(kind === 'gauge' ? { gauge: data } : { sum }) };
  });
  const scopeMetrics = [{ scope: { name: SCOPE, version: frame.version }, metrics }];
  const resource = { attributes: jsonAttributes(frame.resource) };
  return Buffer.from(JSON.stringify({ resourceMetrics: [{ resource, scopeMetrics }] }));
}

function jsonAttributes(attributes: Attributes) {
  return Object.entries(attributes).map(([key, value]) => ({
    key,
    value: typeof value === 'number' ? { intValue: String(value) } : { stringValue: value },
  }));
}

/** Nanoseconds do not fit a number, so they are a text in JSON. */
function nanosOf(ms: number): string {
  return `${Math.round(ms)}000000`;
}

export function encodeProtobuf(frame: Frame, all: readonly Series[]): Buffer {
  const metrics = all.map((series) => message(2, metricOf(frame, series)));
  const scope = message(1, [text(1, SCOPE), text(2, frame.version)]);
  const resource = message(1, attributesOf(1, frame.resource));
  return Buffer.concat(message(1, [...resource, ...message(2, [...scope, ...metrics.flat()])]));
}

/** Parts of a message, in order. */
type Parts = readonly Buffer[];

function metricOf(frame: Frame, { instrument, points }: Series): Parts {
  const { name, unit, description, kind } = instrument;
  const dataPoints = points.flatMap((point) => message(1, pointOf(frame, kind, point)));
  const head = [text(1, name), text(2, description), text(3, unit)];
  if (kind === 'gauge') return [...head, ...message(5, dataPoints)];
  const isMonotonic = kind === 'counter' ? [whole(3, 1)] : [];
  return [...head, ...message(7, [...dataPoints, whole(2, CUMULATIVE), ...isMonotonic])];
}

/** One of 18 or 27 bytes: its times, and its value as `as_int` or `as_double`. */
function pointOf(frame: Frame, kind: Instrument<never>['kind'], { attributes, value }: Point) {
  const start = kind === 'gauge' ? [] : [fixed(2, BigInt(nanosOf(frame.startMs)))];
  const isWhole = Number.isSafeInteger(value);
  const number = isWhole ? fixed(6, BigInt.asUintN(64, BigInt(value))) : double(4, value);
  return [...start, fixed(3, BigInt(nanosOf(frame.nowMs))), number, ...attributesOf(7, attributes)];
}

function attributesOf(field: number, attributes: Attributes): Parts {
  return Object.entries(attributes).flatMap(([key, value]) => {
    const any = typeof value === 'number' ? whole(3, value) : text(1, value);
    return message(field, [text(1, key), ...message(2, [any])]);
  });
}

const LENGTH_DELIMITED = 2;
const FIXED_64 = 1;

function message(field: number, parts: Parts): Parts {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  return [varints((field << 3) | LENGTH_DELIMITED, length), ...parts];
}

function text(field: number, value: string): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([varints((field << 3) | LENGTH_DELIMITED, bytes.length), bytes]);
}

function whole(field: number, value: number): Buffer {
  return varints(field << 3, value);
}

function fixed(field: number, value: bigint): Buffer {
  const bytes = Buffer.allocUnsafe(9);
  bytes[0] = (field << 3) | FIXED_64;
  bytes.writeBigUInt64LE(value, 1);
  return bytes;
}

function double(field: number, value: number): Buffer {
  const bytes = Buffer.allocUnsafe(9);
  bytes[0] = (field << 3) | FIXED_64;
  bytes.writeDoubleLE(value, 1);
  return bytes;
}

/** Two numbers from 0 on, one after the other. */
function varints(...values: readonly number[]): Buffer {
  const bytes: number[] = [];
  for (const value of values) {
    let rest = value;
    for (; rest > 0x7f; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) | 0x80);
    bytes.push(rest);
  }
  return Buffer.from(bytes);
}

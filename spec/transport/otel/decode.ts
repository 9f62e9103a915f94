/** Reads requests of OTLP as a collector does: by the field numbers of opentelemetry-proto. */

export interface Decoded {
  readonly resource: Record<string, string | number>;
  readonly metrics: readonly DecodedMetric[];
}

interface DecodedMetric {
  readonly name: string;
  readonly unit: string;
  readonly kind: 'sum' | 'gauge';
  readonly isMonotonic: boolean;
  readonly points: readonly {
    readonly attributes: Record<string, string | number>;
    readonly value: number;
  }[];
}

export function decodeRequest(body: Buffer, type: string): Decoded {
  return type === 'application/json' ? fromJson(body) : fromProtobuf(body);
}

interface JsonPoint {
  readonly attributes: readonly JsonAttribute[];
  readonly asInt?: string;
  readonly asDouble?: number;
}

interface JsonData {
  readonly dataPoints: readonly JsonPoint[];
  readonly isMonotonic?: boolean;
}

interface JsonAttribute {
  readonly key: string;
  readonly value: { readonly stringValue?: string; readonly intValue?: string };
}

function fromJson(body: Buffer): Decoded {
  const [first] = JSON.parse(body.toString()).resourceMetrics;
  const [scope] = first.scopeMetrics;
  return {
    resource: attributesOf(first.resource.attributes),
    metrics: scope.metrics.map((metric: Record<string, never>) => {
      const { name, unit, sum, gauge } = metric;
      const { dataPoints, isMonotonic = false } = (sum ?? gauge) as unknown as JsonData;
      const points = dataPoints.map(({ attributes, asInt, asDouble }) => {
        return { attributes: attributesOf(attributes), value: asDouble ?? Number(asInt) };
      });
      return { name, unit, kind: sum === undefined ? 'gauge' : 'sum', isMonotonic, points };
    }),
  };
}

function attributesOf(all: readonly JsonAttribute[]): Record<string, string | number> {
  return Object.fromEntries(
    all.map(({ key, value }) => [key, value.stringValue ?? Number(value.intValue)]),
  );
}

/** The fields of a message: numbers for varints, bytes for all others. */
function fieldsOf(bytes: Buffer): { readonly field: number; readonly value: Buffer | number }[] {
  const fields: { field: number; value: Buffer | number }[] = [];
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let weight = 1; ; weight *= 0x80) {
      const byte = bytes[at]!;
      at += 1;
      value += (byte & 0x7f) * weight;
      if (byte < 0x80) return value;
    }
  };
  while (at < bytes.length) {
    const tag = varint();
    const field = tag >>> 3;
    if ((tag & 7) === 0) fields.push({ field, value: varint() });
    else {
      const length = (tag & 7) === 1 ? 8 : varint();
      fields.push({ field, value: bytes.subarray(at, at + length) });
      at += length;
    }
  }
  return fields;
}

function all(bytes: Buffer, wanted: number): Buffer[] {
  return fieldsOf(bytes).flatMap(({ field, value }) => {
    return field === wanted && Buffer.isBuffer(value) ? [value] : [];
  });
}

function one(bytes: Buffer, wanted: number): Buffer {
  return all(bytes, wanted)[0] ?? Buffer.alloc(0);
}

function fromProtobuf(body: Buffer): Decoded {
  const resourceMetrics = one(body, 1);
  return {
    resource: keyValues(all(one(resourceMetrics, 1), 1)),
    metrics: all(one(resourceMetrics, 2), 2).map((metric) => {
      const [sum] = all(metric, 7);
      const data = sum ?? one(metric, 5);
      return {
        name: one(metric, 1).toString(),
        unit: one(metric, 3).toString(),
        kind: sum === undefined ? 'gauge' : 'sum',
        isMonotonic: fieldsOf(data).some(({ field, value }) => field === 3 && value === 1),
        points: all(data, 1).map((point) => ({
          attributes: keyValues(all(point, 7)),
          value: numberOf(point),
        })),
      };
    }),
  };
}

function numberOf(point: Buffer): number {
  const [double] = all(point, 4);
  return double === undefined ? Number(one(point, 6).readBigInt64LE()) : double.readDoubleLE();
}

function keyValues(pairs: readonly Buffer[]): Record<string, string | number> {
  return Object.fromEntries(
    pairs.map((pair) => {
      const [any] = fieldsOf(one(pair, 2));
      const value = Buffer.isBuffer(any?.value) ? any.value.toString() : (any?.value ?? 0);
      return [one(pair, 1).toString(), value];
    }),
  );
}

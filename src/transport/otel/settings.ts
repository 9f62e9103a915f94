/**
 * Where metrics are exported to, by the variables of OpenTelemetry's specification. As in Pulsar
 * nothing is exported unless `OTEL_SDK_DISABLED=false`.
 */
import { BrokerError } from '../../base/errors.ts';

export interface ExportSettings {
  /** Where requests are posted. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly protocol: Protocol;
  readonly isCompressed: boolean;
  readonly timeoutMs: number;
  readonly intervalMs: number;
  /** Points of one metric; what there are more is summed up in one. */
  readonly maxPoints: number;
  /** What the metrics are of. */
  readonly resource: Readonly<Record<string, string>>;
}

export type Protocol = 'http/protobuf' | 'http/json';

export type Environment = Readonly<Record<string, string | undefined>>;

/** What is exported without `OTEL_SDK_DISABLED=false`: nothing. */
export function isExportWanted(env: Environment): boolean {
  const exporter = env['OTEL_METRICS_EXPORTER'] ?? 'otlp';
  return env['OTEL_SDK_DISABLED']?.toLowerCase() === 'false' && exporter !== 'none';
}

/** Throws `bad-option` for what cannot be done or read. */
export function exportSettings(env: Environment): ExportSettings {
  const name = (key: string) => `OTEL_EXPORTER_OTLP_${key}`;
  const text = (key: string) => env[name(`METRICS_${key}`)] ?? env[name(key)];
  const exporter = env['OTEL_METRICS_EXPORTER'] ?? 'otlp';
  if (exporter !== 'otlp') throw bad('OTEL_METRICS_EXPORTER', exporter, 'otlp or none');
  const compression = text('COMPRESSION') ?? 'none';
  if (compression !== 'none' && compression !== 'gzip') {
    throw bad(name('COMPRESSION'), compression, 'none or gzip');
  }
  return {
    url: urlOf(env),
    headers: pairsOf(text('HEADERS') ?? '', name('HEADERS')),
    protocol: protocolOf(text('PROTOCOL') ?? 'http/protobuf', name('PROTOCOL')),
    isCompressed: compression === 'gzip',
    timeoutMs: numberOf(text('TIMEOUT') ?? '10000', name('TIMEOUT')),
    intervalMs: numberOf(
      env['OTEL_METRIC_EXPORT_INTERVAL'] ?? '60000',
      'OTEL_METRIC_EXPORT_INTERVAL',
    ),
    maxPoints: numberOf(env[CARDINALITY] ?? '10000', CARDINALITY),
    resource: {
      'service.name': 'pulsar-broker',
      ...pairsOf(env['OTEL_RESOURCE_ATTRIBUTES'] ?? '', 'OTEL_RESOURCE_ATTRIBUTES'),
      ...(env['OTEL_SERVICE_NAME'] ? { 'service.name': env['OTEL_SERVICE_NAME'] } : {}),
    },
  };
}

/** The name that Pulsar's SDK gives it. */
const CARDINALITY = 'OTEL_JAVA_METRICS_CARDINALITY_LIMIT';

/** An address for metrics is taken as it is, one for everything gets their path. */
function urlOf(env: Environment): string {
  const own = env['OTEL_EXPORTER_OTLP_METRICS_ENDPOINT'];
  const all = env['OTEL_EXPORTER_OTLP_ENDPOINT'] ?? 'http://localhost:4318';
  const url = own ?? `${all.replace(/\/+$/, '')}/v1/metrics`;
  if (!/^https?:$/.test(URL.canParse(url) ? new URL(url).protocol : '')) {
    throw bad(
      'OTEL_EXPORTER_OTLP_ENDPOINT',
      url,
      'an address that begins with http:// or https://',
    );
  }
  return url;
}

function protocolOf(text: string, name: string): Protocol {
  if (text === 'http/protobuf' || text === 'http/json') return text;
  throw bad(name, text, 'http/protobuf or http/json');
}

function numberOf(text: string, name: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value > 0) return value;
  throw bad(name, text, 'a whole number above 0');
}

/** `name=value,name=value`, percent-encoded. */
function pairsOf(text: string, name: string): Record<string, string> {
  const pairs = text.split(',').filter((pair) => pair.trim() !== '');
  return Object.fromEntries(
    pairs.map((pair) => {
      const [, key = '', value = ''] = /^\s*([^=\s]+)\s*=\s*(.*?)\s*$/.exec(pair) ?? [];
      // Not shown: headers hold credentials.
      if (key === '') throw bad(name, '', 'a list such as name=value,name=value');
      return [key, decoded(value)];
    }),
  );
}

function decoded(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}

function bad(name: string, text: string, mustBe: string): BrokerError {
  const shown = text === '' ? name : `${name}=${text}`;
  return new BrokerError('bad-option', `environment variable ${shown}: must be ${mustBe}`);
}

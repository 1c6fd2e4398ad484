import type { StatusView } from './status-view.ts';
import type { Fact } from './view-model.ts';
import { UNKNOWN, bytesText, counted, durationText, numberText, sinceText, timeText } from './wording.ts';

/** Single values. @param now milliseconds since the epoch */
export function factsOf(status: StatusView, now: number): Fact[] {
  const { rates, kafka, elasticsearch, oldest_unsettled: oldest, requests, buffer, records } = status;
  const perSecond = (rate: number | undefined): string =>
    rate === undefined ? UNKNOWN : `${numberText(rate)} /s`;
  const seconds = (value: number | null | undefined): string => durationText(value);
  const paused = kafka.paused.length > 0 ? `paused: ${kafka.paused.join(', ')}` : 'flowing';
  const isAway = elasticsearch.state !== 'ok' && elasticsearch.state !== 'unknown';
  const product = [elasticsearch.product, elasticsearch.version].filter(Boolean).join(' ');
  return [
    { label: 'Received', value: perSecond(rates?.received_per_second) },
    { label: 'Indexed', value: perSecond(rates?.indexed_per_second) },
    { label: 'Dead-lettered', value: perSecond(rates?.dead_lettered_per_second) },
    { label: 'Lag', value: kafka.lag === null ? UNKNOWN : counted(kafka.lag ?? 0, 'record') },
    { label: 'Age of the backlog', value: seconds(kafka.backlog_seconds) },
    {
      label: 'Consumption',
      value: paused,
      ...(kafka.paused.length > 0 ? { level: 'warning' as const } : {}),
    },
    {
      label: product === '' ? 'Elasticsearch' : `Elasticsearch (${product})`,
      value: isAway
        ? `${elasticsearch.state}: ${elasticsearch.reason ?? ''} ${sinceText(elasticsearch.since, now)}`.trim()
        : elasticsearch.state,
      level: isAway ? 'blocked' : 'ok',
    },
    { label: 'Next try', value: isAway ? timeText(elasticsearch.next_try, now) : UNKNOWN },
    {
      label: 'Kafka',
      value: kafka.reason ?? (kafka.connected ? 'connected' : 'not connected'),
      level: kafka.connected && !kafka.reason ? 'ok' : 'blocked',
    },
    {
      label: 'Oldest unsettled record',
      value: oldest
        ? `${oldest.topic}[${oldest.partition}]@${oldest.offset}, ${durationText(oldest.seconds)} old`
        : UNKNOWN,
    },
    { label: 'Documents in a request', value: numberText(requests?.documents) },
    { label: 'Time of a request', value: seconds(requests?.seconds) },
    {
      label: 'End to end (median, 95 %)',
      value: requests?.end_to_end_p95_seconds
        ? `${seconds(requests.end_to_end_p50_seconds)}, ${seconds(requests.end_to_end_p95_seconds)}`
        : UNKNOWN,
    },
    {
      label: 'In flight',
      value: `${counted(records['in_flight'] ?? 0, 'record')}, ${bytesText(buffer?.bytes)} of ${bytesText(buffer?.max_bytes)}`,
    },
    { label: 'Uptime', value: durationText(status.uptime_seconds) },
    { label: 'Version', value: status.version ?? UNKNOWN },
    { label: 'Transforms loaded', value: timeText(status.chain?.loaded_at, now) },
  ];
}

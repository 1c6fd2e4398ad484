import { expect, it } from 'vitest';
import { ErrorReports } from '../../../src/kafka/error-reports.ts';
import type { KafkaError } from '../../../src/kafka/native.ts';
import { configOf } from '../support/config.ts';
import { memoryLog } from '../support/memory-log.ts';

const config = configOf('kafka: { bootstrap_servers: "localhost:9092" }').kafka;

function errorOf(message: string, more: Partial<KafkaError> = {}): KafkaError {
  return { message, code: -195, ...more };
}

it('a repeated error is logged once, and another one at once', () => {
  const { log, lines } = memoryLog();
  const reports = new ErrorReports(config, log);
  for (let times = 0; times < 1000; times++) expect(reports.report(errorOf('all down'))).toBeNull();
  reports.report(errorOf('timed out'));
  expect(lines).toMatchObject([
    { code: 'kafka_client_error', error_code: -195, reason: 'all down' },
    { reason: 'timed out' },
  ]);
});

it('a fatal error ends the process, with the message of the client', () => {
  const { log } = memoryLog();
  const reports = new ErrorReports(config, log);
  const fatal = reports.report(errorOf('fenced by another', { isFatal: true }));
  expect(fatal?.code).toBe('FATAL');
  expect(fatal?.message).toContain('fenced by another');
  expect(reports.report(errorOf('fatal', { code: -150 }))?.code).toBe('FATAL');
});

it('keeps a bounded number of messages', () => {
  const { log, lines } = memoryLog();
  const reports = new ErrorReports(config, log);
  for (let n = 0; n < 1000; n++) reports.report(errorOf(`error ${n}`));
  reports.report(errorOf('error 0'));
  expect(lines.filter(({ reason }) => reason === 'error 0')).toHaveLength(2);
});

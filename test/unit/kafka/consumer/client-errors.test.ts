import { writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished, vi } from 'vitest';
import { ClientErrors } from '../../../../src/kafka/consumer/client-errors.ts';
import { ErrorCode } from '../../../../src/kafka/native.ts';
import { configOf } from '../../support/config.ts';
import { memoryLog } from '../../support/memory-log.ts';

const TRANSPORT = { code: ErrorCode.TRANSPORT, message: 'broker transport failure' };

function open(sasl = '{}') {
  const { log, lines } = memoryLog();
  const config = configOf(`kafka: { bootstrap_servers: "b:9092", sasl: ${sasl} }`).kafka;
  const logins: string[][] = [];
  const consumer = { setSaslCredentials: (...login: string[]) => void logins.push(login) };
  return { errors: new ClientErrors(config, log), lines, consumer: consumer as never, logins };
}

it('keeps the last error of each code, with the time of its report', () => {
  const { errors, consumer } = open();
  const clock = vi.spyOn(performance, 'now');
  onTestFinished(() => {
    clock.mockRestore();
  });
  clock.mockReturnValue(1000);
  errors.report(TRANSPORT, consumer);
  errors.report({ code: ErrorCode.RESOLVE, message: 'host resolution failure' }, consumer);
  clock.mockReturnValue(2000);
  errors.report({ ...TRANSPORT, message: 'again' }, consumer);
  expect([...errors.reported]).toEqual([
    [ErrorCode.TRANSPORT, { error: { ...TRANSPORT, message: 'again' }, at: 2000 }],
    [ErrorCode.RESOLVE, { error: expect.objectContaining({ code: ErrorCode.RESOLVE }), at: 1000 }],
  ]);
});

it('logs a reported error, and not a noted one', () => {
  const { errors, lines, consumer } = open();
  errors.note({ code: ErrorCode.GROUP_AUTHORIZATION, message: 'forbidden' });
  expect([...errors.reported.keys(), ...lines]).toEqual([ErrorCode.GROUP_AUTHORIZATION]);
  errors.report(TRANSPORT, consumer);
  expect(lines).toMatchObject([{ code: 'kafka_client_error', reason: TRANSPORT.message }]);
});

it('logs an error of another client, and does not keep it', () => {
  const { errors, lines } = open();
  errors.log({ code: ErrorCode.FATAL, message: 'fatal error' });
  expect(lines).toHaveLength(1);
  expect([errors.reported.size, errors.fatal]).toEqual([0, null]);
});

it('keeps a fatal error, even after later errors', () => {
  const { errors, consumer } = open();
  expect(errors.fatal).toBeNull();
  errors.report({ code: ErrorCode.FATAL, message: 'fenced by another' }, consumer);
  errors.report(TRANSPORT, consumer);
  expect(errors.fatal).toMatchObject({
    code: 'FATAL',
    message: expect.stringContaining('fenced by another'),
  });
});

it('reads the password again after a rejected login, if there is a consumer', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'logweir-client-errors-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const file = join(folder, 'password');
  const { errors, consumer, logins } = open(`{ mechanism: PLAIN, username: u, password_file: ${file} }`);
  writeFileSync(file, 'new');
  const rejected = { code: ErrorCode.AUTHENTICATION, message: 'authentication failure' };
  errors.report(rejected, null);
  errors.report(TRANSPORT, consumer);
  expect(logins).toEqual([]);
  errors.report(rejected, consumer);
  expect(logins).toEqual([['u', 'new']]);
});

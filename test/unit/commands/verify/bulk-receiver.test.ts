import { afterEach, beforeEach, expect, it } from 'vitest';
import { BulkReceiver } from '../../../../src/commands/verify/bulk-receiver.ts';

let receiver: BulkReceiver;

beforeEach(async () => {
  receiver = await BulkReceiver.open();
});

afterEach(() => receiver.close());

async function post(path: string, body: string): Promise<{ status: number; json: unknown }> {
  const response = await fetch(`${receiver.endpoint('es')}${path}`, { method: 'POST', body });
  return { status: response.status, json: await response.json() };
}

it('documents of a bulk request are kept with index, id and path, and answered one by one', async () => {
  const body = '{"index":{"_index":"a","_type":"_doc"}}\n{"n":1}\n{"create":{"_index":"b","_id":"7"}}\n{}\n';
  const { json } = await post('/_bulk?timeout=60s', body);
  expect(receiver.documents).toEqual([
    { path: 'es', index: 'a', id: undefined, source: '{"n":1}' },
    { path: 'es', index: 'b', id: '7', source: '{}' },
  ]);
  expect(json).toMatchObject({
    errors: false,
    items: [{ index: { status: 201 } }, { create: { _id: '7', status: 201 } }],
  });
});

it('the version is told to who asks', async () => {
  const response = await fetch(`${receiver.endpoint('es')}/`);
  expect(await response.json()).toMatchObject({ version: { number: expect.stringMatching(/^8\./) } });
});

it('what is no bulk request is a fault, and is not asked for again', async () => {
  expect((await post('/_bulk', '{"delete":{"_index":"a"}}\n{}\n')).status).toBe(400);
  expect(receiver.fault).toContain('index, create, update');
});

import { expect, it } from 'vitest';
import { Quarantine, Attempts } from '../../../src/pipeline/quarantine.ts';

const at = (offset: number) => ({ topic: 'logs', partition: 1, offset });

it('holds exactly the records that were put there', () => {
  const quarantine = new Quarantine();
  expect(quarantine.has(at(5))).toBe(false);
  quarantine.add(at(5));
  quarantine.add(at(5));
  expect(quarantine.has(at(5))).toBe(true);
  expect(quarantine.has(at(6))).toBe(false);
  expect(quarantine.has({ ...at(5), partition: 2 })).toBe(false);
  expect(quarantine.list()).toEqual([at(5)]);
});

it('the second attempt is one too many, of the same record only', () => {
  const attempts = new Attempts();
  expect(attempts.failed(at(1))).toBe(false);
  expect(attempts.failed(at(2))).toBe(false);
  expect(attempts.failed(at(1))).toBe(true);
});

it('both forget the oldest beyond a thousand', () => {
  const quarantine = new Quarantine();
  for (let offset = 0; offset < 1500; offset++) quarantine.add(at(offset));
  expect(quarantine.size).toBe(1000);
  expect(quarantine.has(at(499))).toBe(false);
  expect(quarantine.has(at(500))).toBe(true);
});

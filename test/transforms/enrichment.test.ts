import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NumberLiteral } from 'logweir';
import { testTransform } from 'logweir/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import geoip from '../../transforms/geoip.ts';
import lookup from '../../transforms/lookup.ts';
import { mmdbOf } from '../support/mmdb.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'logweir-enrich-'));
  writeFileSync(
    join(folder, 'hosts.csv'),
    '\uFEFFhost,team,"tier, of all"\nweb-3,shop,1\n7,"pay, ments",2\n__proto__,x,3\n9007199254740993,big,4\n1e400,huge,5\n',
  );
  const city = {
    country: { iso_code: 'NL' },
    city: { names: { en: 'Delft' } },
    location: { latitude: 52.01, longitude: 4.36 },
  };
  writeFileSync(join(folder, 'city.mmdb'), mmdbOf(203, city));
  writeFileSync(join(folder, 'own.mmdb'), mmdbOf(203, { zone: 'office' }));
  writeFileSync(join(folder, 'broken.mmdb'), 'no database');
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

describe('lookup', () => {
  const options = () => ({ file: join(folder, 'hosts.csv'), key: 'host', field: 'host', target: 'owner' });

  it('adds the columns of the matching row, and changes nothing without one', async () => {
    const run = await testTransform(lookup, options());
    expect(await run({ host: 'web-3' })).toEqual([
      { host: 'web-3', owner: { team: 'shop', 'tier, of all': '1' } },
    ]);
    expect(await run({ host: 7 })).toMatchObject([{ owner: { team: 'pay, ments' } }]);
    expect(await run({ host: 9007199254740993n })).toMatchObject([{ owner: { team: 'big' } }]);
    expect(await run({ host: new NumberLiteral('1e400') })).toMatchObject([{ owner: { team: 'huge' } }]);
    for (const event of [
      { host: 'unknown' },
      { host: null },
      { host: ['web-3'] },
      {},
      { host: 'constructor' },
    ])
      expect(await run({ ...event })).toEqual([event]);
  });

  it('adds only the given columns, as a copy for each event', async () => {
    const run = await testTransform(lookup, { ...options(), columns: ['team'] });
    const [first = {}] = await run({ host: 'web-3' });
    expect(first).toEqual({ host: 'web-3', owner: { team: 'shop' } });
    (first['owner'] as { team: string }).team = 'changed';
    expect(await run({ host: 'web-3' })).toMatchObject([{ owner: { team: 'shop' } }]);
  });

  it('names the missing column and the existing ones', async () => {
    await expect(testTransform(lookup, { ...options(), columns: ['tem'] })).rejects.toThrow(
      /hosts\.csv has no column tem; it has host, team, tier, of all$/,
    );
    await expect(testTransform(lookup, { ...options(), file: '/nope.csv' })).rejects.toThrow('ENOENT');
  });
});

describe('geoip', () => {
  it('adds the result with the names of the Elastic Common Schema', async () => {
    const run = await testTransform(geoip, { file: join(folder, 'city.mmdb'), field: 'ip', target: 'geo' });
    expect(await run({ ip: '203.0.113.7' })).toEqual([
      {
        ip: '203.0.113.7',
        geo: { country_iso_code: 'NL', city_name: 'Delft', location: { lat: 52.01, lon: 4.36 } },
      },
    ]);
    for (const ip of ['198.51.100.1', 'not an address', '', 5, null, '::1'])
      expect(await run({ ip })).toEqual([{ ip }]);
  });

  it('adds the result of another kind of database unchanged', async () => {
    const run = await testTransform(geoip, { file: join(folder, 'own.mmdb'), field: 'ip', target: 'net' });
    expect(await run({ ip: '203.0.113.7' })).toEqual([{ ip: '203.0.113.7', net: { zone: 'office' } }]);
  });

  it('does not start with a file that is not a database', async () => {
    await expect(testTransform(geoip, { file: join(folder, 'broken.mmdb') })).rejects.toThrow(
      'is not a database in the MMDB format',
    );
  });
});

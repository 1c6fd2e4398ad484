import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { type Event, defineTransform, fieldAt, setAt } from 'logweir';
import { type Response, Reader, validate } from 'maxmind';
import { z } from 'zod';

export default defineTransform({
  lazy: true,
  description:
    'Looks up an address in a database in the MMDB format (GeoLite2, DB-IP, your own) and adds the result. Fields of City, Country and ASN databases get the names of the Elastic Common Schema. The file is read when the chain is loaded.',
  options: z.strictObject({
    file: z.string().min(1).describe('The path of the MMDB file, relative to the configuration.'),
    field: z.string().min(1).default('source.ip').describe('The field with the address.'),
    target: z.string().min(1).default('source.geo').describe('The path of an object for the result.'),
  }),
  setup({ file, field, target }, { directory }) {
    const reader = open(resolve(directory, file));
    return (event) => {
      const address = fieldAt(event, field);
      if (typeof address !== 'string' || !validate(address)) return event;
      const found = reader.get(address) as unknown;
      if (typeof found === 'object' && found !== null) setAt(event, target, ecsOf(found as Event));
      return event;
    };
  },
});

/** @throws Error if the file cannot be read, or is not a database */
function open(path: string): Reader<Response> {
  const bytes = readFileSync(path);
  try {
    return new Reader<Response>(bytes);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Error(`${path} is not a database in the MMDB format: ${why}`, { cause: error });
  }
}

/** Names by https://www.elastic.co/docs/reference/ecs/ecs-geo; other results are left unchanged. */
function ecsOf(found: Event): Event {
  const known: Event = {
    continent_name: fieldAt(found, 'continent.names.en'),
    country_iso_code: fieldAt(found, 'country.iso_code'),
    country_name: fieldAt(found, 'country.names.en'),
    city_name: fieldAt(found, 'city.names.en'),
    postal_code: fieldAt(found, 'postal.code'),
    timezone: fieldAt(found, 'location.time_zone'),
    asn: found['autonomous_system_number'],
    organization_name: found['autonomous_system_organization'],
  };
  const lat = fieldAt(found, 'location.latitude');
  if (lat !== undefined) known['location'] = { lat, lon: fieldAt(found, 'location.longitude') };
  const given = Object.fromEntries(Object.entries(known).filter(([, value]) => value !== undefined));
  return Object.keys(given).length === 0 ? structuredClone(found) : given;
}

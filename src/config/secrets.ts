import { z } from 'zod';
import type { Path } from './problems.ts';

/**
 * Hides the secrets of a configuration. A setting is secret if its schema says so (`.meta({ secret: true })`)
 * or if its name does; a path to a file is not. A schema with `secret: false` makes everything below it
 * public.
 */

export const HIDDEN = '(hidden)';

/** The settings that librdkafka calls sensitive, and common names of secrets in options of transforms. */
const SECRET_NAME =
  /password|passphrase|passwd|secret|token|credential|authorization|cookie|jaas|oauth.*config|connection[_.-]?string|\.pem$|^ssl_key|(api|private|hash|hmac|signing|signature|encryption|cipher|access|shared|account)[_.-]?keys?$|api[_.-]?key/i;
const FILE_NAME = /(_file|_path|[._]ur[li]|\.file|\.location)$/i;

/** The part of a URL between the user name and its last @. One text may contain several URLs. */
const URL_PASSWORD = /\b([a-z][a-z0-9+.-]{0,30}:\/\/[^\s/?#:@]*):(?:(?!:\/\/)\S)*@/gi;
const URL_PARAMETER = /([?&](?:access_token|api[_-]?key|token|password|secret|sig|signature)=)[^&\s#]+/gi;

interface Shown {
  readonly path: Path;
  /** Schemas that may describe the value, for instance the branches of a union. */
  readonly schemas: readonly z.core.$ZodType[];
  /** The mark of an enclosing schema. */
  readonly isSecret: boolean | undefined;
}

/**
 * Copies a value without its secrets.
 *
 * @param isFromOutside whether the value at that path is hidden unless its schema says that it is public
 * @param innerSchema the schema of a part that the outer schema leaves open: the options of a transform
 */
export function hideSecrets(
  value: unknown,
  schema: z.ZodType,
  isFromOutside: (path: Path) => boolean = () => false,
  innerSchema: (path: Path) => z.ZodType | undefined = () => undefined,
): unknown {
  const hide = (inner: unknown, { path, schemas: given, isSecret: around }: Shown): unknown => {
    const own = innerSchema(path);
    const schemas = unwrapped(own === undefined ? given : [own]);
    const name = String(path.at(-1) ?? '');
    const isSecret =
      saidOf(schemas) ?? around ?? (isFromOutside(path) || nameIsSecret(name) ? true : undefined);
    const below = (key: PropertyKey): Shown => ({
      path: [...path, key],
      schemas: schemas.flatMap((one) => childrenOf(one, key)),
      isSecret,
    });
    if (Array.isArray(inner)) return inner.map((item: unknown, index) => hide(item, below(index)));
    if (typeof inner === 'object' && inner !== null)
      return Object.fromEntries(Object.entries(inner).map(([key, one]) => [key, hide(one, below(key))]));
    if (isSecret === true && inner !== null && inner !== '') return HIDDEN;
    return typeof inner === 'string' ? hideUrlPasswords(inner) : inner;
  };
  return hide(value, { path: [], schemas: [schema], isSecret: undefined });
}

/** The texts that {@link hideSecrets} hides by schema or name, so that they can be removed from a message. */
export function secretTexts(value: unknown, schema: z.ZodType): string[] {
  const texts: string[] = [];
  const collect = (before: unknown, after: unknown): void => {
    if (after === HIDDEN && before !== HIDDEN) texts.push(String(before));
    else if (typeof before === 'object' && before !== null)
      for (const [key, one] of Object.entries(before)) collect(one, (after as Record<string, unknown>)[key]);
  };
  collect(value, hideSecrets(value, schema));
  // A shorter text occurs in any message by chance.
  return texts.filter((text) => text.length > 3);
}

/** Removes the passwords of URLs. */
export function hideUrlPasswords(text: string): string {
  return text.replace(URL_PASSWORD, `$1:${HIDDEN}@`).replace(URL_PARAMETER, `$1${HIDDEN}`);
}

function nameIsSecret(name: string): boolean {
  return SECRET_NAME.test(name) && !FILE_NAME.test(name);
}

/** A mark as secret wins over a mark as public. */
function saidOf(schemas: readonly z.core.$ZodType[]): boolean | undefined {
  const said = schemas.map((schema) => z.globalRegistry.get(schema)?.['secret']);
  return said.includes(true) ? true : said.includes(false) ? false : undefined;
}

/** The schemas with the schemas that they wrap and the branches of unions. */
function unwrapped(schemas: readonly z.core.$ZodType[]): z.core.$ZodType[] {
  const found = new Set<z.core.$ZodType>();
  const add = (schema: z.core.$ZodType): void => {
    // A schema of another zod version has no `_zod`.
    if (found.has(schema) || (schema as Partial<z.core.$ZodType>)._zod === undefined) return;
    found.add(schema);
    wrappedIn(schema).forEach(add);
  };
  schemas.forEach(add);
  return [...found];
}

function wrappedIn(schema: z.core.$ZodType): readonly z.core.$ZodType[] {
  const { def } = (schema as z.core.$ZodTypes)._zod;
  switch (def.type) {
    case 'optional':
    case 'nullable':
    case 'default':
    case 'prefault':
    case 'nonoptional':
    case 'readonly':
    case 'catch':
      return [def.innerType];
    case 'pipe':
      return [def.in, def.out];
    case 'lazy':
      return [def.getter()];
    case 'union':
      return def.options;
    case 'intersection':
      return [def.left, def.right];
    default:
      return [];
  }
}

function childrenOf(schema: z.core.$ZodType, key: PropertyKey): readonly z.core.$ZodType[] {
  const { def } = (schema as z.core.$ZodTypes)._zod;
  switch (def.type) {
    case 'object': {
      const child = Object.hasOwn(def.shape, key) ? def.shape[String(key)] : def.catchall;
      return child === undefined ? [] : [child];
    }
    case 'record':
      return [def.valueType];
    case 'array':
      return [def.element];
    case 'tuple': {
      const child = def.items[Number(key)] ?? def.rest;
      return child === null || child === undefined ? [] : [child];
    }
    default:
      return [];
  }
}

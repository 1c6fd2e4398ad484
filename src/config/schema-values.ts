import { z } from 'zod';

/** Values that several sections of the configuration's schema share. */

export const text = z.string().min(1);
export const optionalText = text.nullable().default(null);
/** A dotted path of a field. */
export const optionalPath = text
  .refine((path) => path.split('.').every((name) => name !== ''), {
    error: 'has an empty name between its dots: write a field as order.id',
  })
  .nullable()
  .default(null);
/** Never printed: see secrets.ts. A transform's own options may carry the same mark. */
export const optionalSecret = text.meta({ secret: true }).nullable().default(null);
export const milliseconds = (least: number, most: number) => z.int().min(least).max(most);
export const bytes = (least: number, most: number) => z.int().min(least).max(most);

/** A list, a single string, or a comma-separated string, since an environment variable cannot hold a list. */
export const textList = z
  .union([text, z.array(text).min(1)])
  .transform((value) => (typeof value === 'string' ? value.split(',') : value).map((item) => item.trim()))
  .refine(
    (items) => items.length > 0 && items.every((item) => item !== ''),
    'must name at least one, and none may be empty',
  );

/** Host names without scheme and port. Empty is allowed, since an environment variable may be empty. */
export const hostNames = z
  .union([z.string(), z.array(text)])
  .transform((value) =>
    (typeof value === 'string' ? value.split(',') : value)
      .map((name) => name.trim())
      .filter((name) => name !== ''),
  )
  .refine((names) => names.every((name) => /^(\*|(\*\.)?[\w-]+(\.[\w-]+)*\.?)$/.test(name)), {
    error:
      'each must be the name of a host without scheme and port, *.example.org for all below one, ' +
      'or * for any',
  });

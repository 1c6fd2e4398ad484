import { type Component, type Fields, isMap, mapOf, textOf, type VectorConfig } from './model.ts';
import type { Report } from './report.ts';

/** References to secrets, as `SECRET[files.kafka]`: Vector replaces them in every text of a configuration. */

const SECRET = /SECRET\[([^.[\]\s]+)\.([^[\]\s]+)\]/g;
const WHOLE = /^SECRET\[([^.[\]\s]+)\.([^[\]\s]+)\]$/;

/** Settings that Logweir also reads from a file: {@link secretOf} translates them. */
const WITH_FILE = ['sources.sasl.password', 'sinks.auth.password'];

/** A secret and how Logweir gets it. */
interface Secret {
  /** `backend.key`. */
  readonly name: string;
  readonly variable: string;
  /** The file that has it, if its backend is a directory. */
  readonly file: string | null;
  /** The type of its backend. */
  readonly type: string;
}

/** The secret that a value is; null for another value. */
export function secretOf(value: unknown, config: VectorConfig): Secret | null {
  const found = WHOLE.exec(textOf(value));
  return found === null ? null : made(found[1] ?? '', found[2] ?? '', config);
}

function made(backend: string, key: string, { globals }: VectorConfig): Secret {
  const options = mapOf(mapOf(globals.get('secret')?.value)[backend]);
  const variable = `${backend}_${key}`.toUpperCase().replaceAll(/\W/g, '_');
  const isFile = options['type'] === 'directory' && typeof options['path'] === 'string';
  return {
    name: `${backend}.${key}`,
    variable: /^\d/.test(variable) ? `_${variable}` : variable,
    file: isFile ? `${textOf(options['path']).replace(/\/$/, '')}/${key}` : null,
    type: textOf(options['type'] ?? 'unknown'),
  };
}

/** The sentence for a secret that becomes a variable. */
export function secretSentence({ name, variable, file, type }: Secret): string {
  const content = file === null ? '' : ` to the content of ${file}`;
  return `the secret \`${name}\` (${type}): set the variable ${variable}${content}.`;
}

/** The configuration with variables for secrets, in every text but those that Logweir reads from a file. */
export function withoutSecrets(config: VectorConfig, report: Report): VectorConfig {
  const of = (components: ReadonlyMap<string, Component>): Map<string, Component> =>
    new Map([...components].map(([id, one]) => [id, ofComponent(one, config, report)]));
  return {
    ...config,
    sources: of(config.sources),
    transforms: of(config.transforms),
    sinks: of(config.sinks),
  };
}

function ofComponent(component: Component, config: VectorConfig, report: Report): Component {
  const { section, type, options } = component;
  if (section === 'sources' && type !== 'kafka') return component;
  if (section === 'sinks' && type !== 'elasticsearch') return component;
  if (!JSON.stringify(options).includes('SECRET[')) return component;
  const replaced = (text: string, path: string): string => {
    if (WHOLE.test(text) && WITH_FILE.includes(path)) return text;
    return text.replaceAll(SECRET, (_all, backend: string, key: string) => {
      const secret = made(backend, key, config);
      report.add('todo', component, secretSentence(secret));
      return `\${${secret.variable}}`;
    });
  };
  return { ...component, options: mapped(options, section, replaced) as Fields };
}

function mapped(value: unknown, path: string, replaced: (text: string, path: string) => string): unknown {
  if (typeof value === 'string') return replaced(value, path);
  if (Array.isArray(value)) return value.map((one) => mapped(one, path, replaced));
  if (!isMap(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, one]) => [key, mapped(one, `${path}.${key}`, replaced)]),
  );
}

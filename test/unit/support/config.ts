import { parseConfig } from '../../../src/config/load.ts';
import type { Config } from '../../../src/config/schema.ts';

const parsed = new Map<string, Config>();

/** Every default, but for what the YAML says. Parsed once: random tests ask thousands of times. */
export function configOf(source = ''): Config {
  const config = parsed.get(source) ?? parseConfig(source, 'test.yaml', {});
  parsed.set(source, config);
  return config;
}

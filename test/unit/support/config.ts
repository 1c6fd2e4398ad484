import { parseConfig } from '../../../src/config/load.ts';
import type { Config } from '../../../src/config/schema.ts';

/** Every default, but for what the YAML says. */
export function configOf(source = ''): Config {
  return parseConfig(source, 'test.yaml', {});
}

import type { LoadedConfig } from '../config/load.ts';
import type { Config } from '../config/schema.ts';

/** Of indices and data streams. */
export const SHADOW_PREFIX = 'shadow-';
/** Of the group, and of a static member's name. */
const SUFFIX = '-shadow';

/**
 * The configuration of `logweir run --shadow`: the same records and the same documents, beside a Vector or
 * Logweir that runs. It has a group of its own that starts with the newest records. Indices and data streams
 * have a prefix; see also {@link shadowRenderer}. It writes nothing to Kafka but its offsets: dead letters go
 * to an index. Aliases are those of the live indices, so none is required.
 */
export function shadowConfig(config: Config): Config {
  const { kafka, elasticsearch, dead_letter } = config;
  const { group_id, group_instance_id } = kafka;
  const { index, data_stream } = elasticsearch;
  return {
    ...config,
    kafka: {
      ...kafka,
      group_id: group_id + SUFFIX,
      group_instance_id: group_instance_id === null ? null : group_instance_id + SUFFIX,
      auto_offset_reset: 'latest',
    },
    elasticsearch: {
      ...elasticsearch,
      index: SHADOW_PREFIX + index,
      data_stream: { ...data_stream, type: SHADOW_PREFIX + data_stream.type },
      require_alias: false,
    },
    dead_letter: {
      ...dead_letter,
      to: dead_letter.to === 'hold' ? 'hold' : 'index',
      index: SHADOW_PREFIX + dead_letter.index,
    },
  };
}

/** As {@link shadowConfig}. Topics of live dead letters are still no sources. */
export function asShadow(loaded: LoadedConfig): LoadedConfig {
  const { to, topic } = loaded.config.dead_letter;
  const shadow = { liveDeadLetterTopic: to === 'topic' ? topic : null };
  return { ...loaded, config: shadowConfig(loaded.config), shadow };
}

import { describe, expect, it } from 'vitest';
import type { LoadedConfig } from '../../../src/config/load.ts';
import { targetName } from '../../../src/elasticsearch/target.ts';
import { asShadow, shadowConfig } from '../../../src/shadow/shadow.ts';
import { configOf } from '../support/config.ts';

describe('the configuration of a shadow', () => {
  const live = configOf(`
kafka: { group_id: vector, group_instance_id: pod-1, topics: [app-logs] }
elasticsearch: { index: 'app-{{@timestamp|yyyy}}', require_alias: true, pipeline: geo }
transforms: [{ use: kafka-fields }]
`);
  const shadow = shadowConfig(live);

  it('has a group and members of its own, from now on', () => {
    expect(shadow.kafka).toEqual({
      ...live.kafka,
      group_id: 'vector-shadow',
      group_instance_id: 'pod-1-shadow',
      auto_offset_reset: 'latest',
    });
    expect(shadowConfig(configOf()).kafka.group_instance_id).toBeNull();
  });

  it('has the prefix before its index, and requires no alias', () => {
    expect(targetName(shadow.elasticsearch, 0).pattern).toBe('shadow-app-*');
    expect(shadow.elasticsearch).toEqual({
      ...live.elasticsearch,
      index: 'shadow-app-{{@timestamp|yyyy}}',
      data_stream: { ...live.elasticsearch.data_stream, type: 'shadow-logs' },
      require_alias: false,
    });
  });

  it('has the prefix before its data stream', () => {
    const { elasticsearch } = shadowConfig(configOf('elasticsearch: { mode: data_stream }'));
    expect(targetName(elasticsearch, 0).name).toBe('shadow-logs-app-default');
  });

  it('writes no dead letter to Kafka, and blocks where that is configured', () => {
    const deadLetters = (source: string): unknown => {
      const { to, index } = shadowConfig(configOf(`dead_letter: ${source}`)).dead_letter;
      return { to, index };
    };
    expect(deadLetters('{}')).toEqual({ to: 'index', index: 'shadow-logweir-dead-letters' });
    expect(deadLetters('{ to: index, index: letters }')).toEqual({ to: 'index', index: 'shadow-letters' });
    expect(deadLetters('{ to: hold }')).toMatchObject({ to: 'hold' });
  });

  it('is otherwise the same', () => {
    const { kafka: _kafka, elasticsearch: _elasticsearch, dead_letter: _letters, ...rest } = shadow;
    expect(live).toMatchObject(rest);
  });
});

it('topics of live dead letters are known, and only these', () => {
  const liveTopic = (source: string): unknown => {
    const loaded = { config: configOf(source) } as LoadedConfig;
    return asShadow(loaded).shadow?.liveDeadLetterTopic;
  };
  expect(liveTopic('')).toBe('{{topic}}-dlq');
  expect(liveTopic('dead_letter: { to: index }')).toBeNull();
});

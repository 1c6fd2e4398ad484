import { expect, it } from 'vitest';
import { configOf } from '../support/config.ts';

it.each(['a..b', '.a', 'a.'])('an id_key with an empty name, as `%s`, is rejected', (path) => {
  expect(() => configOf(`elasticsearch: { id_key: '${path}' }`)).toThrow(
    'elasticsearch.id_key: has an empty name between its dots: write a field as order.id',
  );
});

it('an id_key may be a path', () => {
  expect(configOf('elasticsearch: { id_key: order.id }').elasticsearch.id_key).toBe('order.id');
});

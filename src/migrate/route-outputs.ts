import { type Component, mapOf } from './model.ts';

const ROUTES = new Set(['route', 'swimlanes', 'exclusive_route']);

export function isRoute({ type }: Component): boolean {
  return ROUTES.has(type);
}

/** The conditions of a route by the names of its outputs. */
export function routesOf({ type, options }: Component): (readonly [name: string, condition: unknown])[] {
  if (type === 'exclusive_route' && Array.isArray(options['routes']))
    return (options['routes'] as { name?: unknown; condition?: unknown }[]).map(
      ({ name, condition }) => [String(name), condition] as const,
    );
  return Object.entries(mapOf(options['route'] ?? options['lanes']));
}

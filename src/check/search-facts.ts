import { z } from 'zod';

/** The facts about Elasticsearch or OpenSearch, and the schemas of the answers that they come from. */

/** An answer to a question, or why there is none. */
export type Got<T> =
  | { readonly kind: 'got'; readonly value: T }
  /** This user may not ask. */
  | { readonly kind: 'forbidden' }
  /** There is no such thing (404). */
  | { readonly kind: 'missing' }
  /** This product or distribution does not know the question. */
  | { readonly kind: 'unsupported' }
  | { readonly kind: 'failed'; readonly reason: string };

export type Product = 'elasticsearch' | 'opensearch';

/** The answer of one endpoint to `GET /`. */
export interface EndpointFact {
  /** Without its password. */
  readonly endpoint: string;
  /** Why there is no answer; null if there is one. */
  readonly failure: string | null;
  /** HTTP status; 0 without an answer. */
  readonly status: number;
  /** Null if the answer does not show it. */
  readonly product: Product | null;
  readonly version: string | null;
  /** Time until the answer, or the failure. */
  readonly ms: number;
  /** How far the server's clock is ahead of this one, in milliseconds, from the header `date`. */
  readonly aheadMs: number | null;
}

/** Flat settings as texts. Lists are left out. */
type Settings = Readonly<Record<string, string>>;

const settings = z
  .record(z.string(), z.unknown())
  .default({})
  .transform((all): Settings =>
    Object.fromEntries(
      Object.entries(all).flatMap(([name, value]) =>
        typeof value === 'string' || typeof value === 'boolean' || typeof value === 'number'
          ? [[name, String(value)]]
          : [],
      ),
    ),
  );

export const healthSchema = z.object({
  status: z.string(),
  number_of_data_nodes: z.number(),
  active_shards: z.number(),
  initializing_shards: z.number().default(0),
  unassigned_shards: z.number().default(0),
});

export const clusterSettingsSchema = z
  .object({ persistent: settings, transient: settings, defaults: settings })
  .transform(({ persistent, transient, defaults }) => ({ ...defaults, ...persistent, ...transient }));

export const nodesSchema = z
  .object({
    nodes: z.record(
      z.string(),
      z.object({
        name: z.string().default('a node'),
        timestamp: z.number().optional(),
        fs: z
          .object({ total: z.object({ total_in_bytes: z.number(), available_in_bytes: z.number() }) })
          .optional(),
      }),
    ),
  })
  .transform(({ nodes }) => Object.values(nodes));

const list = z.union([z.array(z.string()), z.string().transform((one) => [one])]);

export const versionsSchema = z
  .object({ nodes: z.record(z.string(), z.object({ version: z.string() })) })
  .transform(({ nodes }) => Object.values(nodes).map(({ version }) => version));

export const resolvedSchema = z.object({
  indices: z.array(z.object({ name: z.string(), attributes: z.array(z.string()).default([]) })).default([]),
  aliases: z.array(z.object({ name: z.string(), indices: list.default([]) })).default([]),
  data_streams: z.array(z.object({ name: z.string(), backing_indices: list.default([]) })).default([]),
});

export const indexSchema = z.record(
  z.string(),
  z.object({
    aliases: z.record(z.string(), z.object({ is_write_index: z.boolean().optional() })).default({}),
    mappings: z.record(z.string(), z.unknown()).default({}),
    settings,
  }),
);

/** By index: the alias that was asked for. */
export const aliasSchema = z.record(
  z.string(),
  z.object({ aliases: z.record(z.string(), z.object({ is_write_index: z.boolean().optional() })) }),
);

export const templatesSchema = z
  .object({
    index_templates: z.array(
      z.object({
        name: z.string(),
        index_template: z.object({
          index_patterns: list,
          priority: z.number().default(0),
          data_stream: z.unknown().optional(),
          _meta: z.record(z.string(), z.unknown()).optional(),
        }),
      }),
    ),
  })
  .transform(({ index_templates }) =>
    index_templates.map(({ name, index_template: { index_patterns, priority, data_stream, _meta } }) => ({
      name,
      patterns: index_patterns,
      priority,
      isForDataStreams: data_stream !== undefined && data_stream !== null,
      meta: _meta ?? {},
    })),
  );

export type TemplateFact = z.output<typeof templatesSchema>[number];

export const simulatedSchema = z
  .object({ template: z.object({ mappings: z.record(z.string(), z.unknown()).default({}), settings }) })
  .transform(({ template }) => template);

const rights = z.record(z.string(), z.boolean());

export const privilegesSchema = z.object({
  username: z.string().default(''),
  cluster: rights.default({}),
  index: z.record(z.string(), rights).default({}),
});

export const authinfoSchema = z.object({
  user_name: z.string().default('?'),
  roles: z.array(z.string()).default([]),
});

/** The index whose mapping and settings are looked at. */
export interface IndexFact {
  readonly name: string;
  readonly mappings: Readonly<Record<string, unknown>>;
  readonly settings: Settings;
}

/** How the right to write was found out. */
export type WriteFact =
  /** Elasticsearch: by name of an index or pattern. */
  | { readonly kind: 'privileges'; readonly value: z.output<typeof privilegesSchema> }
  /** There is no security. */
  | { readonly kind: 'open' }
  /** OpenSearch: by a bulk request that could not write. */
  | {
      readonly kind: 'probe';
      readonly user: string;
      readonly result: 'allowed' | 'forbidden';
      readonly reason: string;
    }
  | { readonly kind: 'unknown'; readonly reason: string };

/** What one endpoint that answers tells about the cluster and the target. */
export interface ClusterFacts {
  readonly health: Got<z.output<typeof healthSchema>>;
  readonly settings: Got<Settings>;
  readonly nodes: Got<z.output<typeof nodesSchema>>;
  /** How far the cluster's clock is ahead, from the statistics of its nodes; null if unknown. */
  readonly aheadMs: number | null;
  readonly resolved: Got<z.output<typeof resolvedSchema>>;
  /** By index: whether it is the alias's write index. Missing if the target is no alias. */
  readonly alias: Got<z.output<typeof aliasSchema>>;
  readonly index: Got<IndexFact>;
  readonly templates: Got<readonly TemplateFact[]>;
  readonly simulated: Got<z.output<typeof simulatedSchema>>;
  readonly pipeline: Got<unknown> | null;
  readonly write: WriteFact;
}

export interface SearchFacts {
  readonly endpoints: readonly EndpointFact[];
  /** Null if no endpoint accepts the login. */
  readonly cluster: ClusterFacts | null;
}

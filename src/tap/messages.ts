import { z } from 'zod';

/** What a tap shows: events as they come from Kafka, or as they go to Elasticsearch. */
const stages = ['before', 'after'] as const;

export const tapOptionsSchema = z.object({
  /** See `filter.ts`. */
  filter: z.string(),
  /** Null for both. */
  stage: z.enum(stages).nullable(),
});
export type TapOptions = z.output<typeof tapOptionsSchema>;

export const tapMessageSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('event'),
    stage: z.enum(stages),
    topic: z.string(),
    partition: z.int(),
    offset: z.int(),
    /** Milliseconds since the epoch; -1 if the broker has none. */
    timestamp: z.number(),
    /** Where it goes; null before the chain. */
    index: z.string().nullable(),
    /** Its JSON, or the text of a record that is none; the first part of it if `truncated`. */
    event: z.string(),
    truncated: z.boolean(),
  }),
  /** Since the last counts: events that passed, that the filter saw, and that fitted but were too many. */
  z.object({
    kind: z.literal('counts'),
    passed: z.int(),
    examined: z.int(),
    withheld: z.int(),
  }),
]);
export type TapMessage = z.output<typeof tapMessageSchema>;
export type TapEvent = Extract<TapMessage, { kind: 'event' }>;
export type TapCounts = Extract<TapMessage, { kind: 'counts' }>;

/** Gives events away while a client looks. */
export interface TapSource {
  /** @returns closes the tap; null if too many taps are open */
  open(options: TapOptions, listener: (message: TapMessage) => void): (() => void) | null;
}

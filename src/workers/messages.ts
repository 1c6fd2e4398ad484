import { z } from 'zod';
import type { MetricObjectWithValues, MetricValue } from 'prom-client';
import type { Status } from '../admin/status.ts';

/** What the supervisor and its workers say to each other, over Node's own channel between processes. */

/** A record by where it lies. */
export const coordinatesSchema = z.object({
  topic: z.string(),
  partition: z.int(),
  offset: z.int(),
});
export type Coordinates = z.output<typeof coordinatesSchema>;

export const toWorkerSchema = z.discriminatedUnion('kind', [
  /** The records that may not be given to a transform again. Comes first, and whenever there is another. */
  z.object({ kind: z.literal('quarantine'), records: z.array(coordinatesSchema) }),
  z.object({ kind: z.literal('stop') }),
  z.object({ kind: z.literal('reload') }),
  z.object({ kind: z.literal('report'), id: z.int() }),
]);
export type ToWorker = z.output<typeof toWorkerSchema>;

/** What a worker knows of itself. */
export interface Report {
  readonly status: Status;
  readonly metrics: MetricObjectWithValues<MetricValue<string>>[];
}

export const toSupervisorSchema = z.discriminatedUnion('kind', [
  /** Configuration and transforms are loaded. */
  z.object({ kind: z.literal('up') }),
  z.object({ kind: z.literal('report'), id: z.int(), report: z.custom<Report>((value) => value !== null) }),
]);
export type ToSupervisor = z.output<typeof toSupervisorSchema>;

/** The file descriptor on which a worker's watchdog tells where the event loop is stuck. */
export const STUCK_FD = 4;

/** Where an event loop is stuck: in a transform, or in `decode` or `render`; nulls where it is at no record. */
export const stuckSchema = z.object({
  seconds: z.number(),
  transform: z.string().nullable(),
  record: coordinatesSchema.nullable(),
});
export type Stuck = z.output<typeof stuckSchema>;

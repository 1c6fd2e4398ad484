import { z } from 'zod';
import type { Status } from '../admin/status.ts';
import type { MetricJson } from '../admin/vector-labels.ts';
import type { Coordinates } from '../record.ts';
import { tapMessageSchema, tapOptionsSchema } from '../tap/messages.ts';

/** The messages between the supervisor and its workers, over Node's IPC channel. */

/** See {@link Coordinates}. */
const coordinatesSchema: z.ZodType<Coordinates> = z.object({
  topic: z.string(),
  partition: z.int(),
  offset: z.int(),
});

export const toWorkerSchema = z.discriminatedUnion('kind', [
  /** All records that no transform may see again. Sent first, and again with each new record. */
  z.object({ kind: z.literal('quarantine'), records: z.array(coordinatesSchema) }),
  z.object({ kind: z.literal('stop') }),
  z.object({ kind: z.literal('reload') }),
  z.object({ kind: z.literal('report'), id: z.int() }),
  /** All open taps. Sent first, and again with each change. */
  z.object({ kind: z.literal('taps'), taps: z.array(tapOptionsSchema.extend({ id: z.int() })) }),
]);
export type ToWorker = z.output<typeof toWorkerSchema>;

/** The state of a worker. */
export interface Report {
  readonly status: Status;
  readonly metrics: MetricJson[];
}

export const toSupervisorSchema = z.discriminatedUnion('kind', [
  /** Configuration and transforms are loaded. */
  z.object({ kind: z.literal('up') }),
  z.object({ kind: z.literal('report'), id: z.int(), report: z.custom<Report>((value) => value !== null) }),
  z.object({ kind: z.literal('tapped'), id: z.int(), message: tapMessageSchema }),
]);
export type ToSupervisor = z.output<typeof toSupervisorSchema>;

/** The file descriptor on which a worker's watchdog reports a blocked event loop. */
export const STUCK_FD = 4;

/**
 * Where an event loop is blocked: a transform, `decode` or `render`. Null if no record is being processed.
 */
export const stuckSchema = z.object({
  seconds: z.number(),
  transform: z.string().nullable(),
  record: coordinatesSchema.nullable(),
});
export type Stuck = z.output<typeof stuckSchema>;

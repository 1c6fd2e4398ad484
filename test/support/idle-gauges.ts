import type { Gauges } from '../../src/admin/gauges.ts';

/** Nothing is assigned, in flight or wrong. */
export const idleGauges: Gauges = {
  partitions: () => [],
  kafka: () => ({ connected: true, reason: null, lastContact: 1, silentSeconds: 0 }),
  rebalanceFailures: () => 0,
  inFlight: () => 0,
  bufferBytes: () => 0,
  bufferMaxBytes: () => 0,
  bufferReceivedBytes: () => 0,
  transforms: () => [],
  kafkaErrors: () => 0,
  pauses: () => [],
  holds: () => [],
  rejectionAlert: () => null,
};

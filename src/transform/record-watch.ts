import type { RecordInfo } from './api.ts';

/** Nothing is done for any record. */
export const NO_STEP = -1;
/** Steps beside the transforms of a chain, which are numbered from 0 on. */
export const DECODE_STEP = -2;
export const RENDER_STEP = -3;
const OTHER_STEPS = new Map([
  [DECODE_STEP, 'decode'],
  [RENDER_STEP, 'render'],
]);

/** Told which record is in hand, and at which step, for the case that this never comes to an end. */
export interface RecordWatch {
  enter(step: number, record: RecordInfo): void;
  leave(): void;
}

/** @param transforms names, in order */
export function stepName(step: number, transforms: readonly string[]): string | null {
  return transforms[step] ?? OTHER_STEPS.get(step) ?? null;
}

import type { RecordInfo } from '../api/api.ts';

/** No record is being processed. */
export const NO_STEP = -1;
/** The steps besides the transforms of a chain, which are numbered from 0. */
export const DECODE_STEP = -2;
export const RENDER_STEP = -3;
const OTHER_STEPS = new Map([
  [DECODE_STEP, 'decode'],
  [RENDER_STEP, 'render'],
]);

/** Receives the current record and its step, to report them if the step never ends. */
export interface RecordWatch {
  enter(step: number, record: RecordInfo): void;
  leave(): void;
}

/** @param transforms the names of the transforms, in order */
export function stepName(step: number, transforms: readonly string[]): string | null {
  return transforms[step] ?? OTHER_STEPS.get(step) ?? null;
}

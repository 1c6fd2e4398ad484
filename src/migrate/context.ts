import { fileName, functionName, Names } from './names.ts';
import { commentText } from './comment.ts';
import { type Component, type VectorConfig, whereIs } from './model.ts';
import type { Report } from './report.ts';

/** What the translation of a transform needs besides the transform. */
export interface Context {
  readonly config: VectorConfig;
  readonly report: Report;
  /** `--strict`: what Vector does with an event that fails, also where Logweir's default is safer. */
  readonly isStrict: boolean;
  /** The global `timezone`. */
  readonly timezone: string | undefined;
  /** Reads a program that an option `file` names. */
  readonly readProgram: (path: string) => string | null;
  /** Generated files by path. */
  readonly files: Map<string, string>;
  readonly fileNames: Names;
  readonly functionNames: Names;
}

/** A function that is generated for a component. */
export interface Generated {
  /** Without folder and extension. */
  readonly file: string;
  readonly name: string;
  /** Whether it is a skeleton that throws. */
  readonly isSkeleton: boolean;
  /** Whether it has the record as its second parameter. */
  readonly takesRecord: boolean;
}

/** Names for the file and function of a component. */
export function namesFor(id: string, context: Context): { file: string; name: string } {
  return {
    file: context.fileNames.take(fileName(id)),
    name: context.functionNames.take(functionName(id)),
  };
}

/** As `Vector's remap parse (vector.yaml:12)`, for a comment. */
export function originOf({ type, id, place }: Component): string {
  return commentText(`Vector's ${type} \`${id}\` (${whereIs(place)})`);
}

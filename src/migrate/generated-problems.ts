import { problemsOf } from '../config/load.ts';
import type { Problem } from '../config/problems.ts';
import type { Report } from './report.ts';

const NAME = 'logweir.yaml';
/** A variable that must be set: those with a default are read with it. */
const VARIABLE = /(?<!\$)\$(?:\{([A-Za-z_]\w*)(?::?\?[^}]*)?\}|([A-Za-z_]\w*))/g;
/** Values that variables may have: a text, a boolean, and numbers that different settings allow. */
const VALUES = ['x', '1', '5000', 'true', 'PLAIN', 'http://x:9200'];
/** More variables than a configuration has; each is tried with each value. */
const VARIABLES_MAX = 50;

/** Names what `logweir config` refuses in the generated configuration. */
export function reportProblems(yaml: string, report: Report): void {
  for (const { line, message } of problemsIn(yaml))
    report.add(
      'todo',
      { name: NAME, place: { file: NAME, line: line ?? 1 } },
      `\`logweir config\` refuses it: ${message}`,
    );
}

/** The problems that remain whatever the variables are. */
function problemsIn(yaml: string): readonly Problem[] {
  const found = yaml.matchAll(VARIABLE).map(([, braced, plain]) => braced ?? plain ?? '');
  const names = [...new Set(found)].slice(0, VARIABLES_MAX);
  const environment = Object.fromEntries(names.map((name) => [name, 'x']));
  let problems = problemsOf(yaml, NAME, environment);
  for (const name of names) {
    if (problems.length === 0) break;
    for (const value of VALUES) {
      const others = problemsOf(yaml, NAME, { ...environment, [name]: value });
      if (weightOf(others) >= weightOf(problems)) continue;
      problems = others;
      environment[name] = value;
    }
  }
  return problems;
}

/** A value that does not fit its setting hides problems that concern several settings. */
function weightOf(problems: readonly Problem[]): number {
  return problems.reduce((sum, { message }) => sum + (message.includes('after expanding') ? 100 : 1), 0);
}

import { type Component, type Place, whereIs } from './model.ts';

/** What became of a part of the configuration. */
type Level = 'done' | 'check' | 'todo';

export interface ReportItem {
  readonly level: Level;
  /** As `sinks.es`, or the name of a global option. */
  readonly component: string;
  readonly place: Place;
  readonly text: string;
}

/** Collects what the report says. */
export class Report {
  readonly items: ReportItem[] = [];

  add(level: Level, of: Component | { name: string; place: Place }, text: string): void {
    const component = 'section' in of ? `${of.section}.${of.id}` : of.name;
    const isKnown = this.items.some(
      (one) => one.level === level && one.component === component && one.text === text,
    );
    if (!isKnown) this.items.push({ level, component, place: of.place, text });
  }

  count(level: Level): number {
    return this.items.filter((one) => one.level === level).length;
  }

  /** Percent of the parts that need no work: rounded down, so that 100 is all of them. */
  get coverage(): number {
    const all = this.items.length;
    return all === 0 ? 0 : Math.floor(((all - this.count('todo')) / all) * 100);
  }
}

/** What the report says besides its items. */
interface ReportFacts {
  /** Null if nothing can be migrated. */
  readonly groupId: string | null;
  readonly files: readonly string[];
}

const TITLES: readonly [Level, string, string][] = [
  ['todo', 'Yours to do', 'Nothing is left to do by hand.'],
  ['check', 'Check this', 'Nothing behaves differently.'],
  ['done', 'Done', 'Nothing.'],
];

/** MIGRATION.md. */
export function renderReport(report: Report, { groupId, files }: ReportFacts): string {
  const { items, coverage } = report;
  const lines = [
    '# Migration from Vector',
    '',
    `Coverage: **${coverage} %**. Of ${items.length} parts of the configuration ` +
      `${report.count('done')} are done, ${report.count('check')} are done and to be checked, ` +
      `${report.count('todo')} are yours to do.`,
    '',
  ];
  if (groupId === null)
    lines.push('Nothing was generated: there is no path from Kafka to Elasticsearch.', '');
  else lines.push(...files.map((file) => `- \`${file}\``), '');
  for (const [level, title, none] of TITLES) {
    const found = items.filter((one) => one.level === level);
    lines.push(`## ${title}`, '');
    lines.push(...(found.length === 0 ? [none] : found.map(lineOf)), '');
  }
  if (groupId !== null) lines.push(...offsets(groupId));
  return `${lines.join('\n').trimEnd()}\n`;
}

function lineOf({ component, place, text }: ReportItem): string {
  return `- \`${component}\` (${whereIs(place)}): ${text}`.replaceAll(/[\p{Cc}\u2028\u2029]+/gu, ' ');
}

function offsets(groupId: string): string[] {
  return [
    '## Offsets',
    '',
    `With the same \`group_id\` (\`${groupId}\`) Logweir resumes where Vector stopped. Stop Vector first, all`,
    'its instances: it uses another assignment protocol (range), and the two cannot be in one group. What',
    "Vector has read and not yet committed is indexed twice. To run both for a while, give Logweir's",
    '`kafka.group_id` another name and its index names a prefix; a new group starts at',
    '`kafka.auto_offset_reset`.',
  ];
}

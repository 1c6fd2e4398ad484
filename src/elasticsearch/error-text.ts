/** In characters. */
const SHOWN_MAX = 300;
/** A field name that may be shown: others may be values that a document uses as keys. */
const FIELD = /^@?[A-Za-z_][\w.-]{0,99}$/;
const CLASSES = /^(?:[a-z_$][\w$]*\.)+\w+(?:Exception|Error): /i;

/**
 * The fields that Elasticsearch names at the start of the messages of rejected documents. The start is its
 * own text; after it, the message may quote the document.
 */
const FIELDS: readonly RegExp[] = [
  /^(?:\[\d+:\d+\] )?failed to parse field \[([^[\]]*)\](?: of type \[([^[\]]*)\])?/,
  /^(?:\[\d+:\d+\] )?object mapping for \[([^[\]]*)\] tried to parse field/,
  /^(?:\[\d+:\d+\] )?mapper \[([^[\]]*)\] cannot be changed from type \[([^[\]]*)\]/,
  /^can't merge a non object mapping \[([^[\]]*)\]/,
  /^(?:\[\d+:\d+\] )?mapping set to strict, dynamic introduction of \[([^[\]]*)\]/,
  /^(?:\[\d+:\d+\] )?Could not dynamically add mapping for field \[([^[\]]*)\]/,
  /^Document contains at least one immense term in field="([^"]*)"/,
];

/** The start of a message about the environment, without what it quotes. */
export function withoutValues(message: string): string {
  const text = message
    .slice(0, 2 * SHOWN_MAX)
    .replaceAll(/'[^']*'?|"[^"]*"?|`[^`]*`?/g, '…')
    .replace(/Preview of field.*/s, '…');
  return text.length > SHOWN_MAX ? `${text.slice(0, SHOWN_MAX)}…` : text;
}

/**
 * The field that a rejection is about: what separates causes of one reason.
 *
 * @returns for instance `field level of type long`; undefined if the message names none
 */
export function fieldOf(message: string): string | undefined {
  const start = message.slice(0, 2 * SHOWN_MAX).replace(CLASSES, '');
  for (const pattern of FIELDS) {
    const match = pattern.exec(start);
    if (match === null) continue;
    const [, field = '', type] = match;
    const name = FIELD.test(field) ? field : '…';
    return `field ${name}${type !== undefined && FIELD.test(type) ? ` of type ${type}` : ''}`;
  }
  if (/^Limit of total fields \[\d+\] has been exceeded/.test(start)) return 'the limit of total fields';
  return undefined;
}

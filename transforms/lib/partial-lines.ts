import { type Event, deleteAt, fieldAt, mergeInto, setAt } from 'logweir';

/** The runtimes whose marks of split lines are used. */
export type PartialMarks = 'auto' | 'docker' | 'cri' | 'off';

/** A line or a piece of one. */
export interface Piece {
  /** Without the header of a container runtime. */
  readonly text: string;
  /** Whether the line continues in the next record of its source. */
  readonly isPartial: boolean;
  /** The header of a container runtime. */
  readonly head?: { readonly timestamp: string; readonly stream: string };
}

/** `2026-11-29T07:15:02.104Z stdout P text`, as CRI writes lines to files. */
const CRI_HEAD =
  /^(\d{4}-\d\d-\d\dT[\d:.]{8,20}(?:Z|[+-]\d\d:\d\d)) (stdout|stderr) ([PF])(?::[\w:]*)?(?: |$)/;
const DOCKER_FIELDS = ['_partial', 'partial_message', 'partial_id', 'partial_ordinal', 'partial_last'];
const isTrue = (value: unknown): boolean => value === true || value === 'true';

/** The piece of a line in an event. */
export function pieceOf(event: Event, field: string, marks: PartialMarks): Piece {
  const text = String(fieldAt(event, field));
  if (marks === 'off') return { text, isPartial: false };
  const head = marks === 'docker' ? null : CRI_HEAD.exec(text);
  if (head !== null) {
    const [whole, timestamp = '', stream = '', tag] = head;
    return { text: text.slice(whole.length), isPartial: tag === 'P', head: { timestamp, stream } };
  }
  const isDocker =
    isTrue(event['_partial']) || (isTrue(event['partial_message']) && !isTrue(event['partial_last']));
  const isCri = event['logtag'] === 'P';
  return { text, isPartial: (marks !== 'cri' && isDocker) || (marks !== 'docker' && isCri) };
}

/** Joins pieces of a line directly, and lines with a line feed. @returns the first event, modified */
export function joinPieces(events: readonly Event[], field: string, marks: PartialMarks): Event {
  const [first = {}] = events;
  const pieces = events.map((event) => pieceOf(event, field, marks));
  const { head } = pieces[0] ?? {};
  if (head === undefined && pieces.length === 1) return first;
  let text = '';
  let wasPartial = true;
  for (const piece of pieces) {
    text += wasPartial ? piece.text : `\n${piece.text}`;
    wasPartial = piece.isPartial;
  }
  if (pieces.some(({ isPartial }) => isPartial)) mark(first, wasPartial);
  setAt(first, field, text);
  return head === undefined ? first : mergeInto(first, head, { overwrite: false });
}

/** Marks a joined line as partial if its end is missing, and otherwise removes the marks. */
function mark(event: Event, isPartial: boolean): void {
  if (isPartial) {
    setAt(event, '_partial', true);
    return;
  }
  for (const name of DOCKER_FIELDS) deleteAt(event, name);
  if (event['logtag'] === 'P') setAt(event, 'logtag', 'F');
}

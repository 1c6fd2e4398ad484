import { byId, element, setText } from './elements.ts';

const SHOWN_MAX = 200;

/** As `GET /api/tap` sends them. */
interface TapEvent {
  readonly stage: string;
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly index: string | null;
  readonly event: string;
  readonly truncated: boolean;
}

interface TapCounts {
  readonly passed: number;
  readonly examined: number;
  readonly withheld: number;
}

/** The form that opens and closes the live tap. */
export function startTap(): void {
  const form = byId('tap-form', HTMLFormElement);
  const state = byId('tap-state', HTMLElement);
  const list = byId('tap-events', HTMLOListElement);
  const button = byId('tap-button', HTMLButtonElement);
  let source: EventSource | null = null;

  const close = (why: string): void => {
    source?.close();
    source = null;
    setText(button, 'Start');
    setText(state, why);
  };

  form.addEventListener('submit', (submitted) => {
    submitted.preventDefault();
    if (source !== null) close('The tap is closed.');
    else {
      const query = new URLSearchParams({ filter: byId('tap-filter', HTMLInputElement).value });
      const stage = byId('tap-stage', HTMLSelectElement).value;
      if (stage !== '') query.set('stage', stage);
      list.replaceChildren();
      setText(button, 'Stop');
      setText(state, 'Waiting for events.');
      source = open(query, list, state, close);
    }
  });
}

function open(
  query: URLSearchParams,
  list: Element,
  state: Element,
  close: (why: string) => void,
): EventSource {
  const total = { passed: 0, examined: 0, withheld: 0 };
  const source = new EventSource(`api/tap?${query}`);
  source.addEventListener('event', ({ data }: MessageEvent<string>) => {
    list.prepend(itemOf(JSON.parse(data) as TapEvent));
    while (list.children.length > SHOWN_MAX) list.lastElementChild?.remove();
  });
  source.addEventListener('counts', ({ data }: MessageEvent<string>) => {
    const counts = JSON.parse(data) as TapCounts;
    total.passed += counts.passed;
    total.examined += counts.examined;
    total.withheld += counts.withheld;
    setText(
      state,
      `${total.passed} passed, ${total.examined} compared with the filter, ` +
        `${total.withheld} that fitted were not shown.`,
    );
  });
  source.addEventListener('error', () => {
    // An EventSource does not expose the answer; a request of its own does.
    source.close();
    void reasonOf(query).then(close);
  });
  return source;
}

/** Why the tap cannot be opened. A HEAD request opens none. */
async function reasonOf(query: URLSearchParams): Promise<string> {
  try {
    const answer = await fetch(`api/tap?${query}`, { method: 'HEAD' });
    const reason = answer.headers.get('x-reason');
    return `The tap is closed: ${reason ?? 'the connection has ended'}.`;
  } catch {
    return 'The tap is closed: the instance does not answer.';
  }
}

function itemOf({ stage, topic, partition, offset, index, event, truncated }: TapEvent): HTMLElement {
  const where = `${stage} ${topic}[${partition}]@${offset}${index === null ? '' : ` → ${index}`}`;
  return element('li', {}, where, element('code', {}, truncated ? `${event} … (truncated)` : event));
}

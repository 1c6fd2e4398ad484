import type { Charts, Level, View } from '../view-model.ts';
import { drawHour } from './charts.ts';
import { byId, setText } from './elements.ts';
import { showFacts, showTables } from './tables.ts';
import { startTap } from './tap.ts';

/** An instance sends a view every two seconds. */
const SILENT_MS = 8000;
const TITLES = { ok: 'flowing', warning: 'look here', blocked: 'BLOCKED' };

const connection = byId('connection', HTMLElement);
let charts: Charts = {};
let version: string | null = null;
let level: Level | null = null;
let seenAt = performance.now();

function show({ summary, title, facts, tables }: View): void {
  byId('summary', HTMLElement).className = `summary level-${summary.level}`;
  setText(byId('sentence', HTMLElement), summary.sentence);
  // Its numbers change all the time; a screen reader speaks when the state does.
  if (level !== summary.level) setText(byId('announcement', HTMLElement), summary.sentence);
  level = summary.level;
  setText(byId('action', HTMLElement), summary.action === null ? '' : `What to do: ${summary.action}`);
  setText(byId('title', HTMLElement), title);
  document.title = `${TITLES[summary.level]} – Logweir`;
  showFacts(byId('facts', HTMLElement), facts);
  showTables(byId('tables', HTMLElement), tables, charts);
}

let source: EventSource | null = null;

function follow(): void {
  const opened = new EventSource('api/events');
  source = opened;
  opened.addEventListener('open', () => setText(connection, 'live'));
  opened.addEventListener('error', () => {
    setText(connection, 'no connection to the instance: what is shown is old');
    document.title = 'no connection – Logweir';
    // After an error that is not a broken connection, a browser does not connect again by itself.
    if (opened.readyState === EventSource.CLOSED) setTimeout(follow, 3000);
  });
  opened.addEventListener('charts', ({ data }: MessageEvent<string>) => {
    charts = JSON.parse(data) as Charts;
    drawHour(byId('charts', HTMLElement), charts);
  });
  opened.addEventListener('view', ({ data }: MessageEvent<string>) => {
    seenAt = performance.now();
    setText(connection, 'live');
    const view = JSON.parse(data) as View | null;
    if (view === null) return;
    version ??= view.version;
    // Another version of the instance may send what these scripts do not know.
    if (view.version === version) show(view);
    else location.reload();
  });
}

/** A process whose event loop is blocked keeps its connections open, and sends nothing. */
setInterval(() => {
  const silent = performance.now() - seenAt;
  if (silent < SILENT_MS || source?.readyState !== EventSource.OPEN) return;
  const seconds = Math.round(silent / 1000);
  setText(
    connection,
    `no answer for ${seconds} s: what is shown is old; a transform may hang (event_loop_blocked in the log)`,
  );
  document.title = 'no answer – Logweir';
}, 1000);

startTap();
follow();

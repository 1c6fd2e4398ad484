import type { Charts, Level, View } from '../view-model.ts';
import { drawHour } from './charts.ts';
import { byId, setText } from './elements.ts';
import { showFacts, showTables } from './tables.ts';
import { startTap } from './tap.ts';

const TITLES = { ok: 'flowing', warning: 'look here', blocked: 'BLOCKED' };

const connection = byId('connection', HTMLElement);
let charts: Charts = {};
let version: string | null = null;
let level: Level | null = null;

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

function follow(): void {
  const source = new EventSource('api/events');
  source.addEventListener('open', () => setText(connection, 'live'));
  source.addEventListener('error', () => {
    setText(connection, 'no connection to the instance: what is shown is old');
    document.title = 'no connection – Logweir';
    // After an error that is not a broken connection, a browser does not connect again by itself.
    if (source.readyState === EventSource.CLOSED) setTimeout(follow, 3000);
  });
  source.addEventListener('charts', ({ data }: MessageEvent<string>) => {
    charts = JSON.parse(data) as Charts;
    drawHour(byId('charts', HTMLElement), charts);
  });
  source.addEventListener('view', ({ data }: MessageEvent<string>) => {
    const view = JSON.parse(data) as View | null;
    if (view === null) return;
    version ??= view.version;
    // Another version of the instance may send what these scripts do not know.
    if (view.version === version) show(view);
    else location.reload();
  });
}

startTap();
follow();

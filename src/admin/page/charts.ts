import type { Charts, Series } from '../view-model.ts';
import { element, setText } from './elements.ts';

const SVG = 'http://www.w3.org/2000/svg';
/** The drawing's own units; the style sheet sets the size. */
const WIDTH = 360;
const HEIGHT = 100;

const HOUR: readonly (readonly [name: string, label: string])[] = [
  ['received', 'Received, records/s'],
  ['indexed', 'Indexed, records/s'],
  ['dead_lettered', 'Dead-lettered, records/s'],
  ['lag', 'Lag, records'],
];

const numbers = new Intl.NumberFormat('en-US', { maximumFractionDigits: 1 });

/** Draws throughput and lag of the last hour. */
export function drawHour(parent: Element, charts: Charts): void {
  for (const [index, [name, label]] of HOUR.entries()) {
    const figure =
      parent.children[index] ?? parent.appendChild(element('figure', {}, element('figcaption'), newChart()));
    const [caption, drawing] = figure.children;
    if (caption === undefined || drawing === undefined) continue;
    draw(drawing, charts[name], label);
    setText(caption, `${label}: ${describe(charts[name])}`);
  }
}

export function newChart(): SVGElement {
  const drawing = document.createElementNS(SVG, 'svg');
  drawing.setAttribute('viewBox', `0 0 ${WIDTH} ${HEIGHT}`);
  drawing.setAttribute('preserveAspectRatio', 'none');
  drawing.setAttribute('role', 'img');
  const line = document.createElementNS(SVG, 'path');
  line.setAttribute('class', 'chart-line');
  drawing.append(line);
  return drawing;
}

/**
 * @param label what it shows, for those who cannot see it
 * @param low the value at the bottom; the lowest of the series if null
 */
export function draw(
  drawing: Element,
  series: Series | undefined,
  label: string,
  low: number | null = 0,
): void {
  drawing.setAttribute('aria-label', `${label}: ${describe(series)}`);
  drawing.firstElementChild?.setAttribute('d', series === undefined ? '' : pathOf(series, low));
}

function describe(series: Series | undefined): string {
  const known = (series?.values ?? []).filter((value) => value !== null);
  const last = known.at(-1);
  if (last === undefined) return 'not known yet';
  return `now ${numbers.format(last)}, highest ${numbers.format(Math.max(...known))}`;
}

/** The newest value is at the right edge; the width is an hour. Unknown values are gaps. */
function pathOf({ values, every_seconds }: Series, low: number | null): string {
  const known = values.filter((value) => value !== null);
  const base = low ?? Math.min(...known);
  const range = Math.max(...known) - base || 1;
  const step = (WIDTH * every_seconds) / 3600;
  const start = WIDTH - (values.length - 1) * step;
  let isGap = true;
  let path = '';
  for (const [index, value] of values.entries()) {
    if (value !== null) {
      const x = (start + index * step).toFixed(1);
      const y = (HEIGHT - 2 - ((value - base) / range) * (HEIGHT - 4)).toFixed(1);
      path += `${isGap ? 'M' : 'L'}${x} ${y}`;
    }
    isGap = value === null;
  }
  return path;
}

import type { Cell, Charts, Fact, Level, Table } from '../view-model.ts';
import { draw, newChart } from './charts.ts';
import { element, fitChildren, setText } from './elements.ts';

export function showFacts(list: Element, facts: readonly Fact[]): void {
  fitChildren(
    list,
    facts.length,
    () => element('div', {}, element('dt'), element('dd')),
    (group, index) => {
      const fact = facts[index];
      const [label, value] = group.children;
      if (fact === undefined || label === undefined || value === undefined) return;
      setText(label, fact.label);
      setText(value, fact.value);
      value.className = levelClass(fact.level);
    },
  );
}

/** @param charts the last ones; they come more rarely than the tables */
export function showTables(parent: Element, tables: readonly Table[], charts: Charts): void {
  fitChildren(parent, tables.length, newTable, (section, index) => {
    const table = tables[index];
    if (table !== undefined) showTable(section, table, charts);
  });
}

// Roles are given, since a table that the style sheet turns into blocks loses its own.
function newTable(index: number): HTMLElement {
  const heading = `table-${index}`;
  const head = element('thead', { role: 'rowgroup' }, element('tr', { role: 'row' }));
  const body = element('tbody', { role: 'rowgroup' });
  const table = element('table', { role: 'table', 'aria-labelledby': heading }, head, body);
  const scroll = element(
    'div',
    { class: 'scroll', tabindex: '0', role: 'group', 'aria-labelledby': heading },
    table,
  );
  const title = element('h2', { id: heading });
  return element('section', { 'aria-labelledby': heading }, title, element('p', { class: 'empty' }), scroll);
}

function showTable(section: HTMLElement, table: Table, charts: Charts): void {
  const [title, empty, scroll] = section.children;
  const head = section.querySelector('thead tr');
  const body = section.querySelector('tbody');
  if (title === undefined || empty === undefined || scroll === undefined || head === null || body === null)
    return;
  section.dataset['table'] = table.id;
  setText(title, table.title);
  setText(empty, table.rows.length === 0 ? table.empty : '');
  empty.toggleAttribute('hidden', table.rows.length > 0);
  scroll.toggleAttribute('hidden', table.rows.length === 0);
  fitChildren(
    head,
    table.columns.length,
    () => element('th', { scope: 'col', role: 'columnheader' }),
    (cell, index) => setText(cell, table.columns[index] ?? ''),
  );
  fitChildren(
    body,
    table.rows.length,
    () => element('tr', { role: 'row' }),
    (row, index) => showRow(row, table.rows[index] ?? [], table.columns, charts),
  );
}

function showRow(row: Element, cells: readonly Cell[], columns: readonly string[], charts: Charts): void {
  fitChildren(
    row,
    cells.length,
    () => element('td', { role: 'cell' }),
    (td, index) => {
      const cell = cells[index];
      if (cell === undefined) return;
      td.dataset['column'] = columns[index] ?? '';
      td.className = levelClass(cell.level);
      showCell(td, cell, `${cells[0]?.text}, ${columns[index]}`, charts);
    },
  );
}

function showCell(td: Element, { text, href, chart }: Cell, label: string, charts: Charts): void {
  if (chart !== undefined) {
    if (!(td.firstElementChild instanceof SVGElement)) td.replaceChildren(newChart());
    // Lags start at 0; offsets, which are far from it, use the whole height.
    const low = chart.startsWith('offset:') ? null : 0;
    if (td.firstElementChild !== null) draw(td.firstElementChild, charts[chart], label, low);
    return;
  }
  if (href === undefined || !href.startsWith('https://')) {
    setText(td, text);
    return;
  }
  if (!(td.firstElementChild instanceof HTMLAnchorElement))
    td.replaceChildren(element('a', { rel: 'noopener' }));
  td.firstElementChild?.setAttribute('href', href);
  if (td.firstElementChild !== null) setText(td.firstElementChild, text);
}

function levelClass(level: Level | undefined): string {
  return level === undefined ? '' : `text-${level}`;
}

// The result as a table of text, as JSON, and as the section of docs/performance.md.
import { readFileSync, writeFileSync } from 'node:fs';

const kBegin = '<!-- make bench-docs writes from here -->';
const kEnd = '<!-- to here -->';

// About four digits, whatever the size.
export function shown(value) {
  if (value === null) return 'not installed';
  if (value >= 1000) return Math.round(value).toLocaleString('en-US');
  return value >= 100 ? value.toFixed(0) : value.toFixed(value >= 10 ? 1 : 2);
}

const withUnit = (value, unit) =>
  value === null ? 'not installed' : `${shown(value)}${unit.startsWith('/') ? '' : ' '}${unit}`;

function demanded({ target }) {
  if (!target) return '';
  const sign = target.sign === '>=' ? '≥' : '≤';
  return `${target.on === 'ratio' ? 'ratio ' : ''}${sign} ${target.limit.toLocaleString('en-US')}`;
}

function cells(row) {
  const hasOther = row.beside !== '';
  return [
    row.what,
    withUnit(row.obolus, row.unit),
    row.beside,
    hasOther ? withUnit(row.value, row.unit) : '',
    row.ratio === null ? '' : shown(row.ratio),
    demanded(row),
    { true: 'met', false: 'MISSED', null: '' }[row.met],
  ];
}

const kHead = ['measured', 'Obolus', 'beside', 'its figure', 'ratio', 'demanded', ''];
const kRightAligned = new Set([1, 3, 4]);

export function printTable({ machine, options, rows }) {
  const lines = [kHead, ...rows.map(cells)];
  const widths = kHead.map((_, column) => Math.max(...lines.map((line) => line[column].length)));
  const pad = (text, column) =>
    kRightAligned.has(column) ? text.padStart(widths[column]) : text.padEnd(widths[column]);
  const { cpu, cores, memory_gb, kernel, system, node, load_at_start, commit, time } = machine;
  const head = [
    `${time}, commit ${commit}, store ${options.store}`,
    `${cores} x ${cpu}, ${memory_gb} GB, ${system}, Linux ${kernel}, Node ${node}`,
    `load at start ${load_at_start}; ${options.rounds} rounds of ${options.seconds} s,` +
      ` ${options.connections} connections; ratio: median of the rounds' ratios`,
  ];
  const table = lines.map((line) => line.map(pad).join('  ').trimEnd());
  return `${[...head, '', ...table].join('\n')}\n`;
}

// Puts the table, and the chart beside it, into the page.
export function writePage(file, table, chart) {
  const page = readFileSync(file, 'utf8');
  const [before, rest] = page.split(kBegin);
  const after = rest?.split(kEnd)[1];
  if (after === undefined) throw new Error(`${file} has no place for the table`);
  const section = `\n\n\`\`\`\n${table}\`\`\`\n\n![Obolus beside its references](${chart})\n\n`;
  writeFileSync(file, `${before}${kBegin}${section}${kEnd}${after}`);
}

// Figures of the shopper's side: medians of paired visits with the range that they are good for,
// budgets, and the table that shows both. Pure; used by bench.mjs and its test.

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

// {median, low, high}: between `low` and `high` lies the true median with at least 95 %, whatever
// the distribution (order statistics: a value lies below the median as a coin falls).
export function range(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const n = sorted.length;
  let rank = 0;
  let below = 0;
  let ways = 1;
  for (let k = 0; k < n / 2; k++) {
    below += ways / 2 ** n;
    if (below > 0.025) break;
    rank = k + 1;
    ways = (ways * (n - k)) / (k + 1);
  }
  const low = sorted[Math.max(0, rank - 1)];
  const high = sorted[Math.min(n - 1, n - rank)];
  return { median: median(sorted), low, high };
}

// A row of the table. `limit` null: told, not judged.
export function row(what, value, unit, limit = null, detail = '') {
  return { what, value, unit, limit, detail, met: limit === null ? null : value <= limit };
}

const shown = (value) =>
  Number.isInteger(value) ? value.toLocaleString('en-US') : value.toFixed(value < 10 ? 2 : 0);

export function table(rows) {
  const lines = [
    ['measured', 'figure', 'budget', '', 'in detail'],
    ...rows.map(({ what, value, unit, limit, detail, met }) => [
      what,
      `${shown(value)} ${unit}`.trim(),
      limit === null ? '' : `≤ ${shown(limit)}`,
      met === null ? '' : met ? 'met' : 'MISSED',
      detail,
    ]),
  ];
  const widths = lines[0].map((_, column) => Math.max(...lines.map((line) => line[column].length)));
  const pad = (text, column) =>
    column === 1 || column === 2 ? text.padStart(widths[column]) : text.padEnd(widths[column]);
  return `${lines.map((line) => line.map(pad).join('  ').trimEnd()).join('\n')}\n`;
}

// The arithmetic of the measurements.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { median, range, row, table } from './figures.mjs';

test('the median is the middle, or between the two in the middle', () => {
  assert.equal(median([3, 1, 2]), 2);
  assert.equal(median([4, 1, 3, 2]), 2.5);
});

test('of fifteen values, the fourth and the twelfth bound the median at 95 %', () => {
  const values = Array.from({ length: 15 }, (_, index) => index + 1).reverse();
  assert.deepEqual(range(values), { median: 8, low: 4, high: 12 });
});

test('too few values say no more than their extremes', () => {
  assert.deepEqual(range([1, 5, 2]), { median: 2, low: 1, high: 5 });
});

test('a figure over its budget is missed, and the table says so', () => {
  const rows = [
    row('bytes', 16_385, 'B', 16_384),
    row('time', 1.2, '× floor', 1.2),
    row('x', 1, ''),
  ];
  assert.deepEqual(
    rows.map(({ met }) => met),
    [false, true, null],
  );
  assert.match(table(rows), /bytes +16,385 B +≤ 16,384 +MISSED/);
  assert.match(table(rows), /time +1\.20 × floor +≤ 1\.20 +met/);
});

// The sandbox's lists from outside: what people, programs and pages are told about test cards and
// the bank's behaviours is one table.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { programPath, run } from '../support/processes.mjs';

const print = (...args) => run(programPath('obolus-sandbox'), args);
const grouped = (number) => number.replace(/(.{4})(?=.)/g, '$1 ');

test('the behaviours are listed, each with its card and its ending', () => {
  const { status, stdout } = print('acs', '--list', '--json');
  assert.equal(status, 0);
  const behaviours = JSON.parse(stdout);
  assert.ok(behaviours.length >= 24, `${behaviours.length} behaviours`);
  const people = print('acs', '--list').stdout;
  const page = print('acs', '--list', '--markdown').stdout;
  for (const { name, card, story, session_end } of behaviours) {
    for (const text of [people, page]) {
      for (const part of [name, grouped(card), story, session_end]) assert.ok(text.includes(part));
    }
  }
});

test('every behaviour has a test card of its own', () => {
  const cards = JSON.parse(print('cards', '--json').stdout);
  const behaviours = JSON.parse(print('acs', '--list', '--json').stdout);
  const masked = cards.map(({ number }) => number.slice(0, 6) + number.slice(-4));
  assert.equal(new Set(masked).size, cards.length);
  assert.deepEqual(
    cards.filter(({ behaviour }) => behaviour).map(({ behaviour, number }) => [behaviour, number]),
    behaviours.map(({ name, card }) => [name, card]),
  );
  assert.ok(print('cards').stdout.includes('4242 4242 4242 4242'));
});

test('a list is asked for in one form, and a bank is only listed', () => {
  assert.equal(print('acs').status, 2);
  assert.equal(print('acs', '--list', '--json', '--markdown').status, 2);
});

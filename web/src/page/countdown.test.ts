import assert from 'node:assert/strict';
import { afterEach, beforeEach, mock, test } from 'node:test';
import { Countdown, formatTime } from './countdown';

let now_ms = 0;
let ticks: (() => void)[] = [];
let heard: string[] = [];
let countdown: Countdown;

beforeEach(() => {
  now_ms = 1_000_000;
  ticks = [];
  heard = [];
  mock.method(globalThis, 'setInterval', (tick: () => void) => {
    ticks.push(tick);
    return ticks.length;
  });
  mock.method(globalThis, 'clearInterval', (number: number | undefined) => {
    if (number) ticks[number - 1] = () => {};
  });
  countdown = new Countdown(() => now_ms, {
    show: (left) => heard.push(`show ${left}`),
    announce: (left) => heard.push(`announce ${left}`),
    extended: () => heard.push('extended'),
    over: () => heard.push('over'),
  });
});
afterEach(() => mock.restoreAll());

function pass(seconds: number): string[] {
  for (let i = 0; i < seconds; i++) {
    now_ms += 1000;
    for (const tick of [...ticks]) tick();
  }
  return heard.splice(0);
}

test('nothing is shown while there is time enough', () => {
  countdown.set(900);
  assert.deepEqual(pass(700), []);
});

test('the last two minutes are shown each second, and said aloud four times', () => {
  countdown.set(121);
  assert.deepEqual(pass(1), ['show 120', 'announce 120']);
  const rest = pass(119);
  assert.equal(rest.filter((line) => line.startsWith('show')).length, 119);
  assert.deepEqual(
    rest.filter((line) => line.startsWith('announce')),
    ['announce 60', 'announce 30', 'announce 10'],
  );
  assert.deepEqual(pass(10), ['show null', 'over']);
});

test('more time is news once it was short, and the clock goes away', () => {
  countdown.set(50);
  assert.deepEqual(pass(0), ['show 50', 'announce 50']);
  countdown.set(600);
  assert.deepEqual(pass(1), ['extended', 'show null']);
  countdown.set(700);
  assert.deepEqual(pass(1), []);
});

test('an answer that says the same again does not make the clock jump', () => {
  countdown.set(100);
  assert.deepEqual(pass(1), ['show 100', 'announce 100', 'show 99']);
  countdown.set(98);
  assert.deepEqual(pass(1), ['show 98']);
});

test('less time is shown at once, without calling it more', () => {
  countdown.set(110);
  pass(0);
  countdown.set(20);
  assert.deepEqual(pass(0), ['show 20', 'announce 20']);
});

test('nothing comes after the end', () => {
  countdown.set(10);
  pass(1);
  countdown.stop();
  assert.deepEqual(pass(20), ['show null']);
});

test('time is written with two digits of seconds', () => {
  assert.equal(formatTime(65, 'en'), '1:05');
  assert.equal(formatTime(9, 'de'), '0:09');
});

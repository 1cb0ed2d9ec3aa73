import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  couldBecomeNetwork,
  detectNetwork,
  kNetworkRules,
  kNetworks,
  kSharing,
  maxPanDigits,
} from './networks';

test('every network is found by the test numbers that its members publish', () => {
  const numbers: [string, string][] = [
    ['4242424242424242', 'visa'],
    ['5555555555554444', 'mastercard'],
    ['2223003122003222', 'mastercard'],
    ['378282246310005', 'americanexpress'],
    ['6011111111111117', 'discover'],
    ['6445644564456445', 'discover'],
    ['30569309025904', 'dinersclub'],
    ['36227206271667', 'dinersclub'],
    ['3566002020360505', 'jcb'],
    ['6200000000000005', 'unionpay'],
    ['8171999927660000', 'unionpay'],
    ['3337000000000008', 'jcb'],
    ['6759649826438453', 'maestro'],
    ['6767622222222222', 'maestro'],
    ['67030000000000003', 'bancontact'],
    ['5019717010103742', 'dankort'],
  ];
  for (const [number, network] of numbers) assert.equal(detectNetwork(number), network, number);
});

test('both ends of every range belong to it and the numbers beside them do not', () => {
  for (const network of kNetworks) {
    for (const [low, high] of kNetworkRules[network].ranges) {
      assert.equal(detectNetwork(low), network, low);
      assert.equal(detectNetwork(high), network, high);
    }
  }
  for (const outside of [
    '2220',
    '2721',
    '50',
    '56',
    '3527',
    '3590',
    '643',
    '306',
    '61',
    '7',
    '0',
    '8172',
  ]) {
    assert.equal(detectNetwork(outside), null, outside);
  }
});

test('no two ranges overlap', () => {
  const ranges = kNetworks
    .flatMap((network) => kNetworkRules[network].ranges)
    .map(([low, high]) => ({ low: low.padEnd(8, '0'), high: high.padEnd(8, '9') }))
    .sort((a, b) => (a.low < b.low ? -1 : 1));
  ranges.forEach(({ low, high }, i) => {
    assert.ok(low <= high);
    const next = ranges[i + 1];
    if (next) assert.ok(high < next.low, `${high} ${next.low}`);
  });
});

test('too few digits are no network yet but may become one', () => {
  for (const start of [
    '',
    '2',
    '22',
    '222',
    '3',
    '30',
    '35',
    '352',
    '5',
    '6',
    '60',
    '601',
    '8',
    '67',
    '670',
  ]) {
    assert.equal(detectNetwork(start), null, start);
    assert.equal(couldBecomeNetwork(start), true, start);
  }
  for (const start of [
    '0',
    '1',
    '7',
    '9',
    '21',
    '2220',
    '2721',
    '32',
    '3590',
    '68',
    '80',
    '8172',
  ]) {
    assert.equal(couldBecomeNetwork(start), false, start);
  }
});

test('the longest number of a network is its longest length, 19 while unknown', () => {
  assert.equal(maxPanDigits('americanexpress'), 15);
  assert.equal(maxPanDigits('mastercard'), 16);
  assert.equal(maxPanDigits('visa'), 19);
  assert.equal(maxPanDigits(null), 19);
});

test('what shares cards is what has no range of its own, or is national', () => {
  assert.deepEqual(kSharing, ['maestro', 'cartesbancaires', 'bancontact', 'dankort']);
  assert.deepEqual(kNetworkRules.cartesbancaires.ranges, []);
});

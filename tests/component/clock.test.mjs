// The machine's clock is set a day ahead, or back, while sessions are open, shoppers are at their
// bank and a retry waits: all go on by the time that really passes. Debian's libfaketime moves the
// wall clock under the program as an operator or NTP would; the test's own clock stays right.
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { describe, test } from 'node:test';
import { until } from '../support/client.mjs';
import { Obolus } from '../support/obolus.mjs';
import { kRoot } from '../support/processes.mjs';

// real_timerfd.cpp says why.
const kRealTimerfd =
  process.env.OBOLUS_REAL_TIMERFD ??
  path.join(kRoot, 'build/dev/tests/component/libreal_timerfd.so');
const kDay = 86_400;
const kLifeMs = 60_000;
const kLateMs = 10_000; // what a busy machine may add to any wait

function fakeTimeLibrary() {
  for (const name of readdirSync('/usr/lib')) {
    const folder = path.join('/usr/lib', name, 'faketime');
    try {
      if (readdirSync(folder).includes('libfaketimeMT.so.1'))
        return path.join(folder, 'libfaketimeMT.so.1');
    } catch {
      // Not that folder.
    }
  }
  throw new Error('libfaketime is not there: run tools/setup');
}

// An obolus whose wall clock follows `set(seconds)`.
async function startWithClock(extra) {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'obolus-clock-'));
  const file = path.join(folder, 'offset');
  const set = (seconds) => writeFileSync(file, `${seconds < 0 ? '' : '+'}${seconds}`);
  set(0);
  const obolus = await Obolus.start(extra, {
    LD_PRELOAD: `${kRealTimerfd} ${fakeTimeLibrary()}`,
    FAKETIME_TIMESTAMP_FILE: file,
    OBOLUS_SANDBOX__READ: file,
    FAKETIME_NO_CACHE: '1',
    FAKETIME_DONT_FAKE_MONOTONIC: '1',
  });
  const stop = async () => {
    await obolus.stop();
    rmSync(folder, { recursive: true });
  };
  return { obolus, set, stop };
}

// Jumps by `seconds` after the first of a session's two failed deliveries, and sees its events and
// another session through.
async function liveThroughJump(seconds) {
  const { obolus, set, stop } = await startWithClock({
    bridge: { retry_delays_ms: [4000] },
    sessions: { sweep_interval_ms: 100 },
  });
  try {
    const attempts = (terminal) =>
      obolus.bridge.deliveries.filter(({ event }) => event.subject === terminal);
    let failing;
    let asking;
    obolus.bridge.answer = ({ event }) => {
      const first = attempts(event.subject).length === 0;
      if (first && event.subject === failing) return { status: 500 };
      if (first && event.subject === asking) {
        return { status: 429, headers: { 'retry-after': '3' } };
      }
      return { status: 204 };
    };
    const cancel = ({ session_key }) => obolus.shopper('POST', `/sessions/${session_key}/cancel`);

    const opened = Date.now();
    const open = await obolus.openPayment({ expires_in: kLifeMs / 1000 });
    const retried = await obolus.openPayment();
    failing = retried.terminal_id;
    await cancel(retried);
    await until('a failed delivery', () => attempts(failing).length === 1);

    set(seconds);
    const jumped = await obolus.process.event('clock_jumped');
    assert.ok(Math.abs(jumped.ahead_ms / 1000 - seconds) < 60, JSON.stringify(jumped));
    const ahead = await obolus.metric('obolus_clock_ahead_seconds');
    assert.ok(Math.abs(ahead - seconds) < 60, `${ahead}`);
    assert.equal((await obolus.state(open.session_key)).next_action, 'tokenize_card');

    await obolus.bridge.waitFor(failing, 'CardSessionFailed', 5_000 + kLateMs);
    const [first, second] = attempts(failing);
    assert.ok(second.at - first.at >= 3_000, `retried after ${second.at - first.at} ms`);

    const asked = await obolus.openPayment();
    asking = asked.terminal_id;
    await cancel(asked);
    await obolus.bridge.waitFor(asking, 'CardSessionFailed', 3_000 + kLateMs);
    const [refused, accepted] = attempts(asking);
    assert.ok(accepted.at - refused.at >= 2_900, `after ${accepted.at - refused.at} ms`);

    const { expires_in } = await obolus.openPayment();
    assert.equal(expires_in, 900);
    const { event, at } = await obolus.bridge.waitFor(
      open.terminal_id,
      'CardSessionFailed',
      kLifeMs + kLateMs,
    );
    assert.equal(event.data.reason.code, 'SESSION_EXPIRED');
    const lived = at - opened;
    assert.ok(lived >= kLifeMs - 1_000 && lived < kLifeMs + kLateMs, `lived ${lived} ms`);
    await obolus.settled();
    assert.deepEqual(
      [failing, asking, open.terminal_id].map((terminal) => attempts(terminal).length),
      [2, 2, 1],
    );

    set(0);
    await until('the clock to be right again', async () => {
      return Math.abs(await obolus.metric('obolus_clock_ahead_seconds')) < 60;
    });
  } finally {
    await stop();
  }
}

const kBack = { 'content-type': 'application/x-www-form-urlencoded' };

// 3-D Secure sessions of every kind that waits: at the bank, for a challenge, for Commerce.
async function openWaiting(obolus) {
  const life = { expires_in: kLifeMs / 1000 };
  const challenged = await obolus.openChallenge(life);
  await obolus.shopper('GET', challenged.path);
  const open = await obolus.openChallenge({ ...life, challenge: undefined });
  const returned = await obolus.openChallenge(life);
  await obolus.shopper('GET', returned.path);
  const body = 'cres=e30';
  await obolus.shopper('POST', `${returned.path}/return`, { body, headers: kBack });
  return { challenged, open, returned };
}

// Jumps by `seconds` while the shopper's return is told to a Commerce that first refuses it.
async function waitThroughJump(seconds) {
  const { obolus, set, stop } = await startWithClock({
    bridge: { retry_delays_ms: [4000] },
    // Commerce's time from the return on is over before the session's own.
    sessions: { sweep_interval_ms: 100, confirm_within_s: 5 },
  });
  try {
    const results = ({ tds_terminal_id }) =>
      obolus.bridge.deliveries.filter(({ event }) => event.subject === tds_terminal_id);
    const stateOf = async ({ tds_terminal_id }) =>
      (await obolus.operator('GET', `/sessions/${tds_terminal_id}`)).json.state;
    const told = ({ path: target }) => obolus.state(target.split('/').pop());
    obolus.bridge.answer = () => ({ status: obolus.bridge.deliveries.length === 0 ? 500 : 204 });

    const began = Date.now();
    const sessions = await openWaiting(obolus);
    const { challenged, open, returned } = sessions;
    await until('a refused TDSResult', () => results(returned).length === 1);
    const all = [challenged, open, returned];
    const before = await Promise.all(all.map(told));
    set(seconds);
    await obolus.process.event('clock_jumped');
    const after = await Promise.all(all.map(told));
    for (const [index, { expires_in, expires_at }] of after.entries()) {
      const passed = before[index].expires_in - expires_in;
      assert.ok(passed >= 0 && passed < kLateMs / 1000, `${passed} s passed at once`);
      assert.equal(expires_at, before[index].expires_at);
    }

    await obolus.bridge.waitFor(returned.tds_terminal_id, 'TDSResult', 5_000 + kLateMs);
    const [refused, accepted] = results(returned);
    assert.ok(accepted.at - refused.at >= 3_000, `retried after ${accepted.at - refused.at} ms`);
    assert.deepEqual(await Promise.all(all.map(stateOf)), ['challenged', 'open', 'returned']);

    for (const session of [challenged, open]) {
      const result = await obolus.bridge.waitFor(
        session.tds_terminal_id,
        'TDSResult',
        kLifeMs + kLateMs,
      );
      const lived = result.at - began;
      assert.ok(lived >= kLifeMs - 1_000 && lived < kLifeMs + kLateMs, `lived ${lived} ms`);
      assert.equal(await stateOf(session), 'expired');
    }
    await until('Commerce to have been waited for', async () => {
      return (await stateOf(returned)) === 'expired';
    });
    await obolus.settled();
    assert.deepEqual(
      all.map((session) => results(session).length),
      [1, 1, 2],
    );
    const ids = new Set(results(returned).map(({ event }) => event.id));
    assert.equal(ids.size, 1, 'the return is one event, told again');
  } finally {
    await stop();
  }
}

describe('a clock that is set wrong', { concurrency: true }, () => {
  test('by a day ahead ends no session and hurries no retry', () => liveThroughJump(kDay));
  test('by a day back keeps no session and no event waiting', () => liveThroughJump(-kDay));
  test('by a day ahead ends no challenge and forgets no return', () => waitThroughJump(kDay));
  test('by a day back keeps no shopper at the bank for longer', () => waitThroughJump(-kDay));
});

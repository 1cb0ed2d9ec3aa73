// A disk that fails or is full, under the real program: callers get 503 with Retry-After and never
// a 2xx for what is not kept, reads go on, /readyz says so, and all is well again within five
// seconds after the disk is, without a restart.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { until } from '../support/client.mjs';
import { Obolus } from '../support/obolus.mjs';
import { programPath, run } from '../support/processes.mjs';

const kRecoveryMs = 5_000;
const kFaultMs = 1_200;

let obolus;

before(async () => {
  obolus = await Obolus.start();
});
after(() => obolus.stop());

async function relaunch(plan) {
  await obolus.process.stop();
  await obolus.launch(plan && { OBOLUS_FAULT_PLAN: plan });
}

const open = () => obolus.commerce('POST', '/sessions', { body: { type: 'payment' } });

// Opens sessions one after the other until `enough(answers)`. Each gets a 201 or a proper 503.
async function openUntil(enough) {
  const answers = [];
  while (!enough(answers)) {
    const answer = await open();
    answers.push({ status: answer.status, id: answer.json.id, key: answer.json.session_key });
    if (answer.status === 201) continue;
    assert.equal(answer.status, 503, answer.text);
    assert.equal(answer.json.classifier, 'UNAVAILABLE');
    assert.match(answer.headers['retry-after'], /^[1-9]\d*$/);
    assert.equal(answer.headers['content-type'], 'application/problem+json');
  }
  return answers;
}

const count = (answers, status) => answers.filter((answer) => answer.status === status).length;

// Each session that was acknowledged is there, also after a kill -9.
async function assertAllKept(answers) {
  await obolus.process.kill();
  await obolus.launch();
  for (const { key } of answers.filter(({ status }) => status === 201)) await obolus.state(key);
}

for (const fault of ['write:1:enospc', 'write:2:eio', 'sync:1:eio', 'sync:1:enospc']) {
  test(`${fault} for a while: 503 until it is over, then 201 within five seconds`, async () => {
    await relaunch();
    const kept = await obolus.openPayment();
    await relaunch(`io:${fault}:${kFaultMs}`);
    const failed = await openUntil((answers) => count(answers, 503) > 0);
    await obolus.process.event('fault_began');
    const began = Date.now();
    assert.equal((await obolus.operator('GET', '/readyz')).status, 503);
    assert.equal((await obolus.operator('GET', '/healthz')).status, 200);
    assert.equal((await obolus.state(kept.session_key)).session_id, kept.session_id);
    const answers = await openUntil((later) => count(later, 201) > 0);
    const late = Date.now() - began - kFaultMs;
    assert.ok(late < kRecoveryMs, `recovered ${late} ms after the disk did`);
    await until('readyz', async () => (await obolus.operator('GET', '/readyz')).status === 200);
    await assertAllKept([...failed, ...answers]);
  });
}

describe('one call that fails', () => {
  for (const call of ['write', 'sync']) {
    for (const at of [1, 2, 3, 5, 8, 13]) {
      test(`${call} ${at}: no false 2xx, and the next request is served`, async () => {
        await relaunch(`io:${call}:${at}:eio:0`);
        const hasFailed = () => obolus.process.lines.some(({ event }) => event === 'fault_began');
        const answers = await openUntil(
          (all) => all.length > 60 || (all.at(-1)?.status === 201 && hasFailed()),
        );
        await obolus.process.event('fault_began');
        answers.push(...(await openUntil((all) => all.length >= 3)));
        assert.equal(answers.at(-1).status, 201);
        await assertAllKept(answers);
      });
    }
  }
});

test('reads that fail for a while answer 503, and then as before', async () => {
  await relaunch();
  const { session_key } = await obolus.openPayment();
  await relaunch(`io:read:1:eio:${kFaultMs}`);
  const look = () => obolus.shopper('GET', `/sessions/${session_key}`);
  const failed = await look();
  assert.equal(failed.status, 503, failed.text);
  assert.match(failed.headers['retry-after'], /^[1-9]/);
  await obolus.process.event('fault_began');
  const limit = { timeoutMs: kFaultMs + kRecoveryMs };
  await until('the session', async () => (await look()).status === 200, limit);
});

test('a log that cannot be cut short when it stops is a warning, and nothing is lost', async () => {
  await relaunch('io:truncate:1:eio:60000');
  const answers = await openUntil((all) => all.length >= 3);
  const exit = await obolus.process.stop();
  assert.equal(exit.code, 0, obolus.process.text);
  await obolus.launch();
  await assertAllKept(answers);
});

test('a database that cannot be opened refuses to start and says so', async () => {
  await obolus.process.stop();
  const env = { ...process.env, OBOLUS_FAULT_PLAN: 'io:open:1:eio:60000' };
  const args = ['serve', '--config', obolus.configFile];
  const { status, stderr } = run(programPath('obolus'), args, { env });
  assert.equal(status, 69, stderr);
  assert.match(stderr, /cannot open .*obolus\.db/);
  await obolus.launch();
});

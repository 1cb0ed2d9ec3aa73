// OBOLUS_FAULT_PLAN: only a build that can fail on purpose takes it, and only when it is right.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { programPath, run } from '../support/processes.mjs';
import { ephemeralPorts, Stack } from '../support/stack.mjs';

let folder;
let stack;

before(async () => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'obolus-plan-'));
  stack = new Stack({ folder, ports: await ephemeralPorts() }).prepare();
});
after(() => rmSync(folder, { recursive: true, force: true }));

function serve(program, plan) {
  const env = { ...process.env, OBOLUS_FAULT_PLAN: plan };
  return run(program, ['serve', '--config', stack.configFile], { env });
}

test('a plan that is not understood refuses to start and says which part', () => {
  const { status, stderr } = serve(programPath('obolus'), 'kill:body_ran:1,kill:lunch:2');
  assert.equal(status, 78, stderr);
  assert.match(stderr, /OBOLUS_FAULT_PLAN: 'kill:lunch:2' is not understood/);
});

test('a build without faults refuses any plan', () => {
  const { status, stderr } = serve(process.env.OBOLUS_WITHOUT_FAULTS_BIN, 'kill:body_ran:1');
  assert.equal(status, 78, stderr);
  assert.match(stderr, /this build cannot fail on purpose/);
});

test('a point that is reached ends the process with SIGKILL', () => {
  const { status, stderr } = serve(programPath('obolus'), 'kill:before_commit:1');
  assert.equal(status, 'SIGKILL', stderr);
});

// The running program seen from outside: whom it runs as, what it gave up on every thread, and that
// payments go through all the same. What it can still do is tried by sandbox_probe.
import assert from 'node:assert/strict';
import { chmodSync, chownSync, readdirSync, readFileSync, statSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { until } from '../support/client.mjs';
import { Obolus } from '../support/obolus.mjs';
import { programPath, run, start } from '../support/processes.mjs';

const kLayers = ['user', 'capabilities', 'files', 'ports', 'signals', 'system_calls'];
const kIsRoot = process.getuid() === 0;
const kNobody = { name: 'nobody', id: Number(run('id', ['-u', 'nobody']).stdout) };

// The members of /proc/PID/task/*/status, one object a thread.
function threads(obolus) {
  const tasks = `/proc/${obolus.process.child.pid}/task`;
  return readdirSync(tasks).map((task) =>
    Object.fromEntries(
      readFileSync(`${tasks}/${task}/status`, 'utf8')
        .split('\n')
        .filter((line) => line.includes(':'))
        .map((line) => line.split(/:\s*/, 2)),
    ),
  );
}

function assertConfined(obolus) {
  const all = threads(obolus);
  assert.ok(all.length > 3, 'it has threads');
  for (const thread of all) {
    const { Name, Seccomp, NoNewPrivs, CapInh, CapPrm, CapEff, CapAmb } = thread;
    assert.deepEqual([Seccomp, NoNewPrivs], ['2', '1'], Name);
    for (const set of [CapInh, CapPrm, CapEff, CapAmb]) assert.match(set, /^0+$/, Name);
    if (kIsRoot) assert.match(thread.CapBnd, /^0+$/, Name);
  }
}

async function pays(obolus) {
  const { session_key, terminal_id } = await obolus.openPayment();
  assert.equal((await obolus.pay(session_key)).status, 200);
  await obolus.bridge.waitFor(terminal_id, 'CardSessionCreated', 20_000);
}

async function layers(obolus) {
  const held = [];
  for (const layer of kLayers) {
    if ((await obolus.metric('obolus_sandbox_layer', { layer })) === 1) held.push(layer);
  }
  return held;
}

async function freeLowPort() {
  for (let port = 620; port < 1000; ++port) {
    const server = net.createServer();
    const free = await new Promise((done) => {
      server.once('error', () => done(false));
      server.listen(port, '127.0.0.1', () => server.close(() => done(true)));
    });
    if (free) return port;
  }
  throw new Error('no port below 1000 is free');
}

// Readable for others, as an operator makes it.
function openUp(obolus) {
  for (const folder of [obolus.folder, obolus.certs]) chmodSync(folder, 0o711);
  for (const name of readdirSync(obolus.certs)) {
    chownSync(path.join(obolus.certs, name), kNobody.id, kNobody.id);
  }
}

describe('the sandbox', () => {
  let obolus;
  before(async () => {
    obolus = await Obolus.start();
  });
  after(() => obolus.stop());

  const again = async (environment) => {
    await obolus.process.stop();
    await obolus.launch(environment);
  };

  test('holds on every thread by default, and payments go through', async () => {
    await pays(obolus);
    assertConfined(obolus);
    const all = kLayers.filter((layer) => layer !== 'user' || !kIsRoot);
    assert.deepEqual(await layers(obolus), all);
    const file = path.join(obolus.folder, 'data/audit/audit.jsonl');
    const entered = await until('the audit record', () =>
      readFileSync(file, 'utf8')
        .split('\n')
        .find((line) => line.includes('sandbox_entered')),
    );
    for (const layer of all) assert.ok(entered.includes(layer), entered);
  });

  test('is off when told so, and metrics say it', async () => {
    await again({ OBOLUS_SANDBOX__MODE: 'off' });
    assert.deepEqual([...new Set(threads(obolus).map(({ Seccomp }) => Seccomp))], ['0']);
    assert.deepEqual(await layers(obolus), []);
    assert.match(obolus.process.text, /"event":"sandbox","outcome":"without user, cap/);
  });

  test('only notes what it would refuse in mode log', async () => {
    await again({ OBOLUS_SANDBOX__MODE: 'log' });
    await pays(obolus);
    const held = await layers(obolus);
    assert.ok(held.includes('capabilities') && !held.includes('system_calls'), held.join());
    assert.ok(!held.includes('files'), held.join());
  });

  test('check says what this machine can have', () => {
    const { stdout } = obolus.cli('check');
    if (kIsRoot) assert.match(stdout, /^warn {2}sandbox without user; started as root/m);
    else assert.match(stdout, /^ok {4}sandbox user, capabilities, files/m);
  });

  test('a kernel without Landlock is said, and refused where all is required', async () => {
    await obolus.process.stop();
    const program = programPath('obolus');
    const build = path.resolve(path.dirname(program), '../..');
    const wrapper = path.join(build, 'tests/hardening/without_landlock');
    const onOldKernel = (command, ...more) =>
      run(wrapper, [program, command, '--config', obolus.configFile, ...more]);
    assert.match(onOldKernel('check').stdout, /^warn {2}sandbox without .*files, ports, signals/m);
    const old = start('obolus', wrapper, [program, 'serve', '--config', obolus.configFile]);
    await old.event('ready');
    assert.match(old.text, /"event":"sandbox","outcome":"without .*files, ports, signals"/);
    await old.stop();
    const refused = onOldKernel('serve', '--set', 'sandbox.required=true');
    assert.equal(refused.status, 69);
    assert.match(refused.stderr, /layers are missing: .*files, ports, signals/);
    await obolus.launch();
  });

  test('a user that is not there is said by name', () => {
    const setting = ['--set', 'sandbox.run_as=nobody-of-that-name'];
    const { status, stderr } = obolus.cli('serve', ...setting);
    assert.equal(status, 69);
    assert.match(stderr, /sandbox\.run_as.*nobody-of-that-name/);
  });
});

// Only root has something to give up; CI and containers start as root.
const asRoot = kIsRoot ? describe : () => {};
asRoot('started as root', () => {
  let obolus;
  before(async () => {
    obolus = await Obolus.start();
    await obolus.process.stop();
  });
  after(() => obolus.stop());

  test('required refuses to stay root, and says which layer is missing', () => {
    const { status, stderr } = obolus.cli('serve', '--set', 'sandbox.required=true');
    assert.equal(status, 69);
    assert.match(stderr, /sandbox\.required is true, and these layers are missing: user/);
  });

  test('it becomes the user it is told to, takes its files along, and cannot go back', async () => {
    openUp(obolus);
    const port = await freeLowPort();
    await obolus.launch({
      OBOLUS_SANDBOX__RUN_AS: kNobody.name,
      OBOLUS_SANDBOX__REQUIRED: 'true',
      OBOLUS_OPERATOR__PORT: String(port),
    });
    obolus.ports.operator = port;
    await pays(obolus);
    assertConfined(obolus);
    for (const { Name, Uid, Gid } of threads(obolus)) {
      assert.deepEqual(new Set(Uid.split('\t')), new Set([String(kNobody.id)]), Name);
      assert.equal(new Set(Gid.split('\t')).size, 1, Name);
      assert.ok(!Gid.split('\t').includes('0'), Name);
    }
    const data = path.join(obolus.folder, 'data');
    for (const name of ['', ...readdirSync(data, { recursive: true })]) {
      assert.equal(statSync(path.join(data, name)).uid, kNobody.id, name);
    }
    assert.deepEqual(await layers(obolus), kLayers);
    await until('the line in the log', () => /"outcome":"complete"/.test(obolus.process.text));
  });
});

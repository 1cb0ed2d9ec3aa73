// Every scenario of sandbox/scenarios/ goes as told against a real obolus and its sandbox, one that
// tells a falsehood fails at its line, and the kit's commands say what was sent and answered.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { freePorts, kRoot, programPath } from '../support/processes.mjs';
import { ephemeralPorts, Stack } from '../support/stack.mjs';
import { rowsReached, tableRows } from './rows.mjs';

const kScenarios = path.join(kRoot, 'sandbox', 'scenarios');
const kAllPlayedWithinS = 100;
// Only a vault on another machine is waited for, so its stories have a stack of their own.
const kGuardian = 'vault guardian';
// By default a session that returned outlives its minute, and its story the test.
const kConfirmWithinS = 20;
const kAtOnce = { concurrency: 4 };

// With a lease that ends soon, and one attempt in it.
async function guardianStack(folder) {
  const [port] = await freePorts(1);
  const guardian = { port, key: 'guardian-key-1' };
  const vault = {
    provider: 'guardian',
    lease_ms: 4500,
    guardian: {
      url: `https://localhost:${port}`,
      api_key: guardian.key,
      ca: path.join(folder, 'certs', 'ca.pem'),
      timeout_ms: 3000,
    },
  };
  return new Stack({ folder, ports: await ephemeralPorts(), guardian, extra: { vault } });
}

describe('scenarios', kAtOnce, () => {
  let folder;
  let stack;
  let remote;
  before(async () => {
    folder = mkdtempSync(path.join(os.tmpdir(), 'obolus-scenarios-'));
    stack = await new Stack({
      folder: path.join(folder, 'stack'),
      ports: await ephemeralPorts(),
      extra: { sessions: { confirm_within_s: kConfirmWithinS } },
    }).start();
    remote = await (await guardianStack(path.join(folder, 'remote'))).start();
  });
  after(async () => {
    await stack?.stop();
    await remote?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  // A command of the kit: {status, stdout, stderr, lines: its JSON lines}.
  const kit = (...args) =>
    new Promise((resolve, reject) => {
      const url = args.includes('--url') ? [] : ['--url', stack.shopUrl];
      const child = spawn(programPath('obolus-sandbox'), [...args, ...url], { timeout: 150_000 });
      const text = { stdout: '', stderr: '' };
      for (const name of ['stdout', 'stderr']) {
        child[name].setEncoding('utf8').on('data', (chunk) => (text[name] += chunk));
      }
      child.once('error', reject);
      child.once('close', (status) => {
        const json = text.stdout.split('\n').filter((line) => line.startsWith('{'));
        resolve({ status, ...text, lines: json.map((line) => JSON.parse(line)) });
      });
    });

  // Plays one text as a scenario of that name.
  const play = (name, text) => {
    const own = mkdtempSync(path.join(folder, 'own-'));
    writeFileSync(path.join(own, `${name}.scenario`), text);
    return kit('trigger', name, '--scenarios', own);
  };

  // The lines of those that ended; all must have gone as told.
  async function playAll(...args) {
    const { status, lines, stderr } = await kit('trigger', '--json', ...args);
    const otherwise = lines.filter(({ passed }) => !passed).map(({ message }) => message);
    assert.deepEqual(otherwise, [], stderr);
    assert.equal(status, 0, stderr);
    return lines;
  }
  const sessionsOf = (lines) => lines.flatMap(({ sessions }) => sessions);

  test('all of them go as told, and reach every row of the transition table', async () => {
    const began = Date.now();
    const here = await playAll('--all', '--parallel', '32');
    const { lines: listed } = await kit('trigger', '--list', '--json');
    const distant = [];
    for (const { scenario } of listed.filter(({ story }) => story.includes(`needs ${kGuardian}`))) {
      const args = [scenario, '--provides', kGuardian, '--url', remote.shopUrl];
      distant.push(...(await playAll(...args)));
    }
    const played = here.length + distant.length;
    assert.equal(played, readdirSync(kScenarios).length, 'each scenario, here or there');
    const seconds = (Date.now() - began) / 1000;
    console.log(`${played} scenarios went as told in ${seconds.toFixed(0)} s`);
    assert.ok(seconds <= kAllPlayedWithinS, `${seconds} s`);

    const reached = new Set([
      ...(await rowsReached(stack.operatorUrl, sessionsOf(here))),
      ...(await rowsReached(remote.operatorUrl, sessionsOf(distant))),
    ]);
    const rows = tableRows();
    const missed = rows.filter((row) => !reached.has(row));
    console.log(`${rows.length - missed.length} of ${rows.length} rows reached`);
    assert.deepEqual(missed, [], 'rows of the transition table that no scenario reaches');
  });

  test('every file is listed with its story', async () => {
    const { lines } = await kit('trigger', '--list', '--json');
    const listed = lines.filter(({ scenario }) => scenario);
    const files = readdirSync(kScenarios).map((name) => path.basename(name, '.scenario'));
    assert.deepEqual(
      listed.map(({ scenario }) => scenario).sort(),
      files.sort(),
      'built in and in the tree',
    );
    for (const { scenario, story } of listed) assert.ok(story.length > 20, scenario);
    assert.deepEqual(
      lines.filter(({ event }) => event).map(({ event }) => event),
      ['CompleteTDSSession', 'SessionVoided', 'StateChanged'],
    );
  });

  for (const [falsehood, line, came] of [
    ['expect the payment session is created within 1 s', 2, 'it is open'],
    ['expect event CardSessionCreated once within 1 s', 2, 'it did not come'],
    ['expect the payment shopper sees wait within 1 s', 2, 'the shopper sees tokenize_card'],
    ['expect the answer 500', 2, 'it was 201'],
    ['shopper enters the card 4242424242424241', 2, 'it was answered 422'],
    ['shopper cancels the payment\nexpect no event', 3, 'it came'],
    ['shopper cancels the payment\nexpect event CardSessionFailed never', 3, 'it came'],
    ['expect the payment session has attempts=1 within 1 s', 2, 'attempts is 0'],
    ['commerce sends StateChanged terminal_id=$tds_terminal_id', 2, 'is not known here'],
  ]) {
    test(`a false "${falsehood.split('\n').pop()}" fails at its line`, async () => {
      const played = await play('false', `commerce opens a payment session\n${falsehood}\n`);
      assert.equal(played.status, 1, played.stdout);
      assert.ok(played.stdout.includes(`false.scenario:${line}: `), played.stdout);
      assert.ok(played.stdout.includes(came), played.stdout);
    });
  }

  test('a line that is no step is found before anything is played', async () => {
    const played = await play('misspelt', '# A story.\n\nshopper opens the challange\n');
    assert.equal(played.status, 2);
    assert.match(played.stderr, /misspelt\.scenario:3: .*nearest is: shopper opens the challenge/);
  });

  test('what a scenario needs must be provided', async () => {
    const text = 'needs planet mars\ncommerce opens a payment session\n';
    const played = await play('far', text);
    assert.equal(played.status, 4, played.stderr);
    assert.match(played.stderr, /planet mars/);
  });

  test('the example of the README goes as told', async () => {
    const readme = readFileSync(path.join(kRoot, 'sandbox', 'README.md'), 'utf8');
    const [, example] = readme.match(/```\n(# The shopper passes[^`]*)```/);
    const played = await play('readme', example);
    assert.equal(played.status, 0, played.stdout + played.stderr);
  });

  test('an event by its name, again as a duplicate, and in every mode', async () => {
    const opened = await play('opens', 'commerce creates a payment\n');
    assert.equal(opened.status, 0, opened.stdout);
    for (const mode of ['binary', 'structured', 'batched']) {
      const args = ['trigger', 'StateChanged', '--mode', mode, '--id', `kit-${mode}`, '--json'];
      for (const time of ['first', 'second']) {
        const { status, lines } = await kit(...args, '--set', 'state=accepted');
        assert.equal(status, 0, `${mode}, ${time}`);
        assert.equal(lines[0].sent.data.state, 'accepted');
        assert.match(String(lines[0].answer.status), /^20[24]$/);
      }
    }
    const refused = await kit('trigger', 'StateChanged', '--data', '{"state":7}', '--json');
    assert.equal(refused.status, 1, refused.stdout);
    assert.equal(refused.lines[0].answer.status, 400);
    assert.equal((await kit('trigger', 'NoSuchThing')).status, 2);
  });

  test('replay sends an event of either side again', async () => {
    const text = 'commerce opens a payment session\nshopper cancels the payment\n';
    const played = await play('replayed', `${text}expect event CardSessionFailed once\n`);
    assert.equal(played.status, 0, played.stdout);
    const { lines } = await kit('listen', '--once', '--json');
    const failed = lines.filter(({ title }) => title === 'CardSessionFailed').pop();
    const theirs = await kit('replay', String(failed.number));
    assert.equal(theirs.status, 0, theirs.stderr);
    assert.match(theirs.stdout, /before +CardSessionFailed 204 accepted\nagain +204 duplicate/);

    const id = 'kit-replayed';
    await kit('trigger', 'StateChanged', '--data', '{"state":"accepted"}', '--id', id);
    const ours = await kit('replay', id);
    assert.equal(ours.status, 0, ours.stderr);
    assert.match(ours.stdout, /before +StateChanged 20\d.*\nagain +20\d/);
    assert.equal((await kit('replay', 'no-such-event')).status, 2);
  });

  test('listen shows both directions as they come, and ends', async () => {
    const heard = kit('listen', '--json', '--since', '0', '--limit', '5');
    await play('heard', 'commerce opens a payment session\nshopper cancels the payment\n');
    const { status, lines } = await heard;
    assert.equal(status, 0);
    assert.equal(lines.length, 5);
    const numbers = lines.map(({ number }) => number);
    assert.deepEqual(
      numbers,
      [...numbers].sort((a, b) => a - b),
    );
    const everything = (await kit('listen', '--once', '--json')).lines;
    assert.ok(everything.some(({ from, to }) => from === 'obolus' && to === 'commerce'));
    assert.ok(everything.some(({ from, to }) => from === 'commerce' && to === 'obolus'));
    const pretty = await kit('listen', '--once');
    assert.match(pretty.stdout, /obolus -> commerce +CardSessionFailed +204 accepted/);
  });

  test('without a sandbox every command says so', async () => {
    for (const args of [['listen'], ['replay', '1'], ['trigger', 'SessionVoided']]) {
      const { status, stderr } = await kit(...args, '--url', 'http://127.0.0.1:1');
      assert.equal(status, 3, stderr);
      assert.match(stderr, /no sandbox answers/);
    }
  });
});

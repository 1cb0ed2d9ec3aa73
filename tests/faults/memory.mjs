// Memory runs out under the real program: every so-many-th operator new fails, while shoppers and
// Commerce go on. What is asked for gets 5xx or a closed connection, never a wrong answer; what was
// acknowledged is kept and told; the next request is served. Where the process ends, it is with
// abort, which costs what a kill -9 costs; few failures may end so. Prints how many did.
//
//   node tests/faults/memory.mjs [--lives 40] [--flows 6] [--every 997] [--first 1]
import { randomUUID } from 'node:crypto';
import { parseArgs } from 'node:util';
import { machine } from '../support/account.mjs';
import { encrypt, kCards, payload } from '../support/card.mjs';
import { until } from '../support/client.mjs';
import { Obolus } from '../support/obolus.mjs';

const { values } = parseArgs({
  options: {
    lives: { type: 'string', default: '40' },
    flows: { type: 'string', default: '6' },
    every: { type: 'string', default: '997' },
    first: { type: 'string', default: '1' },
    verbose: { type: 'boolean' },
  },
});
const kAttempts = 30;

class Run {
  constructor(obolus) {
    this.obolus = obolus;
    this.answers = { ok: 0, 500: 0, 503: 0, closed: 0 };
    this.raised = 0;
    this.aborts = [];
    this.kept = []; // session keys that were acknowledged, and what they must say
    this.faults = [];
  }

  get died() {
    return this.obolus.process.exit !== undefined;
  }

  // Asks until it is answered with `status`; null when the process has ended.
  async ask(status, listener, method, target, options = {}) {
    for (let attempt = 0; attempt < kAttempts; attempt++) {
      if (this.died) return null;
      let answer;
      try {
        const rest = { documented: false, timeoutMs: 8_000, ...options };
        answer = await this.obolus.call(listener, method, target, rest);
      } catch (error) {
        if (/no answer in/.test(error.message)) {
          this.faults.push(`${method} ${target.slice(0, 20)}: no answer, and no end`);
        }
        this.answers.closed++;
        continue;
      }
      if (answer.status === status) {
        this.answers.ok++;
        return answer;
      }
      if (answer.status !== 500 && answer.status !== 503) {
        throw new Error(`${method} ${target.slice(0, 20)}: ${answer.status} ${answer.text}`);
      }
      if (answer.status === 503 && !answer.headers['retry-after']) {
        this.faults.push(`${method} ${target.slice(0, 20)}: 503 without Retry-After`);
      }
      this.answers[answer.status]++;
    }
    throw new Error(`${method} ${target.slice(0, 20)}: refused ${kAttempts} times`);
  }

  async open() {
    const headers = { 'idempotency-key': randomUUID() };
    const body = { type: 'payment' };
    return (await this.ask(201, 'commerce', 'POST', '/sessions', { headers, body }))?.json;
  }

  // One session opened and paid, one opened and cancelled.
  async flow() {
    const paid = await this.open();
    if (!paid) return;
    const record = { key: paid.session_key, has: null };
    this.kept.push(record);
    const state = await this.ask(200, 'shopper', 'GET', `/sessions/${record.key}`);
    if (!state) return;
    const result = { enc_payload: await encrypt(state.json.data, payload(kCards.visa)) };
    const target = `/sessions/${record.key}/complete-action`;
    const body = { action: 'tokenize_card', result };
    const given = await this.ask(200, 'shopper', 'POST', target, { body });
    if (!given) return;
    record.has = given.json.status;
    const left = await this.open();
    if (!left) return;
    const other = { key: left.session_key, has: null };
    this.kept.push(other);
    const gone = await this.ask(200, 'shopper', 'POST', `/sessions/${other.key}/cancel`);
    if (gone) other.has = gone.json.status;
  }

  async live(plan, flows) {
    await this.obolus.launch({ OBOLUS_FAULT_PLAN: plan });
    for (let flow = 0; flow < flows && !this.died; flow++) await this.flow();
    if (!this.died) await this.#settle();
    const { process } = this.obolus;
    const { code, signal } = this.died ? await process.exited : await process.kill();
    if (signal !== 'SIGKILL') {
      this.aborts.push(`${plan}: ${code ?? signal}`);
      if (values.verbose) console.log(process.text.split('\n').slice(-8).join('\n'));
    }
    this.raised += process.text.split('memory_fault').length - 1;
  }

  // The relay must not be stuck. What had no memory for its delivery waits for its lease, 15 s, and
  // may meet the next failure then: so there is time for five.
  async #settle() {
    const pending = async () => {
      const answer = await this.ask(200, 'operator', 'GET', '/events?status=pending');
      return answer === null || answer.json.events.length === 0;
    };
    await until('an empty outbox', pending, { timeoutMs: 75_000 }).catch((error) =>
      this.faults.push(error.message),
    );
  }

  // With all the memory it wants: everything that was acknowledged is there.
  async check() {
    await this.obolus.launch();
    for (const { key, has } of this.kept) {
      const answer = await this.obolus.shopper('GET', `/sessions/${key}`);
      if (answer.status !== 200) this.faults.push(`a session is lost: ${answer.status}`);
      else if (has && answer.json.status !== has) {
        this.faults.push(`a session was ${has}, and is ${answer.json.status}`);
      }
    }
    await this.obolus.settled();
  }
}

async function main() {
  const obolus = await Obolus.start();
  await obolus.process.stop();
  const run = new Run(obolus);
  const [lives, flows, every, first] = ['lives', 'flows', 'every', 'first'].map((name) =>
    Number(values[name]),
  );
  try {
    for (let life = 0; life < lives; life++) {
      await run.live(`memory:${first + life * Math.ceil(every / lives)}:${every}`, flows);
    }
    await run.check();
  } catch (error) {
    run.faults.push(error.message);
  } finally {
    await obolus.stop();
  }
  const { answers, raised, aborts, faults } = run;
  // Each is allowed, but not that it becomes the rule again.
  if (aborts.length > 1 + raised / 20) faults.push('the process ended too often');
  if (raised < lives) faults.push('hardly any allocation failed');
  console.log(machine());
  console.log(`${raised} allocations failed in ${lives} lives of the process`);
  console.log(`${aborts.length} ended it; ${run.kept.length} sessions were acknowledged`);
  console.log(`answers: ${JSON.stringify(answers)}`);
  for (const end of aborts.slice(0, 20)) console.log(`  ended: ${end}`);
  for (const fault of faults.slice(0, 20)) console.log(`  fault: ${fault}`);
  console.log(faults.length === 0 ? 'nothing lost, nothing stuck' : 'FAILED');
  return faults.length === 0 ? 0 : 1;
}

process.exit(await main());

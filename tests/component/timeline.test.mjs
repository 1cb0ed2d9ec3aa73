// What an operator can read of a session's life, on both stores: who did what, in which order, what
// Commerce was told and whether it arrived; through restarts and a killed process, and without
// anything that must not be seen. A session lives for a minute at least, so this file waits.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { kCards, payload } from '../support/card.mjs';
import { until } from '../support/client.mjs';
import { Obolus } from '../support/obolus.mjs';
import { Postgres } from '../support/postgres.mjs';
import { kRoot } from '../support/processes.mjs';

const kTrace = '0af7651916cd43dd8448eb211c80319c';
const kVerdictTrace = '1bf7651916cd43dd8448eb211c80319c';
const kSecrets = {
  creq: 'Y2FuYXJ5LWNyZXE',
  session_data: 'Y2FuYXJ5LXNlc3Npb24',
  cres: 'Y2FuYXJ5LWNyZXM',
  card: kCards.visa.account_number,
  holder: 'Ada Lovelace',
};

// Nobody listens there: that a card was about to go is written down before it goes.
const kProcessor = 'https://localhost:1';
const kForward = { destinations: [{ origin: kProcessor, internal: true }] };

// What each test needs; `begin` sets `obolus` and `end`.
const kStores = [
  {
    name: 'SQLite',
    async begin() {
      this.obolus = await Obolus.start({ forward: kForward });
      this.end = () => this.obolus.stop();
    },
  },
  {
    name: 'PostgreSQL',
    async begin() {
      const postgres = await Postgres.start();
      this.end = () => postgres.stop();
      this.obolus = await Obolus.start({
        store: { kind: 'postgres', dsn: postgres.dsn },
        forward: kForward,
      });
      this.end = async () => {
        await this.obolus.stop();
        await postgres.stop();
      };
    },
  },
];

const kChallenge = {
  acs_url: 'https://acs.example/challenge',
  creq: kSecrets.creq,
  three_ds_session_data: kSecrets.session_data,
};

describe('a timeline tells all that happened', () => {
  before(async () => {
    for (const stand of kStores) {
      await stand.begin();
      // Both run out while the first store's tests go on.
      const life = { challenge: kChallenge, expires_in: 60 };
      stand.abandoned = await stand.obolus.openChallenge(life);
      await stand.obolus.shopper('GET', stand.abandoned.path);
    }
  });
  after(async () => {
    for (const stand of kStores) await stand.end?.();
  });

  for (const stand of kStores)
    describe(`on ${stand.name}`, () => {
      let obolus;
      let abandoned;
      const seen = []; // everything that operators were shown
      const notes = new Set(); // the words of what changed nothing
      const keys = [];
      before(() => {
        ({ obolus, abandoned } = stand);
        keys.push(abandoned.path.split('/').pop());
      });

      const show = async (id) => {
        const { status, json, text } = await obolus.operator('GET', `/sessions/${id}`);
        assert.equal(status, 200, text);
        seen.push(text, obolus.cli('sessions', 'show', id).stdout);
        for (const { what, changed } of json.timeline) if (!changed) notes.add(what);
        return json;
      };
      const words = ({ timeline }) => timeline.map(({ what }) => what);
      const openChallenge = async (body = {}) => {
        const opened = await obolus.openChallenge({ challenge: kChallenge, ...body });
        keys.push(opened.path.split('/').pop());
        return opened;
      };
      const openPayment = async (body, options) => {
        const opened = await obolus.openPayment(body, options);
        keys.push(opened.session_key);
        return opened;
      };
      const comeBack = (opened) =>
        obolus.shopper('POST', `${opened.path}/return`, {
          body: new URLSearchParams({ cres: kSecrets.cres }).toString(),
          headers: { 'content-type': 'application/x-www-form-urlencoded' },
        });
      const cancelled = async () => {
        const opened = await openPayment();
        const { session_key } = opened;
        const answer = await obolus.shopper('POST', `/sessions/${session_key}/cancel`);
        assert.equal(answer.status, 200, answer.text);
        return opened;
      };
      // In structured mode, where an id may hold what no header may.
      const verdict = (opened, result, id) =>
        obolus.commerce('POST', '/events', {
          headers: {
            'content-type': 'application/cloudevents+json',
            traceparent: `00-${kVerdictTrace}-b7ad6b7169203331-01`,
          },
          body: JSON.stringify({
            specversion: '1.0',
            type: 'CompleteTDSSession',
            source: 'https://commerce.example',
            id,
            data: { result, tds_terminal_id: opened.tds_terminal_id },
          }),
        });

      test('a payment: its opening, a refused card, one that was taken, its event', async () => {
        const opened = await openPayment(
          {},
          {
            headers: {
              traceparent: `00-${kTrace}-b7ad6b7169203331-01`,
              'x-request-id': 'the-opening',
            },
          },
        );
        const typo = payload(kCards.visa, { account_number: '4242424242424241' });
        await obolus.pay(opened.session_key, typo);
        assert.equal((await obolus.pay(opened.session_key)).status, 200);
        await obolus.bridge.waitFor(opened.terminal_id, 'CardSessionCreated');
        await obolus.settled();
        await obolus.event('StateChanged', {
          state: 'authorized',
          terminal_id: opened.terminal_id,
        });
        const shown = await show(opened.terminal_id);
        assert.deepEqual(words(shown), ['open', 'refuse', 'accept', 'event_delivered', 'annotate']);
        const [opening, , accepted, delivered] = shown.timeline;
        assert.deepEqual(
          [opening.side, opening.trace_id, opening.request_id, opening.at],
          ['commerce', kTrace, 'the-opening', shown.created_at],
        );
        assert.deepEqual(
          [accepted.side, accepted.from, accepted.to, accepted.event, accepted.changed],
          ['shopper', 'open', 'created', 'CardSessionCreated', true],
        );
        const [event] = obolus.bridge.about(opened.terminal_id);
        assert.equal(delivered.details.id, event.event.id);
        assert.equal(delivered.details.attempts, '1');
        assert.equal(delivered.trace_id, kTrace, 'one trace covers the payment');
      });

      test('a challenge: begun twice, back twice, decided once and contradicted', async () => {
        const payment = await openPayment();
        assert.equal((await obolus.pay(payment.session_key)).status, 200);
        const opened = await openChallenge({ terminal_id: payment.terminal_id });
        await obolus.shopper('GET', opened.path);
        await obolus.shopper('GET', opened.path);
        await obolus.process.kill();
        await obolus.launch();
        for (const status of [303, 303]) assert.equal((await comeBack(opened)).status, status);
        await obolus.bridge.waitFor(opened.tds_terminal_id, 'TDSResult', 30_000);
        await obolus.settled();
        assert.equal((await verdict(opened, 'SUCCESS', 'verdict-1')).status, 204);
        const hostile = 'x\n+00:00.000  obolus → succeed\u001b[2J';
        assert.equal((await verdict(opened, 'FAILED', hostile)).status, 202);
        await obolus.process.kill();
        await obolus.launch();

        const shown = await show(opened.tds_terminal_id);
        assert.deepEqual(
          words(shown).filter((what) => what !== 'event_delivered'),
          [
            'open',
            'start_challenge',
            'start_again',
            'return',
            'return_again',
            'succeed',
            'conflict',
          ],
        );
        assert.equal(words(shown).filter((what) => what === 'event_delivered').length, 1);
        const conflict = shown.timeline.at(-1);
        assert.deepEqual(
          [conflict.side, conflict.from, conflict.to, conflict.changed, conflict.trace_id],
          ['commerce', 'succeeded', 'succeeded', false, kVerdictTrace],
        );
        assert.equal(conflict.details.result, 'FAILED');
        assert.equal(conflict.details.ce_id, hostile);

        const { status, stdout } = obolus.cli('sessions', 'show', opened.tds_terminal_id);
        assert.equal(status, 0);
        assert.ok(!stdout.includes('\u001b'), 'an escape sequence');
        const lines = stdout
          .slice(stdout.indexOf('\n\n') + 2)
          .trimEnd()
          .split('\n');
        assert.equal(lines.length, shown.timeline.length, stdout);
        assert.match(
          lines.at(-1),
          /^\+\d\d:\d\d\.\d{3} +commerce → conflict +succeeded .*ce_id="x\\n/,
        );
        const machine = obolus.cli('sessions', 'show', opened.tds_terminal_id, '--json');
        assert.deepEqual(JSON.parse(machine.stdout), shown);

        const paid = await show(payment.terminal_id);
        assert.deepEqual([paid.related_session_id, shown.related_session_id], [shown.id, paid.id]);
      });

      test('a voided challenge: what came afterwards changed nothing, and is there', async () => {
        const opened = await openChallenge();
        await obolus.shopper('GET', opened.path);
        const { tds_terminal_id } = opened;
        assert.equal((await obolus.event('SessionVoided', { tds_terminal_id })).status, 204);
        await comeBack(opened);
        const shown = await show(tds_terminal_id);
        assert.deepEqual(words(shown), ['open', 'start_challenge', 'void', 'return_too_late']);
        const [, , voided, late] = shown.timeline;
        assert.deepEqual(
          [voided.side, voided.from, voided.to],
          ['commerce', 'challenged', 'voided'],
        );
        assert.deepEqual([late.side, late.to, late.changed], ['shopper', 'voided', false]);
      });

      test('an event that Commerce does not take waits, and says why', async () => {
        obolus.bridge.answer = () => ({ status: 503 });
        try {
          const opened = await cancelled();
          const pending = async () => (await show(opened.terminal_id)).timeline.at(-1);
          await until('an attempt', async () => (await pending()).details.last_error);
          const entry = await pending();
          assert.equal(entry.what, 'event_pending');
          assert.match(entry.details.last_error, /503/);
        } finally {
          obolus.bridge.answer = () => ({ status: 204 });
        }
      });

      test('an event that Commerce refuses for good is parked, and says why', async () => {
        obolus.bridge.answer = () => ({ status: 410 });
        try {
          const opened = await cancelled();
          const last = async () => (await show(opened.terminal_id)).timeline.at(-1);
          await until('parking', async () => (await last()).what === 'event_parked');
          const { side, event, details } = await last();
          assert.deepEqual([side, event], ['obolus', 'CardSessionFailed']);
          assert.match(details.last_error, /410/);
        } finally {
          obolus.bridge.answer = () => ({ status: 204 });
        }
      });

      test('an operator gives up for a shopper', async () => {
        const opened = await openPayment();
        const answer = obolus.cli('sessions', 'cancel', opened.terminal_id);
        assert.equal(answer.status, 0, answer.stderr);
        assert.match(answer.stdout, /operator → cancel +open → cancelled +CardSessionFailed/);
        const { event } = await obolus.bridge.waitFor(opened.terminal_id, 'CardSessionFailed');
        assert.equal(event.data.reason.code, 'CANCELLED_BY_SHOPPER');
        const paid = await openPayment();
        await obolus.pay(paid.session_key);
        const refused = obolus.cli('sessions', 'cancel', paid.terminal_id);
        assert.equal(refused.status, 1, refused.stdout);
        await show(opened.terminal_id);
      });

      test('a return for a card that had no challenge', async () => {
        const opened = await openPayment();
        await obolus.pay(opened.session_key);
        const created = await obolus.bridge.waitFor(opened.terminal_id, 'CardSessionCreated');
        const { pathname } = new URL(created.event.data.card_session.tds_return_url);
        assert.equal((await obolus.shopper('GET', pathname)).status, 303);
        assert.ok(words(await show(opened.terminal_id)).includes('return_without_challenge'));
      });

      test('a challenge that never came back', async () => {
        await obolus.bridge.waitFor(abandoned.tds_terminal_id, 'TDSResult', 90_000);
        await obolus.settled();
        await comeBack(abandoned);
        assert.equal((await verdict(abandoned, 'SUCCESS', 'too-late')).status, 204);
        const shown = await show(abandoned.tds_terminal_id);
        assert.deepEqual(words(shown), [
          'open',
          'start_challenge',
          'expire',
          'event_delivered',
          'return_too_late',
          'event_too_late',
        ]);
        const { side, from, to, event } = shown.timeline[2];
        assert.deepEqual([side, from, to, event], ['obolus', 'challenged', 'expired', 'TDSResult']);
      });

      test('a card that a processor asked for, whether or not it arrived', async () => {
        const { session_key, terminal_id } = await openPayment();
        await obolus.pay(session_key, payload(kCards.visa));
        const { event } = await obolus.bridge.waitFor(terminal_id, 'CardSessionCreated');
        const target = `/card-sessions/${event.data.card_session.id}/forward`;
        const body = { url: `${kProcessor}/charge`, body: { n: '{{ account_number }}' } };
        const answer = await obolus.commerce('POST', target, { body });
        assert.equal(answer.status, 502, answer.text);
        const { timeline } = await show(terminal_id);
        const { side, details } = timeline.find(({ what }) => what === 'card_forwarded');
        assert.deepEqual([side, details.destination], ['processor', body.url]);
      });

      test('the operator’s guide explains each word, and no other', () => {
        const guide = readFileSync(path.join(kRoot, 'docs/operating.md'), 'utf8');
        const [, table] = guide.split('### Words of a timeline');
        const explained = table.split('\n## ')[0].matchAll(/^\| `(\w+)` \|/gm);
        assert.deepEqual([...notes].sort(), [...explained].map(([, word]) => word).sort());
      });

      test('nothing of it is a secret', () => {
        const all = seen.join('\n');
        assert.ok(all.includes('event_delivered'));
        for (const [name, secret] of Object.entries(kSecrets))
          assert.ok(!all.includes(secret), name);
        for (const key of keys) assert.ok(!all.includes(key), 'a session key');
      });
    });
});

// What a bank sends the shopper back with: every form of it is a way back and no verdict, it is
// described for the operator, and whoever waits long for Commerce is offered the way to the shop.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { until } from '../support/client.mjs';
import { Obolus } from '../support/obolus.mjs';

const kContinuation = { success: 'https://shop.example/ok', error: 'https://shop.example/no?a=b' };
const kForm = {
  'content-type': 'application/x-www-form-urlencoded',
  origin: 'https://acs.example',
};

const encoded = (message) => Buffer.from(JSON.stringify(message)).toString('base64url');
const kIds = { acsTransID: 'acs-1', threeDSServerTransID: 'server-1' };
const kCreq = encoded({ messageType: 'CReq', challengeWindowSize: '03', ...kIds });
const kCres = { messageType: 'CRes', messageVersion: '2.2.0', transStatus: 'Y', ...kIds };
const kEmv = { acs_url: 'https://acs.example/c', creq: kCreq, three_ds_session_data: 'data' };

const padded = (text) => text + '='.repeat((4 - (text.length % 4)) % 4);

// Name: what is posted, and what of it an operator must see.
const kReturns = {
  'a CRes': [`cres=${encoded(kCres)}`, { form: 'cres', trans_status: 'Y', foreign: 'no' }],
  'a padded CRes': [
    `cres=${encodeURIComponent(padded(encoded({ ...kCres, x: 1 })))}`,
    { form: 'cres', trans_status: 'Y' },
  ],
  'a CRes of a shopper who cancelled': [
    `cres=${encoded({ ...kCres, transStatus: 'N', challengeCancel: '01' })}`,
    { form: 'cres', trans_status: 'N', challenge_cancel: '01' },
  ],
  "a CRes of another's": [
    `cres=${encoded({ ...kCres, acsTransID: 'acs-2' })}`,
    { form: 'cres', foreign: 'yes' },
  ],
  'session data that is not ours': [
    `cres=${encoded(kCres)}&threeDSSessionData=${'x'.repeat(1025)}`,
    { form: 'cres', session_data: 'other' },
  ],
  'an error message': [
    `cres=${encoded({ messageType: 'Erro', errorCode: '203', ...kIds })}`,
    { form: 'error', error_code: '203' },
  ],
  'a cut CRes': [`cres=${encoded(kCres).slice(0, 41)}`, { form: 'unreadable' }],
  'no base64url': ['cres=<script>alert(1)</script>', { form: 'unreadable' }],
  'an over-long CRes': [`cres=${'A'.repeat(200_000)}`, { form: 'unreadable', bytes: '200005' }],
  'a PaRes': ['PaRes=eJzT&MD=m', { form: 'pares' }],
  nothing: ['', { form: 'nothing', bytes: '0' }],
};

describe('back from the bank', () => {
  let obolus;
  before(async () => {
    obolus = await Obolus.start({ sessions: { confirm_wait_s: 5 } });
  });
  after(() => obolus.stop());

  const post = (target, body) =>
    obolus.shopper('POST', target, { body, headers: kForm, documented: false });

  async function entryOf({ tds_terminal_id }, what) {
    const { timeline } = (await obolus.operator('GET', `/sessions/${tds_terminal_id}`)).json;
    return timeline.find((entry) => entry.what === what);
  }

  for (const [name, [body, expected]] of Object.entries(kReturns)) {
    test(`${name}: one wake-up, and the operator sees what came`, async () => {
      const opened = await obolus.openChallenge({ challenge: kEmv, continuation: kContinuation });
      const other = await obolus.openChallenge({ challenge: kEmv });
      await obolus.shopper('GET', opened.path);
      for (let i = 0; i < 2; ++i) {
        const answer = await post(`${opened.path}/return`, body);
        assert.equal(answer.status, 303, answer.text);
        assert.equal(new URL(answer.headers.location).pathname, opened.path);
      }
      const page = await obolus.shopper('GET', opened.path);
      assert.match(page.text, /data-phase="confirming"/);
      await obolus.settled();
      assert.equal(obolus.bridge.about(opened.tds_terminal_id).length, 1);
      assert.equal(obolus.bridge.about(other.tds_terminal_id).length, 0);
      const { details } = await entryOf(opened, 'return');
      for (const [fact, value] of Object.entries(expected))
        assert.equal(details[fact], value, fact);
      assert.ok(!JSON.stringify(details).includes('acs-'), 'and no more than that');
      assert.ok(await entryOf(opened, 'return_again'));
    });
  }

  test('more than any request may have: the browser comes again without it', async () => {
    const opened = await obolus.openChallenge({ challenge: kEmv });
    await obolus.shopper('GET', opened.path);
    const answer = await post(`${opened.path}/return`, `cres=${'A'.repeat(300_000)}`);
    assert.equal(answer.status, 303, answer.text);
    assert.equal(answer.headers.location, `${opened.path}/return`);
    assert.equal((await obolus.shopper('GET', answer.headers.location)).status, 303);
    const { details } = await entryOf(opened, 'return');
    assert.deepEqual([details.form, details.method], ['nothing', 'GET']);
    const elsewhere = await post('/sessions/x/cancel', 'A'.repeat(300_000));
    assert.equal(elsewhere.status, 413);
  });

  test('how the challenge was shown is noted, and nothing else of its address', async () => {
    const opened = await obolus.openChallenge({ challenge: kEmv });
    const query = '?in=frame&size=02&after=frame&policy=wide&x=y&in=evil';
    await obolus.shopper('GET', opened.path + query);
    const { details } = await entryOf(opened, 'start_challenge');
    assert.deepEqual(details, { in: 'frame', size: '02', after: 'frame', policy: 'wide' });
  });

  test('a checker of links starts no challenge', async () => {
    const opened = await obolus.openChallenge({ challenge: kEmv });
    const answer = await obolus.shopper('HEAD', opened.path, { documented: false });
    assert.equal(answer.status, 200);
    assert.equal(await entryOf(opened, 'start_challenge'), undefined);
  });

  test('the state tells the window size, and after a while the way back', async () => {
    const opened = await obolus.openChallenge({ challenge: kEmv, continuation: kContinuation });
    const key = opened.path.split('/').pop();
    const challenge = await obolus.state(key);
    assert.deepEqual([challenge.data.window_size, challenge.way_back_url], ['03', null]);
    await post(`${opened.path}/return`, '');
    assert.equal((await obolus.state(key)).way_back_url, null);
    const way_back_url = await until(
      'the way back',
      async () => (await obolus.state(key)).way_back_url,
    );
    assert.equal(way_back_url, `${kContinuation.error}&status=pending`);
    const page = await obolus.shopper('GET', `${opened.path}?continue=https://evil.example`);
    assert.match(page.text, /data-phase="pending"/);
    assert.ok(page.text.includes('href="https://shop.example/no?a=b&amp;status=pending"'));
    assert.ok(!page.text.includes('evil.example'));
    const data = { result: 'SUCCESS', tds_terminal_id: opened.tds_terminal_id };
    await obolus.event('CompleteTDSSession', data);
    const end = await obolus.shopper('GET', opened.path);
    assert.equal(end.headers.location, kContinuation.success, 'Commerce still decides');
  });

  test('in a frame the end is told in words, and the shop is not shown inside itself', async () => {
    const opened = await obolus.openChallenge({ challenge: kEmv, continuation: kContinuation });
    const data = { result: 'SUCCESS', tds_terminal_id: opened.tds_terminal_id };
    await obolus.event('CompleteTDSSession', data);
    for (const [target, headers] of [
      [`${opened.path}?in=frame`, {}],
      [opened.path, { 'sec-fetch-dest': 'iframe' }],
    ]) {
      const page = await obolus.shopper('GET', target, { headers });
      assert.equal(page.status, 200);
      assert.match(page.text, /data-outcome="done"/);
    }
    assert.equal((await obolus.shopper('GET', opened.path)).status, 303);
  });

  async function paid(body) {
    const { session_key, terminal_id } = await obolus.openPayment(body);
    await obolus.pay(session_key);
    const created = await obolus.bridge.waitFor(terminal_id, 'CardSessionCreated');
    const { pathname } = new URL(created.event.data.card_session.tds_return_url);
    return { terminal_id, pathname };
  }

  for (const [state, target] of [
    ['completed', kContinuation.success],
    ['failed', kContinuation.error],
  ]) {
    test(`without a 3-D Secure session the payment must be ${state}`, async () => {
      const { terminal_id, pathname } = await paid({ continuation: kContinuation });
      const back = await post(pathname, 'cres=e30');
      assert.equal(back.status, 303);
      const seen = new URL(back.headers.location);
      const wait = await obolus.shopper('GET', seen.pathname + seen.search);
      assert.match(wait.text, /data-phase="pending"/);
      assert.ok(wait.text.includes('status=pending'));
      assert.ok(!wait.text.includes('pay_'), 'who comes back is not given the key of the payment');
      await obolus.event('StateChanged', { state, terminal_id }, { subject: terminal_id });
      const end = await obolus.shopper('GET', seen.pathname + seen.search);
      assert.equal(end.headers.location, target);
      const { timeline } = (await obolus.operator('GET', `/sessions/${terminal_id}`)).json;
      const notes = timeline.filter(({ what }) => what === 'return_without_challenge');
      assert.deepEqual([notes.length, notes[0].details.form], [1, 'cres']);
    });
  }

  test('a shop that gave no address is said to know', async () => {
    const { pathname } = await paid({});
    const back = await post(pathname, '');
    const seen = new URL(back.headers.location);
    const page = await obolus.shopper('GET', seen.pathname + seen.search);
    assert.match(page.text, /data-outcome="returned"/);
  });
});

// 3-D Secure (contract §1.2, §3, §4.2): the page that sends the shopper to the bank, the ways
// back, the one TDSResult, and the verdict that only Commerce can give.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { until } from '../support/client.mjs';
import { assertEvent } from '../support/contracts.mjs';
import { Obolus } from '../support/obolus.mjs';
import { assertRefused, storesNothing } from '../support/stored.mjs';

const kContinuation = { success: 'https://shop.example/ok', error: 'https://shop.example/failed' };

describe('a challenge', () => {
  let obolus;
  before(async () => {
    obolus = await Obolus.start();
  });
  after(() => obolus.stop());

  const comeBack = (opened, method = 'POST', fields = { cres: 'eyJ0cmFuc1N0YXR1cyI6IlkifQ' }) => {
    const form = new URLSearchParams(fields).toString();
    const target = `${opened.path}/return`;
    return method === 'GET'
      ? obolus.shopper('GET', `${target}?${form}`)
      : obolus.shopper('POST', target, {
          body: form,
          headers: {
            'content-type': 'application/x-www-form-urlencoded',
            origin: 'https://acs.example',
          },
        });
  };

  test('the page posts the CReq to the ACS, and has a button without script', async () => {
    const opened = await obolus.openChallenge();
    const page = await obolus.shopper('GET', opened.path);
    assert.equal(page.status, 200);
    assert.match(page.text, /<form[^>]+action="https:\/\/acs\.example\/challenge"/);
    assert.match(
      page.text,
      /name="creq"[^>]*value="eyJ0eXAiOiJDUmVxIn0"|value="eyJ0eXAiOiJDUmVxIn0"[^>]*name="creq"/,
    );
    assert.match(page.text, /<button|type="submit"/);
    assert.match(page.headers['cache-control'], /no-store/);
    assert.match(page.headers['referrer-policy'], /no-referrer/);
    assert.match(page.headers['content-security-policy'], /default-src 'none'/);
    assert.ok(!/unsafe-inline/.test(page.headers['content-security-policy']));
  });

  test('pa_req goes as PaReq, MD and TermUrl', async () => {
    const challenge = { acs_url: 'https://acs.example/p', pa_req: 'eJxV<"&', md: 'm&d' };
    const opened = await obolus.openChallenge({ challenge });
    const { text } = await obolus.shopper('GET', opened.path);
    for (const name of ['PaReq', 'MD', 'TermUrl']) assert.match(text, new RegExp(`name="${name}"`));
    assert.ok(text.includes('eJxV&lt;&quot;&amp;') || text.includes('eJxV&lt;&#34;&amp;'), text);
    assert.ok(text.includes(`${opened.path}/return`), 'TermUrl is our return');
  });

  test('a processor page is reached by a redirect', async () => {
    const opened = await obolus.openChallenge({
      challenge: { url: 'https://processor.example/c?a=b' },
    });
    const page = await obolus.shopper('GET', opened.path);
    assert.equal(page.status, 303);
    assert.equal(page.headers.location, 'https://processor.example/c?a=b');
  });

  for (const method of ['GET', 'POST']) {
    test(`coming back by ${method} sends one TDSResult and shows the waiting page`, async () => {
      const opened = await obolus.openChallenge();
      await obolus.shopper('GET', opened.path);
      const back = await comeBack(opened, method);
      assert.equal(back.status, 303, back.text);
      assert.equal(new URL(back.headers.location, opened.redirect_url).pathname, opened.path);
      const delivery = await obolus.bridge.waitFor(opened.tds_terminal_id, 'TDSResult');
      assertEvent(delivery);
      assert.deepEqual(delivery.event.data, { tds_terminal_id: opened.tds_terminal_id });
      assert.equal((await comeBack(opened, method)).status, 303);
      assert.equal((await obolus.shopper('GET', opened.path)).status, 200);
      await obolus.settled();
      assert.equal(obolus.bridge.about(opened.tds_terminal_id).length, 1);
    });
  }

  for (const [result, target] of [
    ['SUCCESS', kContinuation.success],
    ['FAILED', kContinuation.error],
  ]) {
    test(`CompleteTDSSession ${result} releases the shopper to ${target}`, async () => {
      const opened = await obolus.openChallenge({ continuation: kContinuation });
      await obolus.shopper('GET', opened.path);
      await comeBack(opened);
      const data = { result, tds_terminal_id: opened.tds_terminal_id };
      assert.equal((await obolus.event('CompleteTDSSession', data)).status, 204);
      const page = await obolus.shopper('GET', opened.path);
      assert.equal(page.status, 303, page.text);
      assert.equal(page.headers.location, target);
      const contrary = { ...data, result: result === 'SUCCESS' ? 'FAILED' : 'SUCCESS' };
      await obolus.event('CompleteTDSSession', contrary);
      assert.equal((await obolus.shopper('GET', opened.path)).headers.location, target);
      await obolus.settled();
      assert.equal(obolus.bridge.about(opened.tds_terminal_id).length, 1);
    });
  }

  test('in a frame of the shop no page of the shop is shown', async () => {
    const opened = await obolus.openChallenge({ continuation: kContinuation });
    await comeBack(opened);
    const data = { result: 'SUCCESS', tds_terminal_id: opened.tds_terminal_id };
    assert.equal((await obolus.event('CompleteTDSSession', data)).status, 204);
    for (const [destination, status] of [
      ['iframe', 200],
      ['object', 200],
      ['document', 303],
    ]) {
      const headers = { 'sec-fetch-dest': destination };
      const page = await obolus.shopper('GET', opened.path, { headers });
      assert.equal(page.status, status, destination);
    }
  });

  test('its frame begins with the start page, and is of 3-D Secure sessions only', async () => {
    const opened = await obolus.openChallenge();
    for (const [asked, size] of [
      ['01', '01'],
      ['05', '05'],
      ['06', '03'],
      ['', '03'],
    ]) {
      const { status, text } = await obolus.shopper(
        'GET',
        `${opened.path}/frame?locale=de&size=${asked}`,
      );
      assert.equal(status, 200);
      const start = `${opened.path}?in=frame&#38;size=${size}&#38;locale=de`;
      assert.ok(text.replaceAll('&amp;', '&#38;').includes(`data="${start}"`), text);
    }
    const { session_key } = await obolus.openPayment();
    const other = await obolus.shopper('GET', `/3ds/${session_key}/frame`);
    assert.equal(other.status, 404);
  });

  test('without a continuation the page says how it ended', async () => {
    const opened = await obolus.openChallenge();
    await comeBack(opened);
    const data = { result: 'FAILED', tds_terminal_id: opened.tds_terminal_id };
    await obolus.event('CompleteTDSSession', data);
    const page = await obolus.shopper('GET', opened.path);
    assert.equal(page.status, 200);
    assert.match(page.headers['content-type'], /^text\/html/);
  });

  test('the return URL of the card session finds its challenge', async () => {
    const { session_key, terminal_id } = await obolus.openPayment({ continuation: kContinuation });
    await obolus.pay(session_key);
    const created = await obolus.bridge.waitFor(terminal_id, 'CardSessionCreated');
    const back = new URL(created.event.data.card_session.tds_return_url);
    assert.match(back.pathname, /^\/3ds\/return\/ret_/);
    const opened = await obolus.openChallenge({ terminal_id });
    const state = await obolus.state(session_key);
    assert.deepEqual(
      [state.next_action, state.data.redirect_url],
      ['3ds_challenge', opened.redirect_url],
    );
    await obolus.shopper('GET', opened.path);
    const answer = await obolus.shopper('POST', back.pathname, {
      body: 'cres=e30',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    });
    assert.equal(answer.status, 303, answer.text);
    await obolus.bridge.waitFor(opened.tds_terminal_id, 'TDSResult');
    const data = { result: 'SUCCESS', tds_terminal_id: opened.tds_terminal_id };
    await obolus.event('CompleteTDSSession', data);
    const page = await obolus.shopper('GET', opened.path);
    assert.equal(page.headers.location, kContinuation.success, 'the continuation of the payment');
    await until(
      'the payment session to be at its end',
      async () => (await obolus.state(session_key)).status === 'success',
    );
  });

  test('a voided challenge cannot be started, and sends no event', async () => {
    const opened = await obolus.openChallenge({ continuation: kContinuation });
    const { tds_terminal_id } = opened;
    assert.equal((await obolus.event('SessionVoided', { tds_terminal_id })).status, 204);
    const page = await obolus.shopper('GET', opened.path);
    assert.ok(!page.text.includes('acs.example'));
    assert.equal((await comeBack(opened)).status, 303);
    await obolus.settled();
    assert.equal(obolus.bridge.about(tds_terminal_id).length, 0);
  });

  for (const events of [
    ['SessionVoided', 'CompleteTDSSession'],
    ['CompleteTDSSession', 'SessionVoided'],
  ]) {
    test(`the shopper sees the void after ${events.join(' and ')}`, async () => {
      const opened = await obolus.openChallenge();
      const data = { tds_terminal_id: opened.tds_terminal_id, result: 'SUCCESS' };
      for (const type of events) assert.equal((await obolus.event(type, data)).status, 204);
      const page = await obolus.shopper('GET', opened.path);
      assert.equal(page.status, 200);
      assert.match(page.text, /Payment cancelled/);
      const state = await obolus.state(opened.path.split('/').pop());
      assert.deepEqual([state.status, state.data.reason_code], ['failure', 'VOIDED']);
    });
  }

  test('an unknown or forged challenge is a 404 that names nothing', async () => {
    for (const key of ['x', `tds_${'A'.repeat(50)}`]) {
      for (const [method, target] of [
        ['GET', `/3ds/${key}`],
        ['GET', `/3ds/${key}/return`],
        ['POST', `/3ds/${key}/return`],
        ['GET', `/3ds/return/${key}`],
      ]) {
        const answer = await storesNothing(obolus, () => obolus.shopper(method, target));
        assert.equal(answer.status, 404, `${method} ${target}: ${answer.text}`);
      }
    }
  });

  test('a second, different challenge for a started one is refused', async () => {
    const opened = await obolus.openChallenge();
    await obolus.shopper('GET', opened.path);
    const body = {
      tds_terminal_id: opened.tds_terminal_id,
      challenge: { acs_url: 'https://acs.example/other', creq: 'e30' },
    };
    const answer = await storesNothing(obolus, () =>
      obolus.commerce('POST', '/sessions', { body }),
    );
    assertRefused(answer, 409, 'CONFLICT');
  });
});

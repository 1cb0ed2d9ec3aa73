// The library and the card frame in a real Chromium: a shop's page on one site, the server's
// stand-in on another, and a hostile page.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type * as Api from '../src/host/obolus';
import { complaints, kPan, newKey, page, shopWith, standIn, submit, type } from './support/stage';

test('a typed card reaches the server encrypted; the shop learns only that it did', async () => {
  const key = newKey();
  const session = standIn.open(key);
  const frame = await shopWith(key, { name: 'optional' });
  await type(frame);
  await frame.getByLabel('Name on card').fill('Ada Lovelace');
  assert.equal(await frame.getByLabel('Card number').inputValue(), '4242 4242 4242 4242');
  assert.equal(await frame.getByLabel('Expiry date').inputValue(), '12 / 30');
  assert.equal(await frame.getByText('Visa').count(), 1);
  assert.deepEqual(await submit(), { status: 'success', tokenId: 'tok_1' });
  assert.deepEqual(session.cards, [
    {
      account_number: kPan,
      expiry_month: 12,
      expiry_year: 2030,
      security_code: '123',
      additional_data: { cardholder_name: 'Ada Lovelace' },
    },
  ]);
  assert.equal(await frame.getByLabel('Card number').inputValue(), '', 'wiped');
  assert.equal(await frame.getByLabel('Security code').inputValue(), '', 'wiped');
  const heard = await page.evaluate(() => window.heard);
  const dom = await page.content();
  assert.ok(
    heard.some((message) => message.includes('"complete":true')),
    'the ear works',
  );
  for (const secret of [kPan, '4242', '123"', '2030', '12 / 30', 'Lovelace']) {
    assert.equal(heard.join('\n').includes(secret), false, `messages have ${secret}`);
    assert.equal(dom.includes(secret), false, `the page has ${secret}`);
  }
  assert.deepEqual(complaints, []);
});

test('wrong fields say so in place, keep the focus, and nothing is sent', async () => {
  const key = newKey();
  const session = standIn.open(key);
  const frame = await shopWith(key);
  await type(frame, '4242424242424241', '0520', '12');
  const number = frame.getByLabel('Card number');
  assert.deepEqual(await submit(), {
    status: 'failure',
    code: 'card_invalid',
    fields: ['number', 'expiry', 'cvc'],
  });
  assert.equal(await number.getAttribute('aria-invalid'), 'true');
  const described = (await number.getAttribute('aria-describedby')) ?? '';
  assert.ok(described.split(' ').includes('number-error'));
  assert.match(await frame.locator('#number-error').innerText(), /typing error/);
  assert.match(await frame.locator('#expiry-error').innerText(), /has expired/);
  assert.match(await frame.locator('#cvc-error').innerText(), /too short/);
  assert.equal(await number.evaluate((input) => document.activeElement === input), true);
  await number.press('End');
  await number.press('Backspace');
  await number.press('2');
  assert.equal(await number.getAttribute('aria-invalid'), null, 'mended');
  assert.equal(session.payloads.length, 0);
});

test('editing in the middle keeps the caret where the shopper works', async () => {
  const key = newKey();
  standIn.open(key);
  const frame = await shopWith(key);
  const number = frame.getByLabel('Card number');
  const shows = async () => {
    const [text, caret] = await number.evaluate((input: HTMLInputElement) => [
      input.value,
      input.selectionStart,
    ]);
    return `${String(text).slice(0, Number(caret))}|${String(text).slice(Number(caret))}`;
  };
  await number.pressSequentially('424242424242');
  assert.equal(await shows(), '4242 4242 4242|');
  for (let i = 0; i < 4; i++) await number.press('ArrowLeft');
  assert.equal(await shows(), '4242 4242 |4242');
  await number.press('Backspace');
  assert.equal(await shows(), '4242 424|4 242');
  await number.press('5');
  assert.equal(await shows(), '4242 4245 |4242');
  await number.press('Delete');
  assert.equal(await shows(), '4242 4245 |242');
  await number.press('ControlOrMeta+a');
  await number.press('3');
  await number.pressSequentially('78282246310005999');
  assert.equal(await shows(), '3782 822463 10005|');
});

test('a lost answer and a busy server are overcome with the same ciphertext', async () => {
  const key = newKey();
  const session = standIn.open(key, { answers: ['busy', 'lost'] });
  const frame = await shopWith(key);
  await type(frame);
  assert.equal((await submit()).status, 'success');
  assert.equal(session.payloads.length, 3);
  assert.equal(new Set(session.payloads).size, 1);
});

test('a card that the server refuses is marked and may be corrected', async () => {
  const key = newKey();
  const session = standIn.open(key, { answers: ['bad_number'] });
  const frame = await shopWith(key);
  await type(frame);
  assert.deepEqual(await submit(), { status: 'failure', code: 'card_invalid', fields: ['number'] });
  assert.match(await frame.locator('#number-error').innerText(), /not accepted/);
  await frame.getByLabel('Card number').fill('5555555555554444');
  assert.equal((await submit()).status, 'success');
  assert.deepEqual(
    session.cards.map((card) => card['account_number']),
    [kPan, '5555555555554444'],
  );
});

test('an expired session and an unknown one end the form', async () => {
  const key = newKey();
  standIn.open(key, { answers: ['expired'] });
  const frame = await shopWith(key);
  await type(frame);
  assert.equal((await submit()).code, 'session_expired');
  assert.equal(await frame.getByLabel('Card number').isDisabled(), true);
  assert.equal(await frame.getByLabel('Card number').inputValue(), '');
});

test('a hostile page gets nothing from the frame, whatever it sends', async () => {
  const key = newKey();
  const session = standIn.open(key);
  standIn.ancestors = '*';
  await page.goto(`${standIn.hostile}/`);
  const replies = await page.evaluate(
    async ({ url, origin }) => {
      const iframe = document.createElement('iframe');
      iframe.src = url;
      const loaded = new Promise((resolve) => iframe.addEventListener('load', resolve));
      document.body.append(iframe);
      await loaded;
      const replies: string[] = [];
      addEventListener('message', (event) => replies.push(JSON.stringify(event.data)));
      for (const data of [
        { type: 'obolus/connect/v1' },
        { type: 'configure' },
        'obolus/connect/v1',
      ]) {
        const { port1, port2 } = new MessageChannel();
        port1.onmessage = (event) => replies.push(JSON.stringify(event.data));
        iframe.contentWindow?.postMessage(data, origin, [port2]);
        port1.postMessage({
          type: 'configure',
          locale: null,
          theme: 'dark',
          variables: {},
          name: 'required',
        });
        port1.postMessage({ type: 'submit', call: 1 });
        port1.postMessage({ type: 'cancel', call: 2 });
      }
      await new Promise((resolve) => setTimeout(resolve, 500));
      return replies;
    },
    { url: `${standIn.origin}/frame/v1/${key}`, origin: standIn.origin },
  );
  assert.deepEqual(replies, []);
  const frame = page.frameLocator('iframe');
  assert.equal(await frame.locator('html').getAttribute('data-theme'), 'light');
  assert.equal(await frame.getByLabel('Name on card').isVisible(), false);
  assert.equal(session.payloads.length, 0);
  assert.equal(
    standIn.requests.some((line) => line.includes(`/sessions/${key}`)),
    false,
  );
});

test('a page that frame-ancestors does not name cannot show the frame', async () => {
  const key = newKey();
  standIn.open(key);
  await page.goto(`${standIn.hostile}/`);
  await page.evaluate(async (url) => {
    const iframe = document.createElement('iframe');
    iframe.src = url;
    const loaded = new Promise((resolve) => iframe.addEventListener('load', resolve));
    document.body.append(iframe);
    await loaded;
  }, `${standIn.origin}/frame/v1/${key}`);
  assert.equal(await page.frameLocator('iframe').locator('#number').count(), 0);
});

test('unmount and mount again gives a working, empty form', async () => {
  const key = newKey();
  standIn.open(key);
  const frame = await shopWith(key);
  await type(frame);
  await page.evaluate(async () => {
    window.card.unmount();
    const ready = new Promise<void>((resolve) => void window.card.on('ready', resolve));
    window.card.mount('#box');
    await ready;
  });
  assert.equal(await frame.getByLabel('Card number').inputValue(), '');
  await type(frame);
  assert.equal((await submit()).status, 'success');
});

test('the module build finds its server by itself and dresses the form as it is told', async () => {
  const key = newKey();
  const session = standIn.open(key);
  await page.goto(`${standIn.shop}/`);
  await page.evaluate(
    async ({ url, key }) => {
      const library = (await import(url)) as typeof Api;
      const variables = { colorText: '#123456', radius: '0px', colorField: 'url(//evil.example)' };
      window.session = await library.init(key, { appearance: { theme: 'dark', variables } });
      window.card = window.session.card();
      const ready = new Promise<void>((resolve) => void window.card.on('ready', resolve));
      window.card.mount('#box');
      await ready;
    },
    { url: `${standIn.origin}/client/v1/obolus.mjs`, key },
  );
  const look = await page
    .frameLocator('#box iframe')
    .locator('#number')
    .evaluate((input) => {
      const { color, borderRadius, backgroundImage } = getComputedStyle(input);
      return [document.documentElement.dataset['theme'], color, borderRadius, backgroundImage];
    });
  assert.deepEqual(look, ['dark', 'rgb(18, 52, 86)', '0px', 'none']);
  assert.equal(session.payloads.length, 0);
  assert.deepEqual(complaints, []);
});

test('a session is cancelled with and without a form', async () => {
  for (const with_form of [true, false]) {
    const key = newKey();
    const session = standIn.open(key);
    await shopWith(key);
    await page.evaluate(async (with_form) => {
      if (!with_form) window.card.destroy();
      await window.session.cancel();
    }, with_form);
    assert.equal(session.state['status'], 'failure');
  }
});

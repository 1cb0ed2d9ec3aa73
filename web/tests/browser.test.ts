// The built files in a real Chromium, against the stand-in of the server: the shop, the frame, the hosted
// page and the 3-D Secure pages, as a shopper meets them.
import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { chromium, type Browser, type BrowserContext, type FrameLocator, type Page } from 'playwright-core';
import type * as Api from '../src/host/obolus';
import { StandIn } from './support/stand_in';

declare global {
  interface Window {
    heard: string[];
    session: Api.Obolus;
    card: Api.Card;
    outcome: unknown;
  }
}

const kPan = '4242424242424242';

let browser: Browser;
let standIn: StandIn;
let context: BrowserContext;
let page: Page;
let complaints: string[];
let keys = 0;

before(async () => {
  standIn = await StandIn.start();
  browser = await chromium.launch({
    executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
    headless: true,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
});

after(async () => {
  await browser?.close();
  await standIn?.stop();
});

beforeEach(async () => {
  await context?.close();
  context = await browser.newContext({ viewport: { width: 420, height: 640 } });
  page = await context.newPage();
  complaints = [];
  page.on('console', (message) => {
    if (/Content Security Policy|Trusted/i.test(message.text())) complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  standIn.ancestors = null;
});

function newKey(): string {
  return `pay_${String(++keys).padStart(10, '0')}`;
}

/** A shop's page with the library, a mounted card, and an ear on every message that the page gets. */
async function shopWith(key: string, options: Api.CardOptions = {}): Promise<FrameLocator> {
  await page.goto(`${standIn.shop}/`);
  await page.evaluate(() => {
    window.heard = [];
    addEventListener('message', (event) => window.heard.push(JSON.stringify(event.data)));
    const real = MessageChannel;
    window.MessageChannel = function () {
      const channel = new real();
      channel.port1.addEventListener('message', (e) => window.heard.push(JSON.stringify(e.data)));
      return channel;
    } as unknown as typeof MessageChannel;
  });
  await page.addScriptTag({ url: `${standIn.origin}/client/v1/obolus.js` });
  await page.evaluate(
    async ({ key, options }) => {
      const library = (window as unknown as { Obolus: typeof Api }).Obolus;
      window.session = await library.init(key);
      window.card = window.session.card(options);
      const ready = new Promise<void>((resolve) => void window.card.on('ready', resolve));
      window.card.mount('#box');
      await ready;
    },
    { key, options },
  );
  return page.frameLocator('#box iframe');
}

async function type(frame: FrameLocator, number = kPan, expiry = '1230', cvc = '123'): Promise<void> {
  await frame.getByLabel('Card number').pressSequentially(number);
  await frame.getByLabel('Expiry date').pressSequentially(expiry);
  await frame.getByLabel('Security code').pressSequentially(cvc);
}

function submit(): Promise<Api.SubmitResult & { code?: string; fields?: string[] }> {
  return page.evaluate(async () => {
    try {
      return await window.session.submit();
    } catch (error) {
      const { code, fields } = error as Api.ObolusError;
      return { status: 'failure' as const, code, fields: [...fields] };
    }
  });
}

test('a typed card reaches the server encrypted, and the shop learns only that it did', async () => {
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
  assert.ok(heard.some((message) => message.includes('"complete":true')), 'the ear works');
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
      for (const data of [{ type: 'obolus/connect/v1' }, { type: 'configure' }, 'obolus/connect/v1']) {
        const { port1, port2 } = new MessageChannel();
        port1.onmessage = (event) => replies.push(JSON.stringify(event.data));
        iframe.contentWindow?.postMessage(data, origin, [port2]);
        port1.postMessage({ type: 'configure', locale: null, theme: 'dark', variables: {}, name: 'required' });
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
  assert.equal(standIn.requests.some((line) => line.includes(`/sessions/${key}`)), false);
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

test('the hosted page takes the card, follows the challenge, and shows the amount', async () => {
  const key = newKey();
  const session = standIn.open(key);
  await page.goto(`${standIn.origin}/checkout/${key}`);
  const frame = page.frameLocator('#card iframe');
  await page.getByRole('button', { name: 'Pay €49.90' }).waitFor();
  await type(frame);
  await frame.getByLabel('Security code').press('Enter');
  await page.getByText('Your card details were received').waitFor();
  assert.equal(session.cards.length, 1);
  session.state = { next_action: '3ds_challenge', data: { redirect_url: `${standIn.bank}/acs` } };
  await page.waitForURL(`${standIn.bank}/acs`);
  assert.deepEqual(complaints, []);
});

test('the hosted page goes back to the shop at the end, and when the shopper cancels', async () => {
  const key = newKey();
  const paid = `${standIn.shop}/paid`;
  standIn.open(key, { next: { next_action: null, status: 'success', data: {}, continue_url: paid } });
  await page.goto(`${standIn.origin}/checkout/${key}`);
  await type(page.frameLocator('#card iframe'));
  await page.getByRole('button', { name: 'Pay' }).click();
  await page.waitForURL(paid);

  const other = newKey();
  standIn.open(other);
  await page.goto(`${standIn.origin}/checkout/${other}`);
  await page.getByRole('button', { name: 'Cancel' }).click();
  await page.getByText('Cancelled.').waitFor();
  assert.equal(await page.getByRole('button', { name: 'Pay' }).isDisabled(), true);
});

test('the challenge form posts itself, whatever its fields are called', async () => {
  const key = newKey();
  standIn.open(key, { page: 'start' });
  const posts = standIn.bankPosts.length;
  await page.goto(`${standIn.origin}/3ds/${key}`);
  await page.waitForURL(`${standIn.bank}/acs`);
  assert.deepEqual(standIn.bankPosts.slice(posts), ['creq=eyJ&submit=']);
  assert.deepEqual(complaints, []);
});

test('without JavaScript the challenge starts by a button', async () => {
  const key = newKey();
  standIn.open(key, { page: 'start' });
  const plain = await browser.newContext({ javaScriptEnabled: false });
  const without = await plain.newPage();
  await without.goto(`${standIn.origin}/3ds/${key}`);
  await without.getByRole('button', { name: 'Continue to your bank' }).click();
  await without.waitForURL(`${standIn.bank}/acs`);
  await plain.close();
});

for (const stream of [true, false]) {
  test(`the waiting page goes on when the outcome is known, ${stream ? 'by stream' : 'by polling'}`, async () => {
    const key = newKey();
    const session = standIn.open(key, { stream, state: { next_action: 'wait', data: {} } });
    await page.goto(`${standIn.origin}/3ds/${key}`);
    await page.getByText('We wait for the shop.').waitFor();
    const continue_url = `${standIn.shop}/paid`;
    session.state = { next_action: null, status: 'success', data: {}, continue_url };
    await page.waitForURL(continue_url);
    assert.deepEqual(complaints, []);
  });
}

test('the waiting page becomes the end page when there is nowhere to go', async () => {
  const key = newKey();
  const session = standIn.open(key, { state: { next_action: 'wait', data: {} } });
  await page.goto(`${standIn.origin}/3ds/${key}`);
  await page.getByText('We wait for the shop.').waitFor();
  session.page = 'end';
  session.state = { next_action: null, status: 'failure', data: {}, continue_url: null };
  await page.getByRole('heading', { name: 'Payment failed' }).waitFor();
});

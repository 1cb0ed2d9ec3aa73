// Our own pages in a real Chromium: hosted checkout, 3-D Secure start and wait, end.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { browser, complaints, kPan, newKey, page, standIn, type } from './support/stage';

test('the hosted page takes the card, follows the challenge, and shows the amount', async () => {
  const key = newKey();
  const session = standIn.open(key);
  await page.goto(`${standIn.origin}/checkout/${key}`);
  const frame = page.frameLocator('#card iframe');
  await page.getByRole('button', { name: 'Pay €49.90' }).waitFor();
  // The whole form by keyboard: Enter goes from field to field, and pays in the last one.
  await frame.getByLabel('Card number').focus();
  for (const keys of [kPan, '1230', '123']) {
    await page.keyboard.type(keys);
    await page.keyboard.press('Enter');
  }
  await page.getByText('Your card details were received').waitFor();
  assert.equal(session.cards.length, 1);
  session.state = { next_action: '3ds_challenge', data: { redirect_url: `${standIn.bank}/acs` } };
  await page.waitForURL(`${standIn.bank}/acs`);
  assert.deepEqual(complaints, []);
});

test('the hosted page goes back to the shop at the end, and when the shopper cancels', async () => {
  const key = newKey();
  const paid = `${standIn.shop}/paid`;
  standIn.open(key, {
    next: { next_action: null, status: 'success', data: {}, continue_url: paid },
  });
  await page.goto(`${standIn.origin}/checkout/${key}`);
  await type(page.frameLocator('#card iframe'));
  await page.getByRole('button', { name: 'Pay' }).click();
  await page.waitForURL(paid);

  const other = newKey();
  standIn.open(other);
  await page.goto(`${standIn.origin}/checkout/${other}`);
  await page.getByRole('button', { name: 'Cancel' }).click();
  await page.getByText('The payment did not go through.').waitFor();
  assert.equal(await page.getByRole('button', { name: 'Pay' }).isVisible(), false);
  assert.equal(await page.getByRole('link').count(), 0, 'the shop gave no address to go back to');
});

for (const [code, words] of [
  ['SESSION_EXPIRED', 'The time for this payment is over. Nothing was charged by this page.'],
  ['VOIDED', 'The shop cancelled this payment.'],
  ['PROVIDER_UNAVAILABLE', 'The payment did not go through.'],
] as const) {
  test(`the hosted page says so when the session ends: ${code}`, async () => {
    const key = newKey();
    const session = standIn.open(key);
    await page.goto(`${standIn.origin}/checkout/${key}`);
    await type(page.frameLocator('#card iframe'), '4242');
    const continue_url = `${standIn.shop}/failed`;
    const data = { reason_code: code };
    session.state = { next_action: null, status: 'failure', data, continue_url };
    await page.getByText(words).waitFor();
    const back = page.getByRole('link', { name: 'Back to the shop' });
    assert.equal(await back.getAttribute('href'), continue_url);
    assert.equal(await page.locator('#card').isVisible(), false);
    assert.equal(await page.evaluate(() => document.activeElement?.id), 'end');
    assert.deepEqual(complaints, []);
  });
}

test('the hosted page counts the last two minutes down, and is glad of more time', async () => {
  const key = newKey();
  const session = standIn.open(key, { back_url: `${standIn.shop}/failed` });
  session.state['expires_in'] = 64;
  await page.goto(`${standIn.origin}/checkout/${key}`);
  await page
    .getByText(/^Time left: 1:0\d$/)
    .first()
    .waitFor();
  const said = page.locator('#announcement');
  assert.match((await said.textContent()) ?? '', /^Time left: 1:0\d$/);
  await type(page.frameLocator('#card iframe'), '4242');
  session.state['expires_in'] = 900;
  await page.getByText('You have more time now.').waitFor();
  await page.locator('#time').waitFor({ state: 'hidden' });
  const number = page.frameLocator('#card iframe').getByLabel('Card number');
  assert.equal(await number.inputValue(), '4242', 'what was typed stays');

  session.state['expires_in'] = 2;
  await page.getByText('The time for this payment is over.').waitFor();
  const back = page.getByRole('link', { name: 'Back to the shop' });
  assert.equal(await back.getAttribute('href'), `${standIn.shop}/failed`);
});

test('the hosted page shows the card fields before any script has run', async () => {
  const key = newKey();
  standIn.open(key);
  await page.route(/\.js$/, (route) => void setTimeout(() => void route.continue(), 1500));
  await page.goto(`${standIn.origin}/checkout/${key}`, { waitUntil: 'commit' });
  const frame = page.frameLocator('#card iframe');
  await frame.getByLabel('Card number').waitFor();
  assert.equal(await page.getByRole('button', { name: 'Pay' }).isDisabled(), true);
  await page.getByRole('button', { name: 'Pay €49.90' }).waitFor();
  await page.waitForFunction(() => !document.querySelector<HTMLButtonElement>('#pay')?.disabled);
  assert.equal(await page.locator('iframe').count(), 1, 'the library took the frame over');
  assert.equal(standIn.requests.filter((r) => r.includes(`/frame/v1/${key}`)).length, 1);
});

test("the hosted page speaks the reader's language, from right to left too", async () => {
  const key = newKey();
  standIn.open(key);
  await page.goto(`${standIn.origin}/checkout/${key}?locale=de-AT`);
  await page.getByRole('button', { name: '49,90 € zahlen' }).waitFor();
  await page.frameLocator('#card iframe').getByLabel('Kartennummer').waitFor();
  await page.goto(`${standIn.origin}/checkout/${key}?locale=ar`);
  assert.equal(await page.locator('html').getAttribute('dir'), 'rtl');
  const frame = page.frameLocator('#card iframe');
  assert.equal(await frame.locator('html').getAttribute('dir'), 'rtl');
});

for (const back_url of ['https://shop.example/back', '']) {
  test(`without JavaScript the hosted page says so${back_url && ' and links back'}`, async () => {
    const key = newKey();
    standIn.open(key, { back_url });
    const plain = await browser.newContext({ javaScriptEnabled: false });
    const without = await plain.newPage();
    await without.goto(`${standIn.origin}/checkout/${key}`);
    // By CSS, as Playwright's texts and roles leave <noscript> out.
    const notice = without.locator('noscript p');
    assert.equal(await notice.isVisible(), true);
    assert.match((await notice.textContent()) ?? '', /^This page needs JavaScript/);
    const link = without.locator('noscript a');
    assert.equal(await link.isVisible(), back_url !== '');
    assert.equal(await link.getAttribute('href'), back_url);
    assert.equal(await without.locator('#card').isVisible(), false);
    await plain.close();
  });
}

test('the pages fit 320 px, with twice the text as well', async () => {
  const key = newKey();
  const session = standIn.open(key);
  session.state['expires_in'] = 100;
  await page.setViewportSize({ width: 320, height: 500 });
  for (const language of ['en', 'de', 'ar', 'fi']) {
    await page.goto(`${standIn.origin}/checkout/${key}?locale=${language}`);
    await page.locator('#time').waitFor();
    for (const size of ['100%', '200%']) {
      const width = await page.evaluate((fontSize) => {
        document.documentElement.style.fontSize = fontSize;
        return document.documentElement.scrollWidth;
      }, size);
      assert.ok(width <= 320, `${language} at ${size}: ${width} px`);
    }
  }
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

test('a bank that redirects to another origin is let through at the second try', async () => {
  const key = newKey();
  standIn.open(key, { page: 'start', acs_path: '/elsewhere' });
  const posts = standIn.bankPosts.length;
  await page.goto(`${standIn.origin}/3ds/${key}?in=page`);
  await page.waitForURL(`${standIn.hostile}/acs`);
  const sent = standIn.bankPosts.slice(posts).filter((body) => body !== '');
  assert.deepEqual(sent, ['creq=eyJ&submit=', 'creq=eyJ&submit='], 'and at the first it was not');
  assert.equal(complaints.length, 1);
  assert.match(complaints.pop() ?? '', /form-action/);
});

test('without JavaScript there is a link for such a bank', async () => {
  const key = newKey();
  standIn.open(key, { page: 'start', acs_path: '/elsewhere' });
  const plain = await browser.newContext({ javaScriptEnabled: false });
  const without = await plain.newPage();
  await without.goto(`${standIn.origin}/3ds/${key}`);
  await without.getByRole('button', { name: 'Continue to your bank' }).click();
  // By CSS, as Playwright's texts and roles leave <noscript> out.
  await without.locator('noscript a').click();
  await without.waitForURL(/policy=wide/);
  await without.getByRole('button', { name: 'Continue to your bank' }).click();
  await without.waitForURL(`${standIn.hostile}/acs`);
  await plain.close();
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
  test(`the waiting page goes on at the outcome, by ${stream ? 'stream' : 'polling'}`, async () => {
    const key = newKey();
    const session = standIn.open(key, { stream, state: { next_action: 'wait', data: {} } });
    await page.goto(`${standIn.origin}/3ds/${key}`);
    await page.getByRole('heading', { name: 'One moment, please' }).waitFor();
    const continue_url = `${standIn.shop}/paid`;
    session.state = { next_action: null, status: 'success', data: {}, continue_url };
    await page.waitForURL(continue_url);
    assert.deepEqual(complaints, []);
  });
}

test('a page that waits for the challenge goes on to it when it comes', async () => {
  const key = newKey();
  const session = standIn.open(key, {
    phase: 'preparing',
    state: { next_action: 'wait', data: {} },
  });
  await page.goto(`${standIn.origin}/3ds/${key}`);
  await page.getByRole('heading', { name: 'One moment, please' }).waitFor();
  session.page = 'start';
  session.state = {
    next_action: '3ds_challenge',
    data: { redirect_url: `${standIn.origin}/3ds/${key}` },
  };
  await page.waitForURL(`${standIn.bank}/acs`);
});

test('the waiting page becomes the end page when there is nowhere to go', async () => {
  const key = newKey();
  const session = standIn.open(key, { state: { next_action: 'wait', data: {} } });
  await page.goto(`${standIn.origin}/3ds/${key}`);
  await page.getByRole('heading', { name: 'One moment, please' }).waitFor();
  session.page = 'end';
  session.state = { next_action: null, status: 'failure', data: {}, continue_url: null };
  await page.getByRole('heading', { name: 'Your bank did not confirm the payment' }).waitFor();
});

test('a page that waits for the challenge says until when', async () => {
  const key = newKey();
  const state = { next_action: 'wait', data: {} };
  standIn.open(key, { phase: 'preparing', seconds: '599', state });
  await page.goto(`${standIn.origin}/3ds/${key}`);
  await page.getByText(/^Time left: 9:5\d$/).waitFor();
});

test('when the shop takes long to confirm, the page offers the way back', async () => {
  const key = newKey();
  const state = { next_action: 'wait', data: {} };
  const session = standIn.open(key, { seconds: '1', state });
  await page.goto(`${standIn.origin}/3ds/${key}`);
  await page.getByText('The shop is confirming').waitFor();
  assert.equal(await page.getByRole('link').count(), 0);
  session.phase = 'pending';
  session.way_back_url = `${standIn.shop}/paid?status=pending`;
  await page.getByText('Please do not pay again.').waitFor();
  await page.getByRole('link', { name: 'Back to the shop' }).click();
  await page.waitForURL(session.way_back_url);
});

test('a page that offers the way back still goes on by itself at the outcome', async () => {
  const key = newKey();
  const state = { next_action: 'wait', data: {} };
  const session = standIn.open(key, { phase: 'pending', seconds: '0', state });
  await page.goto(`${standIn.origin}/3ds/${key}`);
  await page.getByText('Please do not pay again.').waitFor();
  assert.equal(await page.getByRole('link').count(), 0, 'the shop gave no address');
  const continue_url = `${standIn.shop}/paid`;
  session.state = { next_action: null, status: 'success', data: {}, continue_url };
  await page.waitForURL(continue_url);
});

test('a waiting page without a key asks by loading itself again', async () => {
  const key = newKey();
  const session = standIn.open(key, { phase: 'pending', keyless: true });
  await page.goto(`${standIn.origin}/3ds/${key}`);
  await page.getByText('Please do not pay again.').waitFor();
  session.page = 'end';
  await page.getByRole('heading', { name: 'Your bank did not confirm the payment' }).waitFor();
  assert.ok(!standIn.requests.some((request) => request.startsWith('GET /sessions//')));
});

test('in a frame the waiting page tells the end in words, and goes to no shop', async () => {
  const key = newKey();
  const session = standIn.open(key, { state: { next_action: 'wait', data: {} } });
  await page.goto(`${standIn.shop}/`);
  await page.evaluate((src) => {
    document.body.append(Object.assign(document.createElement('iframe'), { src }));
  }, `${standIn.origin}/3ds/${key}`);
  const frame = page.frameLocator('iframe');
  await frame.getByRole('heading', { name: 'One moment, please' }).waitFor();
  session.page = 'end';
  session.outcome = 'done';
  const continue_url = `${standIn.shop}/paid`;
  session.state = { next_action: null, status: 'success', data: {}, continue_url };
  await frame.getByRole('heading', { name: 'All done' }).waitFor();
  assert.ok(page.frames().some((f) => f.url() === `${standIn.origin}/3ds/${key}?in=frame`));
  assert.equal(page.url(), `${standIn.shop}/`);
});

test('the waiting pages fit 320 px', async () => {
  await page.setViewportSize({ width: 320, height: 500 });
  for (const phase of ['preparing', 'pending'] as const) {
    const key = newKey();
    const state = { next_action: 'wait', data: {} };
    standIn.open(key, { phase, seconds: '599', way_back_url: `${standIn.shop}/paid`, state });
    for (const language of ['en', 'de', 'ar', 'fi']) {
      await page.goto(`${standIn.origin}/3ds/${key}?locale=${language}`);
      await page.locator('h1').waitFor();
      const width = await page.evaluate(() => document.documentElement.scrollWidth);
      assert.ok(width <= 320, `${phase} ${language}: ${width} px`);
    }
  }
});

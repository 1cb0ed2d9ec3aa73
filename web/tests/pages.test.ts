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

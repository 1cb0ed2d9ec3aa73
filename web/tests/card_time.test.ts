// What runs out while a card is typed: attempts, a cool-down, and the session, in a real Chromium
// whose clock the test moves.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { listen, newKey, page, said, shopWith, standIn, submit, type } from './support/stage';

test('attempts left and the cool-down are shown, counted down, and announced once', async () => {
  const key = newKey();
  const session = standIn.open(key, { answers: ['bad_code'] });
  await page.clock.install();
  const frame = await shopWith(key);
  await type(frame);
  await listen(frame);
  assert.deepEqual(await submit(), { status: 'failure', code: 'card_invalid', fields: ['cvc'] });
  assert.equal(await frame.getByRole('status').innerText(), '2 attempts left.');
  const countdown = frame.locator('#countdown');
  assert.equal(await countdown.innerText(), 'You can try again in 3 seconds.');
  assert.equal((await submit()).code, 'rate_limited');
  assert.equal(session.payloads.length, 1, 'nothing is sent meanwhile');
  await page.clock.runFor(2000);
  assert.equal(await countdown.innerText(), 'You can try again in 1 second.');
  await page.clock.runFor(1500);
  assert.equal(await countdown.innerText(), '');
  assert.deepEqual(await said(frame), [
    '2 attempts left.',
    'You can try again in 3 seconds.',
    'This security code was not accepted.',
  ]);
  await frame.locator('#cvc').fill('321');
  assert.equal((await submit()).status, 'success');
});

test('a cool-down without a wrong field holds the card back as well', async () => {
  const key = newKey();
  standIn.open(key, { answers: ['cooling'] });
  await page.clock.install();
  const frame = await shopWith(key);
  await type(frame);
  assert.equal((await submit()).code, 'rate_limited');
  assert.equal(await frame.locator('#countdown').innerText(), 'You can try again in 3 seconds.');
  await page.clock.runFor(3500);
  assert.equal((await submit()).status, 'success');
});

test('a form that is loaded again goes on waiting', async () => {
  const key = newKey();
  const session = standIn.open(key);
  Object.assign(session.state, { attempts_left: 2, retry_after: 3 });
  await page.clock.install();
  const frame = await shopWith(key);
  await frame.locator('#status', { hasText: '2 attempts left.' }).waitFor();
  assert.equal(await frame.locator('#countdown').innerText(), 'You can try again in 3 seconds.');
  await type(frame);
  assert.equal((await submit()).code, 'rate_limited');
  assert.equal(session.payloads.length, 0);
  await page.clock.runFor(3500);
  assert.equal((await submit()).status, 'success');
});

test('the host hears once that two minutes are left, and again after an extension', async () => {
  const key = newKey();
  const session = standIn.open(key);
  session.state['expires_in'] = 600;
  await page.clock.install();
  const frame = await shopWith(key);
  await page.evaluate(() => {
    window.heard = [];
    window.card.on('expiring', (value) => window.heard.push(`left ${value.secondsLeft}`));
  });
  const asked = (): number => standIn.requests.filter((each) => each.endsWith(key)).length;
  /** Lets so many seconds pass; the server is then asked, and says that so many are left. */
  const pass = async (seconds: number, left: number): Promise<string[]> => {
    session.state['expires_in'] = left;
    const before = asked();
    await page.clock.runFor(seconds * 1000);
    while (asked() === before) await page.waitForTimeout(20);
    await page.waitForTimeout(200);
    return (await page.evaluate(() => window.heard)).filter((each) => each.startsWith('left'));
  };
  // One request is the document.
  while (asked() < 2) await page.waitForTimeout(20);
  await page.waitForTimeout(200);
  assert.deepEqual(await pass(480, 120), ['left 120']);
  assert.deepEqual(await pass(121, 600), ['left 120'], 'it was extended: nothing to say');
  assert.deepEqual(await pass(480, 119), ['left 120', 'left 119']);
  await frame.locator('#number').fill('4242');
  standIn.sessions.delete(key);
  await page.clock.runFor(120_000);
  await frame.getByText('This form is closed.').waitFor();
});

test('a second script that does not arrive is asked for again; nothing typed is lost', async () => {
  const key = newKey();
  const session = standIn.open(key);
  // For the state, for the networks of the number, and for the first submission.
  let tries = 0;
  await page.route('**/session.js*', (route) => (++tries <= 3 ? route.abort() : route.continue()));
  const frame = await shopWith(key);
  await type(frame);
  assert.equal((await submit()).code, 'network_failed');
  assert.equal((await submit()).status, 'success');
  assert.equal(session.payloads.length, 1);
  assert.equal(tries, 4);
});

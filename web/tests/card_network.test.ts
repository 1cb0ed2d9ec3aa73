// Which network a card is of: the badge, the hint for the code, and the shopper's choice where a
// card works with several, in a real Chromium.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FrameLocator } from 'playwright-core';
import type * as Api from '../src/host/obolus';
import { newKey, page, shopWith, standIn, submit } from './support/stage';
import type { StandInSession } from './support/stand_in';

const kShared = '4000002500001001';
const kAnswers = { '40000025': ['cartesbancaires', 'visa'], '42424242': ['visa'] };

async function form(
  networks: StandInSession['networks'] = kAnswers,
  accepted: string[] = [],
): Promise<{ frame: FrameLocator; session: StandInSession }> {
  const key = newKey();
  const session = standIn.open(key, { networks });
  (session.state['data'] as Record<string, unknown>)['allowed_schemes'] = accepted;
  const frame = await shopWith(key);
  await page.evaluate(() => {
    window.heard = [];
    window.card.on('networkschange', (value) => window.heard.push(JSON.stringify(value)));
  });
  return { frame, session };
}

async function heard(): Promise<Api.CardEvents['networkschange'][]> {
  return (await page.evaluate(() => window.heard))
    .filter((each) => each.startsWith('{"network"'))
    .map((each) => JSON.parse(each) as Api.CardEvents['networkschange']);
}

async function finish(frame: FrameLocator): Promise<void> {
  await frame.locator('#expiry').pressSequentially('1230');
  await frame.locator('#cvc').pressSequentially('123');
}

test('a card of two networks lets the shopper choose, and the choice is sent', async () => {
  const { frame, session } = await form();
  const number = frame.locator('#number');
  await number.pressSequentially(kShared);
  const group = frame.getByRole('group', { name: /works with two networks/ });
  await group.waitFor();
  const [first, second] = [
    frame.getByRole('radio', { name: 'Cartes Bancaires' }),
    frame.getByRole('radio', { name: 'Visa' }),
  ];
  assert.equal(await first.isChecked(), true, 'the first is what the server prefers');
  await number.press('Tab');
  assert.equal(await first.evaluate((radio) => radio === document.activeElement), true);
  await first.press('ArrowDown');
  assert.equal(await second.isChecked(), true);
  await second.press('Tab');
  assert.equal(await frame.locator(':focus').getAttribute('id'), 'expiry');
  assert.deepEqual((await heard()).at(-1), {
    network: 'visa',
    networks: ['cartesbancaires', 'visa'],
  });
  await finish(frame);
  assert.equal((await submit()).status, 'success');
  assert.deepEqual(session.cards[0]?.['additional_data'], { card_network: 'visa' });
  assert.deepEqual(session.iins, ['40000025'], 'asked once, by eight digits');
});

test('the first is sent when the shopper leaves it so', async () => {
  const { frame, session } = await form();
  await frame.locator('#number').fill(kShared);
  await frame.getByRole('group').last().waitFor();
  await finish(frame);
  await submit();
  assert.deepEqual(session.cards[0]?.['additional_data'], { card_network: 'cartesbancaires' });
});

test('there is no choice where the session accepts one of the networks only', async () => {
  for (const accepted of ['visa', 'cartesbancaires']) {
    const { frame, session } = await form(kAnswers, [accepted, 'mastercard']);
    await frame.locator('#number').pressSequentially(kShared);
    await page.waitForFunction(
      (accepted) => window.heard.some((each) => each.startsWith(`{"network":"${accepted}"`)),
      accepted,
    );
    assert.equal(await frame.getByRole('radio').count(), 0);
    assert.equal(await frame.locator('#number-error').innerText(), '');
    await finish(frame);
    assert.equal((await submit()).status, 'success');
    assert.deepEqual(session.cards[0]?.['additional_data'], {});
  }
});

test('other digits take the choice away; each beginning is asked for once', async () => {
  const { frame, session } = await form();
  const number = frame.locator('#number');
  await number.pressSequentially(kShared);
  await frame.getByRole('radio').first().waitFor();
  await number.press('ControlOrMeta+a');
  await number.pressSequentially('4242424242424242');
  await frame.getByRole('radio').first().waitFor({ state: 'detached' });
  while (session.iins.length < 2) await page.waitForTimeout(20);
  await number.press('ControlOrMeta+a');
  await number.pressSequentially(kShared);
  await frame.getByRole('radio').first().waitFor();
  assert.deepEqual(session.iins, ['40000025', '42424242']);
});

test('without an answer the leading digits decide', async () => {
  const { frame, session } = await form({ '40000025': null }, ['visa', 'cartesbancaires']);
  await frame.locator('#number').pressSequentially(kShared);
  await finish(frame);
  assert.equal(await frame.getByRole('radio').count(), 0);
  assert.equal((await submit()).status, 'success');
  assert.deepEqual(session.iins, ['40000025']);
  const refused = await form({ '40000025': null }, ['mastercard', 'cartesbancaires']);
  await refused.frame.locator('#number').pressSequentially(kShared);
  await refused.frame.locator('#number-error', { hasText: 'not accepted' }).waitFor();
});

test('badge and hint follow the network; the badge is not for screen readers', async () => {
  const { frame } = await form({});
  const number = frame.locator('#number');
  const hint = frame.locator('#cvc-hint');
  assert.match(await hint.innerText(), /3 digits on the back/);
  for (const [digits, name, letters] of [
    ['34', 'American Express', 'AMEX'],
    ['4', 'Visa', 'VISA'],
    ['55', 'Mastercard', 'MC'],
    ['6703', 'Bancontact', 'BC'],
    ['5019', 'Dankort', 'DK'],
  ] as const) {
    await number.fill(digits);
    assert.equal(await frame.locator('#network').innerText(), name);
    const mark = frame.locator('#mark');
    assert.equal(await mark.getAttribute('data-letters'), letters);
    assert.equal(await mark.getAttribute('aria-hidden'), 'true');
    const amex = name === 'American Express';
    assert.match(await hint.innerText(), amex ? /4 digits on the front/ : /3 digits on the back/);
    const code = frame.locator('#cvc');
    assert.equal(await code.getAttribute('placeholder'), amex ? '1234' : '123');
  }
  await number.fill('');
  assert.equal(await frame.locator('#network').innerText(), '');
});

// Typing, erasing, pasting, dropping, undoing and autofill in the card form, in a real Chromium.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FrameLocator, Locator } from 'playwright-core';
import { context, newKey, page, shopWith, standIn } from './support/stage';

async function form(): Promise<{ frame: FrameLocator; number: Locator; expiry: Locator }> {
  const key = newKey();
  standIn.open(key);
  const frame = await shopWith(key, { name: 'optional' });
  return { frame, number: frame.locator('#number'), expiry: frame.locator('#expiry') };
}

/** The field's text with the caret drawn as "|", or the selection between two of them. */
async function shows(field: Locator): Promise<string> {
  return field.evaluate((input: HTMLInputElement) => {
    const { value, selectionStart, selectionEnd } = input;
    const [from, to] = [selectionStart ?? 0, selectionEnd ?? 0];
    const selected = from === to ? '' : `${value.slice(from, to)}|`;
    return `${value.slice(0, from)}|${selected}${value.slice(to)}`;
  });
}

function select(field: Locator, from: number, to = from): Promise<void> {
  return field.evaluate(
    (input: HTMLInputElement, [from, to]) => input.setSelectionRange(from ?? 0, to ?? 0),
    [from, to],
  );
}

async function paste(field: Locator, text: string): Promise<void> {
  await context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin: standIn.shop });
  await page.evaluate((text) => navigator.clipboard.writeText(text), text);
  await field.press('ControlOrMeta+v');
}

test('a selection is replaced where it was', async () => {
  const { number, expiry } = await form();
  await number.pressSequentially('4242424242424242');
  await select(number, 5, 9);
  await number.press('1');
  assert.equal(await shows(number), '4242 1|424 2424 2');
  await select(number, 2, 12);
  await number.press('Delete');
  assert.equal(await shows(number), '42|24 2');
  await expiry.pressSequentially('1230');
  await select(expiry, 0, 2);
  await expiry.press('0');
  assert.equal(await shows(expiry), '0| / 30');
  await expiry.press('9');
  assert.equal(await shows(expiry), '09 / |30');
  await expiry.press('Backspace');
  assert.equal(await shows(expiry), '0| / 30');
  await expiry.press('1');
  await expiry.press('Delete');
  assert.equal(await shows(expiry), '01 / |0');
});

test('undo and redo go through what the shopper saw', async () => {
  const { number } = await form();
  await number.pressSequentially('42424');
  assert.equal(await shows(number), '4242 4|');
  await number.press('ControlOrMeta+z');
  assert.equal(await shows(number), '4242|');
  await number.press('ControlOrMeta+z');
  await number.press('ControlOrMeta+Shift+z');
  assert.equal(await shows(number), '4242|');
  await number.press('ControlOrMeta+y');
  assert.equal(await shows(number), '4242 4|');
  await number.press('ControlOrMeta+a');
  await number.press('Delete');
  assert.equal(await shows(number), '|');
  await number.press('ControlOrMeta+z');
  assert.equal(await shows(number), '4242 4|');
  await number.press('5');
  await number.press('ControlOrMeta+y');
  assert.equal(await shows(number), '4242 45|', 'what was typed since cannot be redone over');
});

test('clearing the form forgets what could be undone', async () => {
  const { number } = await form();
  await number.pressSequentially('4242');
  await page.evaluate(() => window.card.clear());
  await number.press('ControlOrMeta+z');
  assert.equal(await shows(number), '|');
});

test('pasted numbers and dates come out right, whatever surrounds them', async () => {
  const { number, expiry, frame } = await form();
  const cases: [string, string][] = [
    ['4242 4242 4242 4242', '4242 4242 4242 4242|'],
    ['5555-5555-5555-4444', '5555 5555 5555 4444|'],
    ['My card is 3782 822463 10005, thanks', '3782 822463 10005|'],
    ['4242.4242.4242.4242\n', '4242 4242 4242 4242|'],
  ];
  for (const [text, after] of cases) {
    await number.focus();
    await paste(number, text);
    assert.equal(await shows(number), after, text);
  }
  await select(number, 4, 10);
  await paste(number, '11');
  assert.equal(await shows(number), '4242 11|42 4242 42', 'a piece goes where the selection was');
  for (const text of ['12/2030', '12 / 30', '2030-12', '1230', '12-2030']) {
    await expiry.focus();
    await paste(expiry, text);
    assert.equal(await shows(expiry), '12 / 30|', text);
  }
  await frame.locator('#cvc').focus();
  await paste(frame.locator('#cvc'), ' 1 2 3 ');
  assert.equal(await shows(frame.locator('#cvc')), '123|');
});

test('a number that is dropped takes the place of what was typed', async () => {
  const { number, frame } = await form();
  await number.pressSequentially('55');
  const name = frame.locator('#name');
  await name.fill('4242 4242 4242 4242');
  await name.evaluate((input: HTMLInputElement) => input.select());
  const from = await name.boundingBox();
  const to = await number.boundingBox();
  assert.ok(from && to);
  await page.mouse.move(from.x + 40, from.y + from.height / 2);
  await page.mouse.down();
  await page.mouse.move(to.x + 60, to.y + to.height / 2, { steps: 8 });
  await page.mouse.up();
  assert.equal(await shows(number), '4242 4242 4242 4242|');
});

test('what the browser fills in, in any form, is understood without a key pressed', async () => {
  const { frame, number, expiry } = await form();
  for (const [date, shown] of [
    ['12/2030', '12 / 30'],
    ['2030-09', '09 / 30'],
    ['12/30', '12 / 30'],
    ['0930', '09 / 30'],
  ]) {
    // As autofill does: the value is set while the focus is elsewhere, and an event follows.
    await frame.locator('#card').evaluate((form, date) => {
      const values: Record<string, string> = { number: '4242424242424242', cvc: '123' };
      for (const [id, value] of Object.entries({ ...values, expiry: date ?? '', name: 'Ada' })) {
        const input = form.querySelector<HTMLInputElement>(`#${id}`);
        if (!input) throw new Error(id);
        input.value = value;
        input.dispatchEvent(new Event('input', { bubbles: true }));
      }
    }, date);
    assert.equal(await expiry.inputValue(), shown);
    assert.equal(await number.inputValue(), '4242 4242 4242 4242');
  }
  const tokens = await frame
    .locator('#card')
    .evaluate((form) => [...form.querySelectorAll('input')].map((input) => input.autocomplete));
  assert.deepEqual(tokens, ['cc-number', 'cc-exp', 'cc-csc', 'cc-name']);
});

test('what is typed before the script runs is kept and formatted', async () => {
  const key = newKey();
  standIn.open(key);
  let release = (): void => undefined;
  const held = new Promise<void>((resolve) => (release = resolve));
  await page.route('**/card.js', async (route) => {
    await held;
    await route.continue();
  });
  const shop = shopWith(key);
  const frame = page.frameLocator('#box iframe');
  await frame.locator('#number').pressSequentially('42424242424');
  await select(frame.locator('#number'), 2);
  release();
  await shop;
  assert.equal(await shows(frame.locator('#number')), '42|42 4242 424');
});

test('Enter goes to the next empty field and then asks to pay; Escape is passed on', async () => {
  const { frame, number } = await form();
  await page.evaluate(() => {
    window.heard = [];
    window.card.on('enter', () => window.heard.push('enter'));
    window.card.on('escape', () => window.heard.push('escape'));
  });
  await number.pressSequentially('4242424242424242');
  await number.press('Enter');
  assert.equal(await frame.locator(':focus').getAttribute('id'), 'expiry');
  await frame.locator(':focus').pressSequentially('1230');
  await frame.locator(':focus').press('Enter');
  await frame.locator(':focus').pressSequentially('123');
  await frame.locator(':focus').press('Enter');
  await frame.locator(':focus').press('Escape');
  await page.waitForFunction(() => window.heard.includes('escape'));
  const heard = await page.evaluate(() => window.heard.filter((each) => /^e/.test(each)));
  assert.deepEqual(heard, ['enter', 'escape']);
});

// Every flow by keyboard alone, and again for shoppers who need more: text at 200 %, a page zoomed
// to 400 %, colours of their own, less motion. On the way: nothing is cut off, nothing scrolls
// sideways, the focus is always to be seen and is never trapped.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { kGood, Stage } from './stage.mjs';

const kConditions = {
  'by keyboard': {},
  'text at 200 %': { fontPx: 32 },
  // 1280 x 1024 at 400 %.
  'zoomed to 400 %': { viewport: { width: 320, height: 256 } },
  'forced colours': { forcedColors: 'active' },
  'reduced motion': { reducedMotion: 'reduce' },
};
const kFields = ['number', 'expiry', 'cvc'];

let stage;
before(async () => {
  stage = await Stage.start();
});
after(() => stage.stop());

// The id of what has the focus, in the page or in the form.
async function focused({ page, form }) {
  const outer = await page.evaluate(() => {
    const { id, tagName } = document.activeElement;
    return id || tagName;
  });
  if (outer !== 'IFRAME' || !form) return outer;
  return form.evaluate(() => document.activeElement.id || document.activeElement.tagName);
}

async function press(visit, key, times = 1) {
  for (let time = 0; time < times; time++) await visit.page.keyboard.press(key);
  return focused(visit);
}

// Goes on with Tab until the focus is there; the way there is short, or something traps it.
async function tabTo(visit, id) {
  const way = [];
  while (way.at(-1) !== id) {
    assert.ok(way.length < 12, `no way to ${id}: ${way.join(', ')}`);
    way.push(await press(visit, 'Tab'));
  }
  await assertFocusIsSeen(visit);
}

// An outline or a changed border: of the element, or of the box that stands for it.
async function assertFocusIsSeen({ page, form }) {
  const inForm = (await page.evaluate(() => document.activeElement.tagName)) === 'IFRAME';
  const seen = await (inForm ? form : page).evaluate(() => {
    const rings = [document.activeElement, document.activeElement.parentElement];
    return rings.some((element) => {
      const { outlineStyle, outlineWidth } = getComputedStyle(element);
      return outlineStyle !== 'none' && parseFloat(outlineWidth) >= 1;
    });
  });
  assert.ok(seen, 'the focus is not to be seen');
}

async function typeByKeyboard(visit, card = kGood) {
  await tabTo(visit, 'number');
  for (const name of kFields) {
    if ((await focused(visit)) !== name) await tabTo(visit, name);
    await visit.page.keyboard.type(card[name]);
  }
}

const isCut = () => {
  const cut = [];
  for (const element of document.querySelectorAll('label, p, input, button, h1, legend, span')) {
    const style = getComputedStyle(element);
    const { width, height, right, left, bottom } = element.getBoundingClientRect();
    if (width <= 1 || height <= 1 || style.visibility === 'hidden') continue;
    const name = element.id || element.textContent.trim().slice(0, 30);
    if (right > innerWidth + 1 || left < -1) cut.push(`${name} leaves the page sideways`);
    if (element.tagName !== 'INPUT' && element.scrollWidth > element.clientWidth + 1) {
      if (style.display !== 'inline') cut.push(`${name} is wider than its box`);
    }
    if (self !== top && bottom > innerHeight + 1) cut.push(`${name} is below the frame's end`);
  }
  const { scrollWidth, clientWidth } = document.documentElement;
  if (scrollWidth > clientWidth + 1) cut.push(`scrolls sideways: ${scrollWidth} in ${clientWidth}`);
  return cut;
};

// The frame's height follows by a message, so a moment is allowed.
async function assertNothingIsCut({ page, form }) {
  for (const frame of [page, form].filter(Boolean)) {
    let cut = [];
    for (let attempt = 0; attempt < 40; attempt++) {
      cut = await frame.evaluate(isCut);
      if (cut.length === 0) break;
      await page.waitForTimeout(50);
    }
    assert.deepEqual(cut, []);
  }
}

// That the condition is one, in the page and in the form.
async function assertCondition({ page, form }, { fontPx, forcedColors, reducedMotion, viewport }) {
  for (const frame of [page, form].filter(Boolean)) {
    const found = await frame.evaluate(() => ({
      fontSize: getComputedStyle(document.documentElement).fontSize,
      forced: matchMedia('(forced-colors: active)').matches,
      reduced: matchMedia('(prefers-reduced-motion: reduce)').matches,
    }));
    assert.deepEqual(found, {
      fontSize: `${fontPx ?? 16}px`,
      forced: Boolean(forcedColors),
      reduced: Boolean(reducedMotion),
    });
  }
  if (viewport) assert.equal(await page.evaluate(() => innerWidth), viewport.width);
}

async function assertStill(visit, { reducedMotion }) {
  if (!reducedMotion) return;
  const moving = await visit.page.evaluate(() => document.getAnimations().length);
  assert.equal(moving, 0, 'something moves');
}

const kFlows = {
  async 'pays in the shop, and back and forth through the fields'(visit) {
    await visit.openShop();
    await tabTo(visit, 'number');
    assert.equal(await press(visit, 'Tab'), 'expiry');
    assert.equal(await press(visit, 'Shift+Tab'), 'number');
    assert.equal(await press(visit, 'Shift+Tab'), 'back', 'out of the form, backwards');
    await typeByKeyboard(visit);
    await assertNothingIsCut(visit);
    await tabTo(visit, 'pay');
    await visit.page.keyboard.press('Enter');
    assert.deepEqual((await visit.result()).status, 'success');
  },
  async 'is refused, learns why, mends it and pays'(visit) {
    await visit.openShop();
    await typeByKeyboard(visit, { ...kGood, cvc: '1', number: '4242424242424241' });
    await tabTo(visit, 'pay');
    await visit.page.keyboard.press('Enter');
    assert.equal((await visit.result()).code, 'card_invalid');
    assert.equal(await focused(visit), 'number', 'the focus is where the first error is');
    await assertFocusIsSeen(visit);
    await assertNothingIsCut(visit);
    await press(visit, 'End');
    await press(visit, 'Backspace');
    await visit.page.keyboard.type('2');
    await press(visit, 'Tab', 2);
    assert.equal(await focused(visit), 'cvc');
    await visit.page.keyboard.type('123');
    await tabTo(visit, 'pay');
    await visit.page.keyboard.press('Enter');
    assert.equal((await visit.result()).status, 'success');
  },
  async 'pays on the hosted page'(visit) {
    await visit.openCheckout();
    await visit.findForm();
    await visit.page.locator('#pay:enabled').waitFor();
    await assertNothingIsCut(visit);
    await typeByKeyboard(visit);
    await tabTo(visit, 'pay');
    await visit.page.keyboard.press('Enter');
    await visit.form.locator('#fields:disabled').waitFor();
    await assertNothingIsCut(visit);
    assert.equal((await visit.obolus.state(visit.key)).status, 'success');
  },
  async 'gives up on the hosted page'(visit) {
    await visit.openCheckout();
    await visit.findForm();
    await visit.page.locator('#pay:enabled').waitFor();
    await tabTo(visit, 'cancel');
    await visit.page.keyboard.press('Enter');
    await visit.page.locator('#end').waitFor();
    visit.form = undefined;
    await assertNothingIsCut(visit);
    assert.equal((await visit.obolus.state(visit.key)).data.reason_code, 'CANCELLED_BY_SHOPPER');
  },
  async 'waits for the bank'(visit, condition) {
    const { path } = await visit.obolus.openChallenge({ challenge: undefined });
    await visit.page.goto(`${visit.stage.obolusUrl}${path}`);
    await visit.page.locator('main').waitFor();
    await assertNothingIsCut(visit);
    await assertStill(visit, condition);
  },
};

for (const [condition, look] of Object.entries(kConditions)) {
  describe(condition, () => {
    for (const [name, flow] of Object.entries(kFlows)) {
      test(`a shopper ${name}`, async () => {
        const visit = await stage.visit(look);
        try {
          await flow(visit, look);
          await assertCondition(visit, look);
          assert.deepEqual(visit.complaints, []);
        } finally {
          await visit.close();
        }
      });
    }
  });
}

describe('keys of the form', () => {
  test('Enter in the last field and Escape in any are told to the shop', async () => {
    const visit = await stage.visit();
    await visit.openShop();
    await visit.page.evaluate(() => {
      window.told = [];
      for (const event of ['enter', 'escape']) {
        window.card.on(event, () => window.told.push(event));
      }
    });
    await typeByKeyboard(visit);
    await visit.page.keyboard.press('Enter');
    await visit.page.keyboard.press('Escape');
    await visit.page.waitForFunction(() => window.told.length === 2);
    assert.deepEqual(await visit.page.evaluate(() => window.told), ['enter', 'escape']);
    await visit.close();
  });

  test('a co-badged card: the arrow keys choose the network, Tab goes on', async () => {
    const visit = await stage.visit();
    await visit.openShop();
    await tabTo(visit, 'number');
    await visit.page.keyboard.type('4035501000000008');
    const radios = visit.form.locator('#networks input[type=radio]');
    await radios.first().waitFor();
    const chosen = () => radios.evaluateAll((inputs) => inputs.findIndex((input) => input.checked));
    const first = await chosen();
    await press(visit, 'Tab');
    await assertFocusIsSeen(visit);
    await press(visit, 'ArrowDown');
    assert.notEqual(await chosen(), first);
    await press(visit, 'ArrowUp');
    assert.equal(await chosen(), first);
    await tabTo(visit, 'expiry');
    await visit.close();
  });
});

test('what is cut off, trapped or unseen is found', async () => {
  const visit = await stage.visit();
  await visit.openShop();
  await visit.form.evaluate(() => {
    const { style } = document.querySelector('label[for=number]');
    style.width = '40px';
    style.whiteSpace = 'nowrap';
    for (const element of document.querySelectorAll('input, .box')) element.style.outline = 'none';
    document.addEventListener('keydown', (event) => {
      if (event.key === 'Tab' && event.target.id === 'cvc') event.preventDefault();
    });
  });
  await assert.rejects(assertNothingIsCut(visit), /wider than its box/);
  await visit.form.locator('#number').focus();
  await assert.rejects(assertFocusIsSeen(visit), /not to be seen/);
  await visit.form.locator('#cvc').focus();
  await assert.rejects(tabTo(visit, 'pay'), /no way to pay: cvc/);
  await visit.close();
});

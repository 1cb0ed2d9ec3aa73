// How the card form looks, in which language it speaks, and what it says aloud, in a real Chromium.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FrameLocator } from 'playwright-core';
import type * as Api from '../src/host/obolus';
import { complaints, listen, newKey, page, said, shopWith, standIn, submit } from './support/stage';

async function form(options: Api.CardOptions = {}): Promise<FrameLocator> {
  const key = newKey();
  standIn.open(key, { networks: { '40000025': ['cartesbancaires', 'visa'] } });
  return shopWith(key, options);
}

function update(changes: Api.CardUpdate): Promise<void> {
  return page.evaluate((changes) => window.card.update(changes), changes);
}

function style(frame: FrameLocator, selector: string, ...names: string[]): Promise<string[]> {
  return frame.locator(selector).evaluate((element, names) => {
    const computed = getComputedStyle(element);
    return names.map((name) => computed.getPropertyValue(name));
  }, names);
}

/** Every text that the form shows or tells, the texts of placeholders and names included. */
function words(frame: FrameLocator): Promise<string[]> {
  return frame.locator('body').evaluate((body) => {
    const placeholders = [...body.querySelectorAll('input')].map((input) => input.placeholder);
    const texts = [...body.querySelectorAll('label, legend, p, #cvc-hint')]
      .filter((element) => element.id !== 'live')
      .map((element) => element.textContent);
    return [document.title, ...placeholders, ...texts].map((each) => each ?? '').filter(Boolean);
  });
}

test('another language takes every word, and no value, caret or focus', async () => {
  const frame = await form({ name: 'optional' });
  const number = frame.locator('#number');
  await number.pressSequentially('4000002500001001');
  await frame.getByRole('radio').first().waitFor();
  await frame.locator('#expiry').pressSequentially('0520');
  await number.focus();
  await number.evaluate((input: HTMLInputElement) => input.setSelectionRange(3, 7));
  const english = await words(frame);
  for (const [locale, language, dir] of [
    ['de-AT', 'de', 'ltr'],
    ['ar', 'ar', 'rtl'],
    ['he', 'he', 'rtl'],
    ['ja', 'ja', 'ltr'],
  ] as const) {
    await update({ locale });
    const html = frame.locator('html');
    while ((await html.getAttribute('lang')) !== language) await page.waitForTimeout(20);
    assert.equal(await html.getAttribute('dir'), dir);
    const now = await words(frame);
    assert.equal(now.length, english.length);
    const same = now.filter(
      (each, i) => each === english[i] && !/^[\d ]+$|^MM|^(Visa|Cartes)/.test(each),
    );
    assert.deepEqual(same, [], `${language} has English words`);
    assert.equal(await number.inputValue(), '4000 0025 0000 1001');
    const caret = await number.evaluate((input: HTMLInputElement) => [
      input.selectionStart,
      input.selectionEnd,
      document.activeElement === input,
    ]);
    assert.deepEqual(caret, [3, 7, true]);
    const title = await page.locator('#box iframe').getAttribute('title');
    assert.equal(title, now[0], 'the frame is named in the same language');
  }
  await update({ locale: 'en' });
  while ((await frame.locator('html').getAttribute('lang')) !== 'en') await page.waitForTimeout(20);
  assert.deepEqual(await words(frame), english);
  const texts = standIn.requests.filter((each) => each.includes('/texts/'));
  assert.deepEqual(
    texts.map((each) => each.split('/').pop()),
    ['de-AT.json', 'ar.json', 'he.json', 'ja.json', 'en.json'],
  );
});

test('a locale that is no language tag is not asked for', async () => {
  const frame = await form();
  const before = standIn.requests.length;
  for (const locale of ['../../x', 'en', 'en-GB', 'x', 'de?', 'de--at']) {
    await update({ locale });
  }
  await page.waitForTimeout(200);
  assert.deepEqual(
    standIn.requests.slice(before).filter((each) => each.includes('/texts/')),
    [],
  );
  assert.equal(await frame.locator('html').getAttribute('lang'), 'en');
});

test('numbers, dates and codes run from left to right in a form that does not', async () => {
  const frame = await form();
  await update({ locale: 'ar' });
  await frame.locator('html[dir=rtl]').waitFor();
  for (const id of ['number', 'expiry', 'cvc']) {
    assert.deepEqual(await style(frame, `#${id}`, 'direction', 'text-align'), ['ltr', 'right']);
  }
  const [label, field] = await Promise.all([
    frame.locator('label[for=expiry]').boundingBox(),
    frame.locator('#cvc').boundingBox(),
  ]);
  assert.ok(label && field && label.x > field.x, 'the first column is on the right');
});

test('an appearance takes the place of the one before; nothing of that stays', async () => {
  const frame = await form();
  await frame.locator('#number').pressSequentially('4242');
  await update({
    appearance: {
      theme: 'dark',
      layout: 'stacked',
      variables: { colorText: '#ff0000', radius: '0px' },
      rules: {
        input: { borderWidth: '3px', 'background-color': '#112233', display: 'none' },
        label: { 'text-transform': 'uppercase', opacity: '0', color: 'transparent' },
        'input:focus': { 'box-shadow': '0 0 0 4px #00ff00' },
        placeholder: { color: 'purple' },
      },
    },
  });
  const look = ['color', 'border-top-width', 'background-color', 'border-radius', 'display'];
  assert.deepEqual(await style(frame, '#number', ...look), [
    'rgb(255, 0, 0)',
    '3px',
    'rgb(17, 34, 51)',
    '0px',
    'block',
  ]);
  assert.deepEqual(await style(frame, 'label[for=number]', 'text-transform', 'opacity', 'color'), [
    'uppercase',
    '1',
    'rgb(255, 0, 0)',
  ]);
  assert.match((await style(frame, '#number', 'box-shadow'))[0] ?? '', /rgb\(0, 255, 0\)/);
  const wide = (id: string) => frame.locator(id).evaluate((e) => e.getBoundingClientRect().width);
  assert.equal(await wide('#expiry'), await wide('#number'), 'stacked');
  await update({ appearance: { rules: { label: { fontWeight: '700' } } } });
  assert.deepEqual(await style(frame, '#number', ...look), [
    'rgb(27, 31, 36)',
    '1px',
    'rgb(255, 255, 255)',
    '6px',
    'block',
  ]);
  assert.deepEqual(await style(frame, 'label[for=number]', 'text-transform', 'font-weight'), [
    'none',
    '700',
  ]);
  assert.equal(await frame.locator('#number').inputValue(), '4242');
  assert.equal(await frame.locator(':focus').getAttribute('id'), 'number');
  assert.deepEqual(complaints, []);
});

test('every error is told once, by the form or by the field that the focus comes to', async () => {
  const frame = await form();
  await listen(frame);
  const number = frame.locator('#number');
  await number.pressSequentially('4242424242424241');
  await number.press('Tab');
  const error = 'Check the card number: it has a typing error.';
  assert.deepEqual(await said(frame), [error], 'told when the shopper has gone on');
  assert.equal(await number.getAttribute('aria-describedby'), 'network number-error');
  await frame.locator('#expiry').pressSequentially('0521');
  const past = 'This card has expired.';
  assert.deepEqual(await said(frame), [error, past], 'told while it is typed');
  const expiry = frame.locator('#expiry');
  assert.equal(await expiry.getAttribute('aria-describedby'), null, 'and not by the field as well');
  await frame.locator('#cvc').focus();
  assert.equal(await expiry.getAttribute('aria-describedby'), 'expiry-error');
  assert.deepEqual((await submit()).fields, ['number', 'expiry', 'cvc']);
  assert.equal(await frame.locator(':focus').getAttribute('id'), 'number');
  assert.deepEqual(await said(frame), [error, past], 'the focus tells the first, nobody the rest');
  assert.equal(await frame.locator('#cvc').getAttribute('aria-invalid'), 'true');
  await number.press('Backspace');
  await number.press('2');
  assert.equal(await number.getAttribute('aria-describedby'), 'network number-error');
  assert.equal(await frame.locator('#number-error').innerText(), '');
  await number.press('Tab');
  assert.equal(await number.getAttribute('aria-describedby'), 'network');
});

test('the form fits 320 px, 200 % text and narrower still, and says its height', async () => {
  const frame = await form({ name: 'required' });
  await submit();
  for (const [width, size, layout] of [
    [320, '1rem', 'grid'],
    [320, '2rem', 'line'],
    [160, '1rem', 'grid'],
    [200, '2rem', 'stacked'],
    [1200, '1rem', 'line'],
  ] as const) {
    await page.setViewportSize({ width, height: 900 });
    await update({ appearance: { layout, variables: { fontSize: size } } });
    await page.waitForTimeout(150);
    const fit = await frame.locator('html').evaluate((html) => {
      const clipped = [...html.querySelectorAll('label, .error, .box')].filter(
        (element) => element.scrollWidth > element.clientWidth + 1,
      );
      const { scrollWidth, clientWidth, scrollHeight, clientHeight } = html;
      return [
        clipped.map((e) => e.outerHTML),
        scrollWidth <= clientWidth,
        scrollHeight <= clientHeight,
      ];
    });
    assert.deepEqual(fit, [[], true, true], `${width} px, ${size}, ${layout}`);
  }
  const tops = await frame
    .locator('#fields')
    .evaluate((fields) =>
      ['number', 'expiry', 'cvc'].map(
        (id) => fields.querySelector(`#${id}`)?.getBoundingClientRect().top,
      ),
    );
  assert.equal(new Set(tops).size, 1, 'one line where there is room');
});

test('the form takes the height that was kept for it, so that the shop does not jump', async () => {
  for (const name of ['hidden', 'optional'] as const) {
    const frame = await form({ name });
    const height = await page
      .locator('#box iframe')
      .evaluate((iframe: HTMLIFrameElement) => parseFloat(iframe.style.height));
    const real = await frame.locator('#card').evaluate((e) => e.getBoundingClientRect().height);
    const kept = name === 'hidden' ? 154 : 234;
    assert.deepEqual([height, Math.abs(real - kept) <= 4], [Math.ceil(real), true], `${real}`);
  }
});

test('targets are 44 px high, and colours are told apart in every theme', async () => {
  const frame = await form();
  await frame.locator('#number').fill('4000002500001001');
  await frame.getByRole('radio').first().waitFor();
  const heights = await frame
    .locator('#fields')
    .evaluate((fields) =>
      [...fields.querySelectorAll('.row input:not([type]):not(#name), #networks label')].map(
        (element) => element.getBoundingClientRect().height,
      ),
    );
  assert.equal(heights.length, 5);
  assert.ok(Math.min(...heights) >= 44, heights.join());
  for (const theme of ['light', 'dark', 'contrast'] as const) {
    await update({ appearance: { theme } });
    const colours = await frame.locator('html').evaluate((html) => {
      const computed = getComputedStyle(html);
      const names = ['text', 'muted', 'danger', 'border', 'accent', 'field'];
      return names.map((name) => computed.getPropertyValue(`--color-${name}`).trim());
    });
    const field = colours.pop() ?? '';
    // What is around the fields is the shop's: the theme is made for white and for near black.
    const ground = theme === 'dark' ? '#12161b' : '#ffffff';
    for (const [i, colour] of colours.entries()) {
      for (const behind of [field, ground]) {
        const ratio = contrast(colour, behind);
        assert.ok(ratio >= (i < 3 ? 4.5 : 3), `${theme}: ${colour} on ${behind} ${ratio}`);
      }
    }
  }
});

test('forced colours and more contrast keep borders, focus and badges visible', async () => {
  const frame = await form();
  await frame.locator('#number').pressSequentially('4242');
  await page.emulateMedia({ forcedColors: 'active' });
  const [border, outline] = await style(frame, '#number', 'border-top-style', 'outline-style');
  assert.deepEqual([border, outline], ['solid', 'solid']);
  assert.deepEqual(await style(frame, '#mark', 'border-top-width'), ['1px']);
  await page.emulateMedia({ forcedColors: 'none', contrast: 'more' });
  assert.deepEqual(await style(frame, '#expiry', 'border-top-width', 'border-top-color'), [
    '2px',
    'rgb(27, 31, 36)',
  ]);
  await page.emulateMedia({ contrast: 'no-preference', reducedMotion: 'reduce' });
  const moving = await frame.locator('html').evaluate(() => document.getAnimations().length);
  assert.equal(moving, 0, 'nothing moves, whatever is preferred');
});

/** WCAG 2.2, relative luminance and contrast ratio of two colours #rgb or #rrggbb. */
function contrast(one: string, other: string): number {
  const luminance = (colour: string): number => {
    const hex = colour.slice(1).replace(/^(.)(.)(.)$/, '$1$1$2$2$3$3');
    const [r = 0, g = 0, b = 0] = [0, 2, 4].map((at) => {
      const value = parseInt(hex.slice(at, at + 2), 16) / 255;
      return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const [dark = 0, light = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
}

// The library in pages that treat it as real pages do: forms that load beside it, frameworks that
// mount twice, shadow trees, histories, elements that come and go.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fillCard } from '../client/testing';
import { complaints, kPan, newKey, page, shopWith, standIn, submit } from './support/stage';
import { consoleErrors, iframeTag, mountIn, openShop, scriptTag } from './support/shop_pages';

const kCard = { number: kPan, expiry: '12/30', cvc: '123' };

function frameRequests(key: string): string[] {
  return standIn.requests.filter((line) => line.startsWith(`GET /frame/v1/${key}`));
}

async function pays(key: string): Promise<void> {
  await fillCard(page, kCard);
  assert.equal((await submit()).status, 'success');
  assert.equal(standIn.sessions.get(key)?.cards.length, 1);
}

test('an iframe of the page is taken over, loaded or not, with an empty console', async () => {
  const errors = consoleErrors();
  for (const late of [false, true]) {
    const key = newKey();
    standIn.open(key);
    await openShop(`${scriptTag()}<div id="box">${iframeTag(key, 'en')}</div>`);
    if (!late) {
      await page.evaluate(() => {
        const iframe = document.querySelector('iframe') as HTMLIFrameElement;
        iframe.replaceWith(iframe.cloneNode());
      });
    }
    await mountIn(late ? '#box' : 'iframe', key, { appearance: { theme: 'dark' } });
    assert.equal(await page.locator('iframe').count(), 1);
    await page.frameLocator('iframe').locator('html[data-theme=dark]').waitFor();
    await pays(key);
  }
  assert.deepEqual([errors, complaints], [[], []]);
});

test('whenever the library comes to a frame that is loading, they find each other', async () => {
  const errors = consoleErrors();
  const key = newKey();
  standIn.open(key);
  await openShop(`${scriptTag()}<div id="box"></div>`);
  const ready = await page.evaluate(
    async ({ key, html }) => {
      const obolus = await window.Obolus.init(key);
      const box = document.querySelector('#box') as HTMLElement;
      let ready = 0;
      for (let delay = 0; delay < 60; delay += 3) {
        box.innerHTML = html;
        await new Promise((resolve) => setTimeout(resolve, delay));
        const card = obolus.card();
        await new Promise<void>((resolve) => {
          card.on('ready', resolve);
          card.mount(box);
        });
        ready++;
        card.destroy();
      }
      return ready;
    },
    { key, html: iframeTag(key) },
  );
  assert.equal(ready, 20);
  assert.deepEqual([errors, complaints], [[], []]);
});

test('mount, unmount and mount in one tick, as StrictMode does, leaves one form', async () => {
  for (const given of [false, true]) {
    const key = newKey();
    standIn.open(key);
    await openShop(`${scriptTag()}<div id="box">${given ? iframeTag(key) : ''}</div>`);
    await page.evaluate(async (key) => {
      window.session = await window.Obolus.init(key);
      const first = window.session.card();
      first.mount('#box');
      first.destroy();
      window.card = window.session.card();
      const ready = new Promise<void>((resolve) => void window.card.on('ready', resolve));
      window.card.mount('#box');
      window.card.unmount();
      window.card.mount('#box');
      await ready;
    }, key);
    assert.equal(await page.locator('iframe').count(), 1);
    await pays(key);
  }
  assert.deepEqual(complaints, []);
});

test('what is typed stays over every update; an unmounted card takes updates too', async () => {
  const key = newKey();
  standIn.open(key);
  const frame = await shopWith(key);
  await fillCard(page, { number: '4242 4242', expiry: '12', cvc: '1' });
  await page.evaluate(() => {
    window.card.update({ name: 'required' });
    window.card.update({ appearance: { theme: 'contrast', layout: 'stacked' } });
    window.card.update({ locale: 'de' });
  });
  await frame.locator('html[data-theme=contrast]').waitFor();
  await frame.locator('#name').fill('Ada Lovelace');
  const typed = async () =>
    Promise.all(['number', 'expiry', 'cvc'].map((id) => frame.locator(`#${id}`).inputValue()));
  const [number, , cvc] = await typed();
  assert.deepEqual([number?.trim(), cvc], ['4242 4242', '1']);
  assert.equal(await frame.locator('#name').inputValue(), 'Ada Lovelace');
  assert.equal(frameRequests(key).length, 1, 'not loaded again');
  await page.evaluate(async () => {
    window.card.unmount();
    window.card.update({ name: 'hidden', appearance: { theme: 'dark' } });
    const ready = new Promise<void>((resolve) => void window.card.on('ready', resolve));
    window.card.mount('#box');
    await ready;
  });
  await frame.locator('html[data-theme=dark]').waitFor();
  assert.equal(await frame.locator('#name').isVisible(), false);
  assert.deepEqual(await typed(), ['', '', '']);
});

test('a form in a shadow tree works, and two sessions in one page keep apart', async () => {
  const keys = [newKey(), newKey()];
  for (const key of keys) standIn.open(key);
  await openShop(`${scriptTag()}<div id="a"></div><div id="b"></div>`);
  await page.evaluate(async (keys) => {
    const library = window.Obolus;
    const sessions = [];
    for (const [index, id] of ['a', 'b'].entries()) {
      const root = (document.getElementById(id) as HTMLElement).attachShadow({ mode: 'open' });
      root.innerHTML = '<p>Pay here</p><div></div>';
      const obolus = await library.init(keys[index] as string);
      const card = obolus.card();
      const ready = new Promise<void>((resolve) => void card.on('ready', resolve));
      card.mount(root.querySelector('div') as HTMLElement);
      await ready;
      sessions.push(obolus);
    }
    Object.assign(window, { sessions });
  }, keys);
  await fillCard(page.locator('#a'), kCard);
  await fillCard(page.locator('#b'), { number: '5555555555554444', expiry: '1131', cvc: '321' });
  const results = await page.evaluate(() => {
    const { sessions } = window as unknown as { sessions: (typeof window.session)[] };
    return Promise.all(sessions.map((obolus) => obolus.submit()));
  });
  assert.deepEqual(
    results.map(({ status }) => status),
    ['success', 'success'],
  );
  assert.deepEqual(
    keys.map((key) => standIn.sessions.get(key)?.cards.map((card) => card['account_number'])),
    [[kPan], ['5555555555554444']],
  );
});

test('a form that is taken out of the page and put back is empty, and works', async () => {
  const key = newKey();
  standIn.open(key);
  const frame = await shopWith(key);
  await fillCard(page, kCard);
  const heard = await page.evaluate(async () => {
    const heard: unknown[] = [];
    window.card.on('change', ({ empty }) => heard.push(empty));
    const box = document.querySelector('#box') as HTMLElement;
    const parent = box.parentElement as HTMLElement;
    box.remove();
    heard.push(await window.session.submit().catch((error) => error.code));
    const ready = new Promise<void>((resolve) => void window.card.on('ready', resolve));
    parent.append(box);
    await ready;
    return heard;
  });
  assert.deepEqual(heard, ['not_mounted', true]);
  assert.equal(await frame.locator('#number').inputValue(), '');
  await pays(key);
});

test('back from the next page, the form goes on where it was', async () => {
  const key = newKey();
  const session = standIn.open(key);
  await shopWith(key);
  await page.evaluate(() => {
    addEventListener('pageshow', ({ persisted }) => Object.assign(window, { persisted }));
  });
  await fillCard(page, kCard);
  await page.goto(`${standIn.shop}/paid`);
  // Playwright waits for a load event, which a restored page does not have, and loses its frames.
  await page.goBack({ waitUntil: 'commit' });
  assert.equal(
    await page.evaluate(() => (window as { persisted?: boolean }).persisted),
    true,
    'restored, not loaded again',
  );
  assert.equal((await submit()).status, 'success');
  assert.equal(session.cards[0]?.['security_code'], '123');
});

test('back to a page that is loaded again, taken-over forms work, too', async () => {
  const key = newKey();
  standIn.open(key);
  const errors = consoleErrors();
  await openShop(`${scriptTag()}<div id="box">${iframeTag(key)}</div>
    <script>addEventListener('unload', () => {});</script>`);
  await mountIn('#box', key);
  await page.goto(`${standIn.shop}/paid`);
  await page.goBack();
  assert.equal(await page.evaluate(() => 'session' in window), false, 'loaded again');
  await mountIn('#box', key);
  await page.goForward();
  await page.goBack();
  await mountIn('#box', key);
  await pays(key);
  assert.deepEqual([errors, complaints], [[], []]);
});

test('back to a page that has another session by now, the form is of that session', async () => {
  const keys = [newKey(), newKey()];
  for (const key of keys) standIn.open(key);
  const open = (key: string) =>
    standIn.shopFiles.set(
      '/checkout',
      `<!doctype html><title>Shop</title>${scriptTag()}<div id="box">${iframeTag(key)}</div>
      <script>addEventListener('unload', () => {});</script>`,
    );
  const errors = consoleErrors();
  open(keys[0] ?? '');
  await page.goto(`${standIn.shop}/checkout`);
  await mountIn('#box', keys[0] ?? '');
  await page.goto(`${standIn.shop}/paid`);
  open(keys[1] ?? '');
  for (const come of [() => page.goBack(), () => page.reload()]) {
    await come();
    await mountIn('#box', keys[1] ?? '');
    assert.equal(await page.locator('iframe').count(), 1, 'taken over');
  }
  await pays(keys[1] ?? '');
  assert.equal(standIn.sessions.get(keys[0] ?? '')?.cards.length, 0);
  assert.deepEqual([errors, complaints], [[], []]);
});

test('every event and every call does what it says', async () => {
  const key = newKey();
  const session = standIn.open(key);
  const frame = await shopWith(key);
  await page.evaluate(() => {
    const events = ['focus', 'blur', 'enter', 'escape', 'complete', 'networkschange'] as const;
    window.heardEvents = [];
    for (const event of events) {
      window.card.on(event, (detail) => window.heardEvents.push([event, detail]));
    }
    window.card.focus('expiry');
  });
  const heard = async () => {
    const events = await page.evaluate(() => window.heardEvents.splice(0));
    return events.map(([event, detail]) => {
      const { field, network } = (detail ?? {}) as { field?: string; network?: string };
      return [event, field ?? network].filter(Boolean).join(' ');
    });
  };
  const expiry = frame.locator('#expiry');
  const focused = () => expiry.evaluate((input) => document.activeElement === input);
  await page.waitForFunction(() => window.heardEvents.length > 0);
  assert.deepEqual([await heard(), await focused()], [['focus expiry'], true]);
  await page.keyboard.press('Escape');
  await page.evaluate(() => window.card.blur());
  await page.waitForFunction(() => window.heardEvents.length > 1);
  assert.deepEqual([await heard(), await focused()], [['escape', 'blur expiry'], false]);
  await fillCard(page, kCard);
  await frame.locator('#cvc').press('Enter');
  await page.waitForFunction(() => window.heardEvents.some(([event]) => event === 'enter'));
  const all = await heard();
  for (const event of ['networkschange visa', 'complete', 'enter']) assert.ok(all.includes(event));
  await page.evaluate(() => window.card.clear());
  await page.waitForFunction(() => window.heardEvents.length > 0);
  assert.deepEqual([await heard(), await expiry.inputValue()], [['networkschange'], '']);
  const refused = await page.evaluate(() =>
    window.session.submit().catch(({ code, actor }) => [code, actor]),
  );
  assert.deepEqual(refused, ['card_invalid', 'shopper']);
  await fillCard(page, kCard);
  const same = await page.evaluate(async () => {
    const both = [window.session.submit(), window.session.submit()];
    await Promise.all(both);
    return both[0] === both[1];
  });
  assert.deepEqual([same, session.payloads.length], [true, 1]);
});

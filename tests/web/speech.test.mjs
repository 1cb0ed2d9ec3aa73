// What a screen reader is given: the accessibility tree of the card form and of the hosted page as
// Chromium computes it, and how often each message is announced. A live region announces when its
// text changes; the same words in two of them are said twice.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Stage } from './stage.mjs';

let stage;
let visit;
before(async () => {
  stage = await Stage.start();
});
after(() => stage.stop());

// The tree's nodes that are not ignored, as they are read: {role, name, description, …properties}.
async function tree({ page }, frame) {
  const session = await page.context().newCDPSession(frame);
  const { nodes } = await session.send('Accessibility.getFullAXTree');
  await session.detach();
  const byId = new Map(nodes.map((node) => [node.nodeId, node]));
  const below = (node) => [node, ...(node?.childIds ?? []).flatMap((id) => below(byId.get(id)))];
  return below(nodes[0])
    .filter(Boolean)
    .filter(({ ignored }) => !ignored)
    .map(({ role, name, description, properties = [] }) => ({
      role: role.value,
      name: name?.value ?? '',
      description: description?.value ?? '',
      ...Object.fromEntries(properties.map(({ name: key, value }) => [key, value.value])),
    }));
}

const fieldsOf = (nodes) => nodes.filter(({ role }) => role === 'textbox');
const fieldNamed = (nodes, name) => fieldsOf(nodes).find((node) => node.name === name);

// Notes every text that a live region comes to have, from now on.
function listen(frame) {
  return frame.evaluate(() => {
    window.said = [];
    const last = new Map();
    const look = () => {
      for (const region of document.querySelectorAll('[aria-live], [role=status], [role=alert]')) {
        const text = region.textContent.trim();
        if (text !== '' && last.get(region) !== text) window.said.push(text);
        last.set(region, text);
      }
    };
    look();
    window.said.length = 0;
    const all = { subtree: true, childList: true, characterData: true, attributes: true };
    new MutationObserver(look).observe(document.body, all);
  });
}

// What was said since, once it is quiet.
async function heard(frame) {
  let before;
  let said = [];
  do {
    before = said.length;
    await frame.waitForTimeout(250);
    said = await frame.evaluate(() => window.said);
  } while (said.length !== before);
  return said;
}

test('every field has its name, says that it is required, and what is expected', async () => {
  visit = await stage.visit();
  await visit.openShop({ card: { name: 'required' } });
  const nodes = await tree(visit, visit.form);
  assert.deepEqual(
    fieldsOf(nodes).map(({ name, required }) => [name, required]),
    [
      ['Card number', true],
      ['Expiry date', true],
      ['Security code', true],
      ['Name on card', true],
    ],
  );
  assert.match(fieldNamed(nodes, 'Security code').description, /3 digits/);
  const root = nodes.find(({ role }) => role === 'RootWebArea');
  assert.equal(root.name, 'Card details');
  const group = nodes.find(({ role, name }) => role === 'group' && name === 'Card details');
  assert.ok(group, 'the fields are a group with a name');
  const outer = await tree(visit, visit.page.mainFrame());
  assert.ok(outer.some(({ role, name }) => role === 'Iframe' && name === 'Card details'));
  await visit.close();
});

test('the network belongs to the number, and the code is described for it', async () => {
  visit = await stage.visit();
  await visit.openShop();
  await visit.type({ number: '378282246310005' });
  const nodes = await tree(visit, visit.form);
  assert.match(fieldNamed(nodes, 'Card number').description, /American Express/);
  assert.match(fieldNamed(nodes, 'Security code').description, /4 digits/);
  await visit.close();
});

test('an error is part of its field, and is announced once', async () => {
  visit = await stage.visit();
  await visit.openShop();
  await listen(visit.form);
  await visit.type({ number: '4242424242424241', expiry: '1' });
  await visit.form.locator('#cvc').focus();
  const said = await heard(visit.form);
  const typo = 'Check the card number: it has a typing error.';
  const short = 'Enter month and year, as on the card.';
  for (const message of [typo, short]) {
    const times = said.filter((text) => text.includes(message)).length;
    assert.equal(times, 1, `"${message}" was said ${times} times: ${said.join(' | ')}`);
  }
  const nodes = await tree(visit, visit.form);
  for (const [name, message] of [
    ['Card number', typo],
    ['Expiry date', short],
  ]) {
    const { description, invalid } = fieldNamed(nodes, name);
    assert.equal(invalid, 'true', name);
    assert.ok(description.includes(message), `${name}: ${description}`);
  }
  assert.equal(fieldNamed(nodes, 'Security code').invalid, 'false');
  await visit.close();
});

test('of a form that was submitted empty, each error is announced at most once', async () => {
  visit = await stage.visit();
  await visit.openShop();
  await listen(visit.form);
  await visit.pay();
  await visit.form.locator('#cvc[aria-invalid]').waitFor();
  const said = await heard(visit.form);
  const counts = [
    'Enter the card number.',
    'Enter the expiry date.',
    'Enter the security code.',
  ].map((message) => said.filter((text) => text.includes(message)).length);
  assert.ok(
    counts.every((times) => times <= 1),
    `said ${counts}: ${said.join(' | ')}`,
  );
  await visit.close();
});

test('that the card was taken is announced once, in the form and on the hosted page', async () => {
  visit = await stage.visit();
  await visit.openCheckout();
  await visit.findForm();
  await visit.page.locator('#pay:enabled').waitFor();
  await visit.type();
  await listen(visit.form);
  await listen(visit.page.mainFrame());
  await visit.pay();
  await visit.form.locator('#fields:disabled').waitFor();
  const inForm = await heard(visit.form);
  const onPage = await heard(visit.page.mainFrame());
  assert.equal(new Set(onPage).size, onPage.length, onPage.join(' | '));
  assert.ok(onPage.some((text) => text.startsWith('Your card details were received.')));
  assert.deepEqual(inForm, ['Card details received.']);
  await visit.close();
});

test('the hosted page has a heading, a main part, and buttons that say what they do', async () => {
  visit = await stage.visit();
  await visit.openCheckout();
  await visit.findForm();
  await visit.page.locator('#pay:enabled').waitFor();
  const nodes = await tree(visit, visit.page.mainFrame());
  const names = (wanted) => nodes.filter(({ role }) => role === wanted).map(({ name }) => name);
  assert.equal(names('heading').length, 1);
  assert.equal(names('main').length, 1);
  assert.deepEqual(names('button'), ['Pay €42.00', 'Cancel']);
  assert.deepEqual(names('Iframe'), ['Card details']);
  await visit.close();
});

test('a message in two live regions is found', async () => {
  visit = await stage.visit();
  await visit.openShop();
  await visit.form.evaluate(() => {
    for (const role of ['status', 'alert']) {
      const region = document.createElement('div');
      region.setAttribute('role', role);
      document.body.append(region);
    }
  });
  await listen(visit.form);
  await visit.form.evaluate(() => {
    for (const region of document.querySelectorAll('div[role]')) region.textContent = 'Twice.';
  });
  assert.deepEqual(await heard(visit.form), ['Twice.', 'Twice.']);
  await visit.close();
});

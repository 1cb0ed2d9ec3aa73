// A card of two networks in the hosted page, against the real program: the shopper is asked, and
// what was chosen is what Commerce hears (Regulation (EU) 2015/751, article 8).
import assert from 'node:assert/strict';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { openBrowser } from '../support/browser.mjs';
import { Obolus } from '../support/obolus.mjs';

const kExpiry = `12${(new Date().getUTCFullYear() + 3) % 100}`;

let obolus;
let browser;
before(async () => {
  obolus = await Obolus.start();
  browser = await openBrowser([path.join(obolus.certs, 'obolus-server.pem')]);
});
after(async () => {
  await browser?.close();
  await obolus?.stop();
});

// The network of CardSessionCreated, after the shopper has typed that number and done `choose`.
async function paid(number, choose, body = {}) {
  const { session_key, terminal_id } = await obolus.openPayment(body);
  const page = await browser.context.newPage();
  page.setDefaultTimeout(15_000);
  await page.goto(`http://localhost:${obolus.ports.shopper}/checkout/${session_key}`);
  const form = page.frameLocator('iframe');
  const asked = page.waitForResponse((answer) => answer.url().endsWith('/networks'));
  await form.getByLabel('Card number').pressSequentially(number);
  await asked;
  await choose(form);
  await form.getByLabel('Expiry date').pressSequentially(kExpiry);
  await form.getByLabel('Security code').pressSequentially('123');
  await page.getByRole('button', { name: /^Pay/ }).click();
  const { event } = await obolus.bridge.waitFor(terminal_id, 'CardSessionCreated', 15_000);
  await page.close();
  return event.data.card_session.data.card_network;
}

test('the shopper may take the other network than the one that is offered first', async () => {
  const network = await paid('4000002500001001', async (form) => {
    assert.equal(await form.getByRole('radio', { name: 'Cartes Bancaires' }).isChecked(), true);
    await form.getByRole('radio', { name: 'Visa' }).focus();
    await form.getByRole('radio', { name: 'Visa' }).press('Space');
    assert.equal(await form.getByRole('radio', { name: 'Visa' }).isChecked(), true);
  });
  assert.equal(network, 'VISA');
});

test('what is offered first is taken when the shopper leaves it so', async () => {
  const wait = (form) => form.getByRole('radio').first().waitFor();
  assert.equal(await paid('4000002500001001', wait), 'CARTES_BANCAIRES');
  assert.equal(await paid('6703444444444449', wait), 'BANCONTACT');
  assert.equal(await paid('4571000000000001', wait), 'DANKORT');
});

test('nothing is asked where the session allows one of the networks only', async () => {
  const nothing = async (form) => assert.equal(await form.getByRole('radio').count(), 0);
  for (const network of ['CARTES_BANCAIRES', 'VISA']) {
    const body = { allowed_networks: [network] };
    assert.equal(await paid('4000002500001001', nothing, body), network);
  }
});

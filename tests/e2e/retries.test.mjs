// A card that is refused, in the hosted page: the shopper reads why, how many attempts are left and
// how long to wait, also after a reload, and then pays in the same session. The device's clock is
// two years slow, so that its own check passes an expired card and the server's does not.
import assert from 'node:assert/strict';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { openBrowser } from '../support/browser.mjs';
import { Obolus } from '../support/obolus.mjs';

const kCoolDown = /You can try again in \d+ seconds?\./;
const kSlowMs = 2 * 365 * 86_400_000;
const kThisYear = new Date().getUTCFullYear() % 100;

function slowDown(by_ms) {
  const RealDate = Date;
  globalThis.Date = class extends RealDate {
    constructor(...given) {
      if (given.length > 0) super(...given);
      else super(RealDate.now() - by_ms);
    }
    static now() {
      return RealDate.now() - by_ms;
    }
  };
}

let obolus;
let browser;
before(async () => {
  obolus = await Obolus.start({ sessions: { max_attempts: 4, retry_cool_down_s: [15] } });
  browser = await openBrowser([path.join(obolus.certs, 'obolus-server.pem')]);
});
after(async () => {
  await browser?.close();
  await obolus?.stop();
});

test('a refused card, a cool-down that is shown, and success', async () => {
  const { session_key, terminal_id } = await obolus.openPayment();
  const page = await browser.context.newPage();
  page.setDefaultTimeout(15_000);
  await page.addInitScript(slowDown, kSlowMs);
  let sent = 0;
  page.on('request', (request) => {
    if (request.method() === 'POST' && request.url().endsWith('/complete-action')) sent++;
  });
  const form = page.frameLocator('iframe');
  const pay = page.getByRole('button', { name: /^Pay/ });
  const type = async (year) => {
    const fill = async (label, text) => {
      const field = form.getByLabel(label);
      await field.fill('');
      await field.pressSequentially(text);
    };
    await fill('Card number', '4242424242424242');
    await fill('Expiry date', `12${year}`);
    await fill('Security code', '123');
  };
  const attempts = async () => {
    const { json } = await obolus.operator('GET', `/sessions/${terminal_id}`);
    return [json.attempts, json.attempts_left];
  };
  const held = () => form.getByText(kCoolDown).first();

  await page.goto(`http://localhost:${obolus.ports.shopper}/checkout/${session_key}`);
  await form.getByLabel('Card number').waitFor();
  await type(kThisYear - 1);
  await pay.click();
  await held().waitFor();
  await form.getByText('3 attempts left.').first().waitFor();
  assert.deepEqual([sent, await attempts()], [1, [1, 3]]);

  // Another press sends nothing while the form says to wait.
  await pay.click();
  assert.equal(sent, 1);

  // A page that is loaded again learns it from the session's state, and still sends nothing.
  await page.reload();
  await held().waitFor();
  await type(kThisYear + 3);
  await pay.click();
  await held().waitFor();
  assert.deepEqual([sent, await attempts()], [1, [1, 3]]);
  await held().waitFor({ state: 'hidden', timeout: 30_000 });
  await pay.click();
  await page.getByText('Your card details were received').waitFor();
  await obolus.bridge.waitFor(terminal_id, 'CardSessionCreated');
  assert.deepEqual([sent, obolus.bridge.about(terminal_id).length], [2, 1]);
  await page.close();
});

// The same payment in other browsers than Chromium: in a shop whose page the library makes the form
// in, and on the hosted page. Prints which were really run, and their versions; one that is
// not installed is named as such, and is no failure. Debian's package is
// firefox-esr.
//
//   node tests/web/browsers.mjs
import { until } from '../support/client.mjs';
import { Firefox } from './drivers.mjs';
import { kGood, Stage } from './stage.mjs';

async function typeCard(driver) {
  await driver.enter('#card iframe');
  for (const field of ['number', 'expiry', 'cvc']) await driver.type(`#${field}`, kGood[field]);
  const shown = await driver.run('return document.querySelector("#number").value');
  if (shown !== '4242 4242 4242 4242') throw new Error(`the number shows as ${shown}`);
  await driver.enter();
}

async function assertPaid(stage, key) {
  const state = await until('the card', async () => {
    const found = await stage.obolus.state(key);
    return found.next_action === null ? found : undefined;
  });
  if (state.status !== 'success') throw new Error(`ended as ${state.status}`);
}

const kFlows = {
  async 'shop, card frame'(driver, stage) {
    const { session_key } = await stage.obolus.openPayment();
    await driver.go(`${stage.shopUrl}/`);
    await driver.run(
      `Obolus.init(arguments[0]).then((obolus) => {
        obolus.card().mount('#card');
        document.querySelector('#pay').onclick = () => obolus.submit();
      });`,
      session_key,
    );
    await typeCard(driver);
    await driver.click('#pay');
    await assertPaid(stage, session_key);
  },
  async 'hosted page'(driver, stage) {
    const { session_key } = await stage.obolus.openPayment({
      payment: { amount: 4200, currency_code: 'EUR' },
    });
    await driver.go(`${stage.obolusUrl}/checkout/${session_key}`);
    await typeCard(driver);
    await driver.click('#pay:enabled');
    await assertPaid(stage, session_key);
  },
};

let failures = 0;
const stage = await Stage.start();
for (const [name, Browser] of Object.entries({ Firefox })) {
  if (!Browser.path) {
    console.log(`${name}: not installed`);
    continue;
  }
  const driver = new Browser();
  try {
    console.log(await driver.start());
    for (const [what, flow] of Object.entries(kFlows)) {
      await flow(driver, stage);
      console.log(`  ok    ${what}`);
    }
  } catch (error) {
    failures++;
    console.log(`  FAIL  ${error.message}`);
  } finally {
    await driver.stop();
  }
}
await stage.stop();
process.exitCode = failures === 0 ? 0 : 1;

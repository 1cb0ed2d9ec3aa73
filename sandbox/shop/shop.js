// The shop's page: basket, payment by the client library, and the result, which is always read from
// the shop's backend and never from the address line.
import { follow as followLog } from './log.js';

const kPollMs = 700;

const byId = (id) => document.getElementById(id);
const quantities = new Map();
let config = null;
let obolus = null;

function money(minor, currency) {
  return new Intl.NumberFormat('en-IE', { style: 'currency', currency }).format(minor / 100);
}

function show(...ids) {
  for (const id of ['basket', 'card-step', 'result', 'waiting']) {
    byId(id).hidden = !ids.includes(id);
  }
}

function wait(text) {
  byId('waiting-text').textContent = text;
  show('waiting');
}

function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

function total() {
  return config.items.reduce((sum, item) => sum + item.price * quantities.get(item.id), 0);
}

function change(item, by) {
  const quantity = Math.min(20, Math.max(0, quantities.get(item.id) + by));
  quantities.set(item.id, quantity);
  byId(`quantity-${item.id}`).textContent = quantity;
  byId(`price-${item.id}`).textContent = money(item.price * quantity, config.currency);
  byId('total').textContent = money(total(), config.currency);
  byId('pay').disabled = total() === 0;
}

function itemRow(item) {
  const picture = element('img', { src: `/shop/assets/${item.id}.svg`, alt: '' });
  const less = element('button', { type: 'button', 'aria-label': `Less ${item.name}` }, '−');
  const more = element('button', { type: 'button', 'aria-label': `More ${item.name}` }, '+');
  less.addEventListener('click', () => change(item, -1));
  more.addEventListener('click', () => change(item, 1));
  return element('li', { class: 'item' }, picture,
    element('span', {}, element('b', {}, item.name),
      element('span', { class: 'quiet' }, item.detail)),
    element('span', { class: 'quantity' }, less, element('output', { id: `quantity-${item.id}` }),
      more),
    element('span', { class: 'price', id: `price-${item.id}` }));
}

function showBasket() {
  for (const item of config.items) {
    quantities.set(item.id, 1);
    byId('items').append(itemRow(item));
    change(item, 0);
  }
}

function showTestCards() {
  for (const card of config.test_cards) {
    const button = element('button', { type: 'button', class: 'copy', title: 'Copy' }, card.shown);
    button.addEventListener('click', async () => {
      await navigator.clipboard.writeText(card.number);
      byId('copied').textContent = `Copied ${card.shown}`;
    });
    byId('test-cards').append(element('tr', {}, element('td', {}, button),
      element('td', {}, card.story)));
  }
}

async function call(path, options) {
  const answer = await fetch(path, options);
  const body = await answer.json();
  if (!answer.ok) throw new Error(body.message ?? `The shop answered ${answer.status}.`);
  return body;
}

function loadLibrary() {
  return new Promise((resolve, reject) => {
    if (window.Obolus) return resolve();
    const script = element('script', { src: `${config.shopper_url}/client/v1/obolus.js` });
    script.addEventListener('load', () => resolve());
    script.addEventListener('error', () => reject(new Error('The card form cannot be loaded.')));
    document.head.append(script);
  });
}

async function pay() {
  byId('pay').disabled = true;
  wait('Preparing the payment…');
  try {
    const items = config.items
      .map(({ id }) => ({ id, quantity: quantities.get(id) }))
      .filter(({ quantity }) => quantity > 0);
    const payment = await call('/shop/pay', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ items, flow: byId('flow').value }),
    });
    followLog(payment.id);
    if (payment.next !== 'card') return await follow(payment.id);
    await loadLibrary();
    await showCard(payment);
  } catch (error) {
    showResult({ paid: false, reason: error.message });
  }
}

async function showCard(payment) {
  obolus = await window.Obolus.init(payment.session_key, { baseUrl: config.shopper_url });
  const card = obolus.card();
  show('card-step');
  const submit = byId('submit-card');
  submit.textContent = `Pay ${money(payment.amount, payment.currency)}`;
  const send = () => submitCard(payment, card);
  card.on('ready', () => card.focus());
  card.on('change', (state) => {
    submit.disabled = !state.complete;
    byId('card-message').textContent = '';
  });
  card.on('enter', () => submit.disabled || send());
  card.on('error', (error) => { byId('card-message').textContent = error.message; });
  submit.addEventListener('click', send);
  byId('cancel').addEventListener('click', async () => {
    byId('cancel').disabled = true;
    try {
      await obolus.cancel();
    } catch (error) {
      byId('cancel').disabled = false;
      byId('card-message').textContent = error.message;
      return;
    }
    await follow(payment.id);
  });
  obolus.onStateChange((state) => {
    if (state.nextAction === null && state.status !== 'success') follow(payment.id);
  });
  card.mount('#card');
}

async function submitCard(payment, card) {
  const submit = byId('submit-card');
  submit.disabled = true;
  byId('card-message').textContent = '';
  try {
    await obolus.submit();
  } catch (error) {
    byId('card-message').textContent = error.message;
    submit.disabled = false;
    if (error.code?.startsWith('session_')) await follow(payment.id);
    return;
  }
  card.destroy();
  await follow(payment.id);
}

// Asks the shop's backend until there is a next step. One at a time.
let following = false;
async function follow(id) {
  if (following) return;
  following = true;
  wait('Waiting for the bank…');
  for (;;) {
    try {
      const payment = await call(`/shop/payments/${encodeURIComponent(id)}`);
      if (payment.next === 'redirect') {
        if (obolus && byId('challenge').value === 'dialog' && payment.url !== challenged) {
          await challenge(payment.url);
          continue;
        }
        if (payment.url !== challenged) {
          wait('Taking you to your bank…');
          location.assign(payment.url);
          return;
        }
      }
      if (payment.next === 'done') return showResult(payment);
    } catch (error) {
      byId('waiting-text').textContent = `${error.message} Trying again…`;
    }
    await new Promise((resolve) => setTimeout(resolve, kPollMs));
  }
}

// The bank's check in a dialog over this page. How the payment stands is asked of the backend.
let challenged = null;
async function challenge(url) {
  wait('Your bank asks you to confirm…');
  challenged = url;
  await obolus.challenge(url);
  wait('Waiting for the bank…');
}

function showResult(payment) {
  const result = byId('result');
  result.dataset.outcome = payment.paid ? 'paid' : 'failed';
  byId('result-title').textContent = payment.paid ? 'Paid. Thank you!' : 'The payment failed';
  byId('result-text').textContent = payment.paid
    ? `We received ${money(payment.amount, payment.currency)}.`
    : payment.reason ?? 'No reason was given.';
  byId('result-order').textContent = payment.order_id ? `Order ${payment.order_id}` : '';
  show('result');
  result.focus({ preventScroll: true });
}

// The shopper comes back: /shop/paid or /shop/failed with ?payment=ID. Only the id is used.
async function showReturn(id) {
  wait('Looking at your payment…');
  followLog(id);
  try {
    const payment = await call(`/shop/payments/${encodeURIComponent(id)}`);
    if (payment.next === 'done') return showResult(payment);
    if (payment.next === 'redirect') return showUnfinished(payment);
  } catch (error) {
    return showResult({ paid: false, reason: error.message });
  }
  return follow(id);
}

// Back from the bank before the bank's check has ended: going there again is offered, not done.
function showUnfinished(payment) {
  const result = byId('result');
  result.dataset.outcome = 'pending';
  byId('result-title').textContent = 'Not finished yet';
  byId('result-text').replaceChildren('Your bank’s check is still open. ',
    element('a', { href: payment.url }, 'Continue it'), '.');
  byId('result-order').textContent = payment.order_id ? `Order ${payment.order_id}` : '';
  show('result');
}

async function main() {
  config = await call('/shop/config');
  showTestCards();
  const id = new URLSearchParams(location.search).get('payment');
  if (location.pathname !== '/' && id) return showReturn(id);
  showBasket();
  byId('pay').addEventListener('click', pay);
}

await main();

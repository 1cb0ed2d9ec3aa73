// A shopper without a browser: pays in the sandbox's shop over the same HTTP calls as the
// library, the frame and the bank's page make, and goes on through lost connections as a patient
// person would.
import { randomUUID } from 'node:crypto';
import { encrypt, kCards, payload } from './card.mjs';
import { request, until } from './client.mjs';

const kForm = { 'content-type': 'application/x-www-form-urlencoded' };

// What a shopper can want, and how Commerce's payment must end then.
export const kWishes = [
  { name: 'card paid', card: kCards.visa, ends: 'COMPLETED' },
  { name: 'card declined', card: kCards.declined, ends: 'FAILED' },
  { name: 'challenge passed', card: kCards.challenged, choice: 'pass', ends: 'COMPLETED' },
  { name: 'challenge failed', card: kCards.challenged, choice: 'fail', ends: 'FAILED' },
  { name: 'challenge cancelled', card: kCards.challenged, choice: 'cancel', ends: 'FAILED' },
  { name: 'mistyped, then paid', card: kCards.mastercard, mistype: true, ends: 'COMPLETED' },
  { name: 'shopper gave up', cancel: true, ends: 'FAILED' },
];

function unescaped(html) {
  const named = {
    '&quot;': '"',
    '&#34;': '"',
    '&#39;': "'",
    '&lt;': '<',
    '&gt;': '>',
    '&amp;': '&',
  };
  return html.replace(/&(quot|#34|#39|lt|gt|amp);/g, (entity) => named[entity]);
}

// The action and the fields of the first form of a page.
export function readForm(html) {
  const attribute = (tag, name) => {
    const found = new RegExp(`\\b${name}="([^"]*)"`).exec(tag);
    return found ? unescaped(found[1]) : undefined;
  };
  const form = /<form\b[^>]*>/.exec(html)?.[0] ?? '';
  const fields = {};
  for (const [input] of html.matchAll(/<input\b[^>]*>/g)) {
    const name = attribute(input, 'name');
    if (name) fields[name] = attribute(input, 'value') ?? '';
  }
  return { action: attribute(form, 'action'), fields };
}

export class Shopper {
  // `stack`: a running Stack (support/stack.mjs). `log`: called with each unexpected answer.
  constructor(stack, { patienceMs = 60_000 } = {}) {
    Object.assign(this, { stack, patienceMs, retries: 0 });
  }

  // The answer, however often the connection is lost or the server asks for patience on the way.
  async call(url, options) {
    return until(
      `${options?.method ?? 'GET'} ${new URL(url).pathname.slice(0, 24)}`,
      async () => {
        try {
          const answer = await request(url, { timeoutMs: 10_000, ...options });
          // The sandbox is still busy with the request that this one repeats.
          const isEarly = answer.status === 409 && answer.text.includes('is still running');
          if (answer.status < 500 && answer.status !== 429 && !isEarly) return answer;
        } catch {
          // Nobody there just now.
        }
        this.retries++;
        return undefined;
      },
      { timeoutMs: this.patienceMs, everyMs: 50 },
    );
  }

  async expect(status, url, options) {
    const answer = await this.call(url, options);
    if (answer.status !== status) {
      const path = new URL(url).pathname.replace(/_[A-Za-z0-9_-]{50}/, '_…');
      throw new Error(`${options?.method ?? 'GET'} ${path}: ${answer.status} ${answer.text}`);
    }
    return answer;
  }

  // Pays once as `wish` says. {payment, ends}: Commerce's view when it has ended.
  async pay(wish) {
    const created = await this.expect(201, `${this.stack.shopUrl}/payments`, {
      method: 'POST',
      headers: { 'x-api-key': this.stack.apiKey, 'x-idempotency-key': randomUUID() },
      body: { amount: 4450, currency_code: 'EUR', order_id: randomUUID() },
    });
    const { id } = created.json;
    const wait = () => this.#settled(id);
    let payment = await wait();
    if (payment.processing.requirement?.action === 'SET_PAYMENT_METHOD') {
      const { session_key } = payment.processing.requirement.options[0];
      await this.#giveCard(session_key, wish);
      payment = await this.#settled(id, 'SET_PAYMENT_METHOD');
    }
    if (payment.processing.requirement?.action === 'REDIRECT') {
      await this.#passChallenge(payment.processing.requirement.options[0].url, wish.choice);
      payment = await this.#settled(id, 'REDIRECT');
    }
    return payment;
  }

  // Commerce's view once it wants something other than `handled`, or has ended.
  #settled(id, handled) {
    const url = `${this.stack.shopUrl}/payments/${id}`;
    const headers = { 'x-api-key': this.stack.apiKey };
    return until(
      `payment ${id} to go on after ${handled ?? 'its start'}`,
      async () => {
        const { json } = await this.expect(200, url, { headers });
        const { status, requirement } = json.processing;
        const isEnded = status === 'COMPLETED' || status === 'FAILED';
        return isEnded || (requirement && requirement.action !== handled) ? json : undefined;
      },
      { timeoutMs: this.patienceMs, everyMs: 30 },
    );
  }

  async #giveCard(key, wish) {
    const session = `${this.stack.shopperUrl}/sessions/${key}`;
    if (wish.cancel) return this.expect(200, `${session}/cancel`, { method: 'POST' });
    const { data } = (await this.expect(200, session)).json;
    const submit = async (status, card) => {
      const result = { enc_payload: await encrypt(data, card) };
      const body = { action: 'tokenize_card', result };
      return this.expect(status, `${session}/complete-action`, { method: 'POST', body });
    };
    if (wish.mistype) await submit(422, payload(wish.card, { security_code: '1' }));
    return submit(200, payload(wish.card));
  }

  async #passChallenge(redirectUrl, choice) {
    const start = readForm((await this.expect(200, redirectUrl)).text);
    const post = (form) => ({
      method: 'POST',
      headers: kForm,
      body: new URLSearchParams(form).toString(),
    });
    const bank = await this.expect(200, start.action, post(start.fields));
    const decide = new URL('/acs/decide', start.action).href;
    const { acs_trans_id, threeDSSessionData } = readForm(bank.text).fields;
    const decision = { acs_trans_id, choice, threeDSSessionData: threeDSSessionData ?? '' };
    const back = readForm((await this.expect(200, decide, post(decision))).text);
    await this.expect(303, back.action, post(back.fields));
  }
}

// Every state that a shopper can meet, and how to get there in a fresh visit: the card form in a
// shop, the hosted page, and the pages around the bank's check. Used by the accessibility matrix
// and by the gallery, so that what is checked is what is shown. `where` is what the state is about;
// `reach(visit)` resolves when it is on the screen; `shows` is a selector that proves it, in the
// form for `card` and in the page otherwise.
import { encrypt, kCards, payload } from '../support/card.mjs';
import { kGood, kYear } from './stage.mjs';

const kRefusal = { code: 422, message: 'refused', classifier: 'VALIDATION_ERROR' };
const pointed = (members) =>
  members.map((member) => ({ pointer: `/result/enc_payload/${member}`, detail: 'refused' }));
const withName = { card: { name: 'required' } };

// The shop with the form, and what the shopper does in it.
const inShop = (act, options) => async (visit) => {
  await visit.openShop(options);
  await act(visit);
};

const shown = (visit, selector) => visit.form.locator(selector).first().waitFor();

async function submitAndWait(visit, selector) {
  await visit.pay();
  await shown(visit, selector);
}

const kCardStates = [
  { name: 'empty', shows: '#number', reach: inShop(() => {}, withName) },
  {
    name: 'focused',
    shows: '#number:focus',
    reach: inShop((visit) => visit.form.locator('#number').focus()),
  },
  { name: 'complete', shows: '#cvc', reach: inShop((visit) => visit.type()) },
  {
    name: 'errors: empty',
    shows: '#name[aria-invalid]',
    reach: inShop((visit) => submitAndWait(visit, '#name[aria-invalid]'), withName),
  },
  {
    name: 'errors: incomplete',
    shows: '#cvc[aria-invalid]',
    reach: inShop(async (visit) => {
      await visit.type({ number: '42424242', expiry: '1', cvc: '1' });
      await submitAndWait(visit, '#cvc[aria-invalid]');
    }),
  },
  {
    name: 'errors: wrong',
    shows: '#expiry[aria-invalid]',
    reach: inShop(async (visit) => {
      await visit.type({ number: '4242424242424241', expiry: '0120', cvc: '123' });
      await submitAndWait(visit, '#expiry[aria-invalid]');
    }),
  },
  {
    name: 'submitting',
    shows: '#number',
    reach: inShop(async (visit) => {
      await visit.hold();
      await visit.type();
      await visit.pay();
      while (visit.held.length === 0) await visit.page.waitForTimeout(20);
    }),
  },
  {
    name: 'refused',
    shows: '#number[aria-invalid]',
    reach: inShop(async (visit) => {
      const members = ['account_number', 'expiry_year', 'security_code'];
      await visit.answer(422, { ...kRefusal, errors: pointed(members), attempts_left: 3 });
      await visit.type();
      await submitAndWait(visit, '#number[aria-invalid]');
    }),
  },
  {
    name: 'cool-down',
    shows: '#countdown:not(:empty)',
    reach: inShop(async (visit) => {
      const errors = pointed(['account_number']);
      await visit.answer(422, { ...kRefusal, errors, attempts_left: 2, retry_after: 90 });
      await visit.type();
      await submitAndWait(visit, '#countdown:not(:empty)');
    }),
  },
  {
    name: 'taken',
    shows: '#fields:disabled',
    reach: inShop(async (visit) => {
      await visit.type();
      await submitAndWait(visit, '#fields:disabled');
    }),
  },
  {
    name: 'closed',
    shows: '#fields:disabled',
    reach: inShop(async (visit) => {
      await visit.type();
      await voidSession(visit);
      await submitAndWait(visit, '#fields:disabled');
    }),
  },
  {
    name: 'co-badged',
    shows: '#networks input[type=radio]',
    reach: inShop(async (visit) => {
      await visit.type({ ...kGood, number: '4035501000000008' });
      await shown(visit, '#networks input[type=radio]');
    }),
  },
];

async function voidSession(visit) {
  const { terminal_id } = visit.opened;
  await visit.obolus.event('SessionVoided', { terminal_id }, { subject: terminal_id });
}

// The hosted page with its form, and what happens then.
const onCheckout = (act, session) => async (visit) => {
  await visit.openCheckout(session);
  await visit.findForm();
  await visit.page.locator('#pay:enabled').waitFor();
  await act(visit);
};

const said = (visit) => visit.page.locator('#status:not(:empty)').waitFor();

// The form makes room for the words that say how it ended.
async function ended(visit) {
  await visit.page.locator('#end').waitFor();
  visit.form = undefined;
}

const kCheckoutStates = [
  { name: 'paying', shows: '#pay:enabled', reach: onCheckout((visit) => visit.type()) },
  {
    name: 'last minutes',
    shows: '#time',
    reach: onCheckout((visit) => visit.page.locator('#time').waitFor(), { expires_in: 100 }),
  },
  {
    name: 'sending',
    shows: '#status',
    reach: onCheckout(async (visit) => {
      await visit.hold();
      await visit.type();
      await visit.pay();
      await said(visit);
    }),
  },
  {
    name: 'done',
    shows: '#status',
    reach: onCheckout(async (visit) => {
      await visit.type();
      await visit.pay();
      await shown(visit, '#fields:disabled');
      await said(visit);
    }),
  },
  {
    name: 'cancelled',
    shows: '#end',
    reach: onCheckout(async (visit) => {
      await visit.page.locator('#cancel').click();
      await ended(visit);
    }),
  },
  {
    name: 'voided',
    shows: '#end',
    reach: onCheckout(
      async (visit) => {
        await voidSession(visit);
        await ended(visit);
        await visit.page.locator('body[data-outcome=voided]').waitFor();
      },
      { continuation: { success: 'https://tea.example/', error: 'https://tea.example/' } },
    ),
  },
  {
    name: 'expired',
    shows: '#end',
    reach: onCheckout(async (visit) => {
      const gone = { code: 409, message: 'expired', classifier: 'SESSION_EXPIRED' };
      await visit.answer(409, gone);
      await visit.type();
      await visit.pay();
      await ended(visit);
    }),
  },
  {
    name: 'failed',
    shows: '#end',
    reach: onCheckout(
      async (visit) => {
        const { data } = await visit.obolus.state(visit.key);
        const bad = await encrypt(data, payload(kCards.visa, { security_code: '1' }));
        await visit.obolus.complete(visit.key, bad);
        await ended(visit);
      },
      { retries: { max_attempts: 1 } },
    ),
  },
];

// A challenge of the bank: its page, and what `act` makes of it.
const atBank = (act, body) => async (visit) => {
  const challenge = await visit.obolus.openChallenge({ locale: visit.look.lang, ...body });
  visit.challenge = challenge;
  await act(visit, `${visit.stage.obolusUrl}${challenge.path}`);
};

async function completeChallenge(visit, result) {
  const { tds_terminal_id } = visit.challenge;
  await visit.obolus.event('CompleteTDSSession', { tds_terminal_id, result });
}

// Without its script a page goes nowhere by itself.
const stayAsItIs = (visit) => visit.page.route(/\.js(\?|$)/, (route) => route.abort());

const kBankStates = [
  {
    name: 'start',
    shows: 'form',
    reach: atBank(async (visit, url) => {
      await stayAsItIs(visit); // instead of posting itself to the bank
      await visit.page.goto(url);
    }),
  },
  {
    name: 'preparing',
    shows: '#left:not(:empty)',
    reach: atBank((visit, url) => visit.page.goto(url), { challenge: undefined }),
  },
  {
    name: 'confirming',
    shows: '[data-phase=confirming]',
    reach: atBank(async (visit, url) => {
      await stayAsItIs(visit); // or it is the next state after a few seconds
      await visit.page.goto(`${url}/return`);
    }),
  },
  {
    name: 'pending',
    shows: '[data-phase=pending] #way-back a',
    reach: atBank((visit, url) => visit.page.goto(`${url}/return`), {
      continuation: { success: 'https://tea.example/', error: 'https://tea.example/' },
    }),
  },
  ...['SUCCESS', 'FAILED'].map((result) => ({
    name: result === 'SUCCESS' ? 'end: done' : 'end: failed',
    shows: 'main',
    reach: atBank(async (visit, url) => {
      await completeChallenge(visit, result);
      await visit.page.goto(url);
    }),
  })),
  {
    name: 'end: voided',
    shows: 'main',
    reach: atBank(async (visit, url) => {
      const { tds_terminal_id } = visit.challenge;
      await visit.obolus.event('SessionVoided', { tds_terminal_id });
      await visit.page.goto(url);
    }),
  },
  {
    name: 'end: gone',
    shows: 'main',
    reach: (visit) => visit.page.goto(`${visit.stage.obolusUrl}/3ds/tds_${'A'.repeat(50)}`),
  },
];

export const kStates = [
  ...kCardStates.map((state) => ({ where: 'card', ...state })),
  ...kCheckoutStates.map((state) => ({ where: 'checkout', ...state })),
  ...kBankStates.map((state) => ({ where: 'bank', ...state })),
];

// Brings a fresh visit there, and makes sure of it.
export async function reach(stage, state, look) {
  const visit = await stage.visit(look);
  try {
    await state.reach(visit);
    const place = state.where === 'card' ? visit.form : visit.page;
    await place.locator(state.shows).first().waitFor();
    return visit;
  } catch (error) {
    await visit.close();
    error.message = `${state.where}, ${state.name}: ${error.message}`;
    throw error;
  }
}

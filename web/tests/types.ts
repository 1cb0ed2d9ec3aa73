// Compiled, never run: what integrators may write against the public types, and what they may not.

import type * as Api from '../src/host/obolus';
import * as library from '../src/host/module';

// The implementation is what obolus.d.ts promises.
const promised: typeof Api = library;

export async function pay(key: string, box: HTMLElement): Promise<string | undefined> {
  const obolus = await promised.init(key, { locale: 'de', appearance: { theme: 'auto' } });
  const card = obolus.card({ name: 'required' });
  const off: () => void = card.on('change', ({ complete, network }) => {
    const known: Api.Network | null = network;
    return complete && known;
  });
  card.on('ready', () => card.focus('number'));
  card.on('networkschange', ({ networks }) => networks.length > 1);
  card.on('expiring', ({ secondsLeft }) => secondsLeft.toFixed());
  card.on('escape', () => card.blur());
  card.update({ name: 'hidden' });
  card.update({ locale: 'nb', appearance: { layout: 'line', rules: { label: { color: 'red' } } } });
  card.on('error', (error) => error.actor === 'shopper' && error.message);
  card.mount(box);
  card.mount('#card');
  obolus.onStateChange((state) => state.status === 'success');
  const result = await obolus.submit();
  if (result.nextAction?.type === '3ds_challenge') location.assign(result.nextAction.redirectUrl);
  const ended = await obolus.challenge('https://a/', { display: 'container', container: box });
  const size: Api.WindowSize = '02';
  await obolus.challenge('https://a/', { windowSize: size });
  if (ended.status === 'pending' && ended.continueUrl) location.assign(ended.continueUrl);
  off();
  return result.tokenId;
}

export function element(page: Document): Promise<Api.SubmitResult> | undefined {
  promised.defineObolusCard();
  promised.defineObolusCard('shop-card');
  const found: Api.ObolusCardElement | null = page.querySelector('obolus-card');
  const made = page.createElement('obolus-card');
  made.appearance = { theme: 'contrast', variables: { gap: '4px' } };
  made.card?.focus('expiry');
  made.addEventListener('obolus-change', ({ detail }) => detail.errors[0]?.field === 'cvc');
  made.addEventListener('obolus-error', ({ detail }) => detail.actor === 'network');
  made.addEventListener('obolus-statechange', ({ detail }) => detail.continueUrl);
  made.addEventListener('click', (event) => event.clientX);
  return found?.submit();
}

export function misuseElement(made: Api.ObolusCardElement): void {
  // @ts-expect-error: made by the element
  made.card = null;
  // @ts-expect-error: themes have names
  made.appearance = { theme: 1 };
  // @ts-expect-error: a change says nothing of the number
  made.addEventListener('obolus-change', ({ detail }) => detail.number);
  // @ts-expect-error: submit takes nothing
  void made.submit({ number: '4242' });
}

export function misuse(obolus: Api.Obolus, card: Api.Card): void {
  // @ts-expect-error: sizes have names
  void obolus.challenge('https://a/', { windowSize: 3 });
  // @ts-expect-error: a challenge is an address
  void obolus.challenge();
  // @ts-expect-error: a session key is text
  void promised.init(42);
  // @ts-expect-error: no such option
  void promised.init('key', { apiKey: 'x' });
  // @ts-expect-error: no such theme
  void promised.init('key', { appearance: { theme: 'neon' } });
  // @ts-expect-error: no such variable
  void promised.init('key', { appearance: { variables: { backgroundImage: 'url(x)' } } });
  // @ts-expect-error: no such event
  card.on('submitted', () => undefined);
  // @ts-expect-error: no such field
  card.focus('pan');
  // @ts-expect-error: a change carries no card number
  card.on('change', (change) => change.number);
  // @ts-expect-error: the name field is not a switch
  obolus.card({ name: true });
  // @ts-expect-error: the amount is the session's, not the form's
  card.update({ amount: 100 });
  // @ts-expect-error: no such part of the form
  card.update({ appearance: { rules: { body: { color: 'red' } } } });
  // @ts-expect-error: what is mounted has a place
  card.mount();
  // @ts-expect-error: an error's actor is one of four
  card.on('error', (error) => error.actor === 'bank');
  // @ts-expect-error: submit takes nothing; card data is never passed in
  void obolus.submit({ number: '4242' });
}

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
  card.on('error', (error) => error.actor === 'shopper' && error.message);
  card.mount(box);
  card.mount('#card');
  obolus.onStateChange((state) => state.status === 'success');
  const result = await obolus.submit();
  if (result.nextAction?.type === '3ds_challenge') location.assign(result.nextAction.redirectUrl);
  off();
  return result.tokenId;
}

export function misuse(obolus: Api.Obolus, card: Api.Card): void {
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
  // @ts-expect-error: submit takes nothing; card data is never passed in
  void obolus.submit({ number: '4242' });
}

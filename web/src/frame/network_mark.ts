// The small badge that stands for a network: letters on its colour, or two discs where a network is
// known by them. For the eye only; the name is in the text beside it.

import type { Network } from '../shared/networks';

/** Letters and ground; white on it has a contrast of 4.5 : 1 or more. */
const kMarks: Readonly<Record<Network, readonly [letters: string, ground: string]>> = {
  visa: ['VISA', '#1a1f71'],
  mastercard: ['MC', '#252525'],
  americanexpress: ['AMEX', '#016fb9'],
  discover: ['DISC', '#b4470f'],
  dinersclub: ['DC', '#004a97'],
  jcb: ['JCB', '#0b7a3b'],
  unionpay: ['UP', '#b3102b'],
  maestro: ['MA', '#f2f2f2'],
  cartesbancaires: ['CB', '#0f5f4a'],
  bancontact: ['BC', '#005498'],
  dankort: ['DK', '#c8102e'],
};

/** Makes `mark` the badge of `network`; of none, the picture of a card. */
export function dress(mark: HTMLElement, network: Network | null): void {
  const [letters, ground] = network === null ? ['', ''] : kMarks[network];
  mark.dataset['network'] = network ?? '';
  mark.dataset['letters'] = letters;
  mark.style.backgroundColor = ground;
}

// Which networks the typed number works with, and which of them the shopper wants. Leading digits
// tell one network at most; a card of two is found by asking the server, once for each eight
// leading digits, and then the shopper chooses (Regulation (EU) 2015/751, Article 8). Until the
// answer, and without one, what the leading digits tell is all there is.

import {
  detectNetwork,
  kNetworkRules,
  kNetworks,
  kSharing,
  type Network,
} from '../shared/networks';
import { text } from '../shared/texts';
import { dress } from './network_mark';

const kIinDigits = 8;

/** The networks of a number that begins with these digits, best first. May reject. */
export type AskNetworks = (iin: string) => Promise<readonly string[]>;

export class NetworkChoice {
  /** The session's networks; empty means all. */
  accepted: readonly string[] = [];
  /** By leading digits; null while the answer is awaited, empty when none came. */
  private readonly answers_ = new Map<string, readonly Network[] | null>();
  private wanted_: Network | null = null;
  private shown_ = '';

  constructor(
    private readonly box_: HTMLElement,
    private readonly ask_: AskNetworks,
    private readonly onChange_: (by_shopper: boolean) => void,
  ) {}

  /** Every network of the number that the session accepts, best first. */
  of(digits: string): readonly Network[] {
    return this.known(digits).filter(
      (network) => this.accepted.length === 0 || this.accepted.includes(network),
    );
  }

  /** The network that the number is of; of several, the one that the shopper chose. */
  chosen(digits: string): Network | null {
    const usable = this.of(digits);
    if (this.wanted_ && usable.includes(this.wanted_)) return this.wanted_;
    return usable[0] ?? this.known(digits)[0] ?? null;
  }

  /** False when the session accepts no network of this number, and the server can tell no other. */
  acceptable(digits: string): boolean {
    if (this.of(digits).length > 0) return true;
    const settled = this.answers_.get(digits.slice(0, kIinDigits));
    return !settled && this.accepted.some((network) => kSharing.includes(network));
  }

  /** Asks the server when it has to be asked, and shows the choice when there is one. */
  async update(digits: string): Promise<void> {
    this.show(this.of(digits), this.chosen(digits));
    const iin = digits.slice(0, kIinDigits);
    if (iin.length < kIinDigits || this.answers_.has(iin)) return;
    this.answers_.set(iin, null);
    const names = await this.ask_(iin).catch((): readonly string[] => []);
    this.answers_.set(
      iin,
      kNetworks
        .filter((network) => names.includes(network))
        .sort((a, b) => names.indexOf(a) - names.indexOf(b)),
    );
    this.onChange_(false);
  }

  /** The words of the choice, in the language that is current now. */
  translate(): void {
    const legend = this.box_.querySelector('legend');
    if (legend) legend.textContent = text('frame.networks.legend');
  }

  private known(digits: string): readonly Network[] {
    const answer = this.answers_.get(digits.slice(0, kIinDigits));
    const local = detectNetwork(digits);
    return answer?.length ? answer : local ? [local] : [];
  }

  private show(networks: readonly Network[], chosen: Network | null): void {
    const several = networks.length > 1;
    if (networks.join() === this.shown_ || (!several && this.shown_ === '')) return;
    this.shown_ = several ? networks.join() : '';
    this.box_.replaceChildren(...(several ? [this.choice(networks, chosen)] : []));
    this.translate();
  }

  private choice(networks: readonly Network[], chosen: Network | null): HTMLElement {
    const page = this.box_.ownerDocument;
    const group = page.createElement('fieldset');
    group.append(page.createElement('legend'));
    for (const network of networks) {
      const label = page.createElement('label');
      const radio = page.createElement('input');
      radio.type = 'radio';
      radio.name = 'network';
      radio.checked = network === chosen;
      radio.addEventListener('change', () => {
        this.wanted_ = network;
        this.onChange_(true);
      });
      const mark = page.createElement('span');
      mark.className = 'mark';
      dress(mark, network);
      label.append(radio, mark, kNetworkRules[network].label);
      group.append(label);
    }
    return group;
  }
}

// The card networks: which numbers belong to which, how long a number and its security code are,
// and how the digits are grouped on the card. One table, used by the frame while the shopper types;
// the server checks everything again, by the same ranges (src/domain/iin_ranges.cpp).

export const kNetworks = [
  'visa',
  'mastercard',
  'americanexpress',
  'discover',
  'dinersclub',
  'jcb',
  'unionpay',
  'maestro',
  'cartesbancaires',
  'bancontact',
  'dankort',
] as const;

/** A network as the session protocol spells it (contract 4.3). */
export type Network = (typeof kNetworks)[number];

export interface NetworkRule {
  readonly label: string;
  /** Inclusive ranges of leading digits; both ends have the same number of digits. */
  readonly ranges: readonly (readonly [low: string, high: string])[];
  readonly lengths: readonly number[];
  readonly cvcLength: number;
  /** Sizes of the digit groups; the last size repeats. */
  readonly groups: readonly number[];
}

/** `ranges` as in "51-55 2221-2720"; a range of one prefix is only that prefix. */
function rule(
  label: string,
  ranges: string,
  lengths: readonly number[],
  cvcLength = 3,
  groups: readonly number[] = [4],
): NetworkRule {
  const pairs = ranges.split(' ').filter(Boolean);
  return {
    label,
    ranges: pairs.map((range) => {
      const [low = '', high = low] = range.split('-');
      return [low, high];
    }),
    lengths,
    cvcLength,
    groups,
  };
}

const k16To19 = [16, 17, 18, 19] as const;

export const kNetworkRules: Readonly<Record<Network, NetworkRule>> = /* @__PURE__ */ (() => ({
  visa: rule('Visa', '4', [13, 16, 19]),
  mastercard: rule('Mastercard', '51-55 2221-2720', [16]),
  americanexpress: rule('American Express', '34 37', [15], 4, [4, 6, 5]),
  discover: rule('Discover', '6011 644-649 65', k16To19),
  dinersclub: rule('Diners Club', '300-305 3095 36 38-39', [14, 15, ...k16To19]),
  jcb: rule('JCB', '3528-3589 3088-3094 3096-3102 3112-3120 3158-3159 3337-3349', k16To19),
  unionpay: rule('UnionPay', '62 8100-8171', k16To19),
  // With what was Solo in the United Kingdom, and without Bancontact.
  maestro: rule('Maestro', '5018 5020 5038 5893 6304 6390 6700-6702 6704-6799', [
    12,
    13,
    14,
    15,
    ...k16To19,
  ]),
  // Its numbers lie in the ranges of the network that it shares the card with.
  cartesbancaires: rule('Cartes Bancaires', '', [16]),
  bancontact: rule('Bancontact', '6703', k16To19),
  dankort: rule('Dankort', '5019', [16]),
}))();

/** Networks that share cards with another one, so that leading digits alone may not tell them. */
export const kSharing: readonly string[] = /* @__PURE__ */ kNetworks.slice(7);

/** The longest card number there is (ISO/IEC 7812-1). */
export const kMaxPanDigits = 19;

/**
 * The network whose range the leading digits are in, or null when there is none or when too few
 * digits are typed to tell. The ranges do not overlap, so their order does not matter.
 */
export function detectNetwork(digits: string): Network | null {
  for (const network of kNetworks) {
    for (const [low, high] of kNetworkRules[network].ranges) {
      const prefix = digits.slice(0, low.length);
      if (prefix.length === low.length && prefix >= low && prefix <= high) return network;
    }
  }
  return null;
}

/** True while the digits typed so far can still become a number of some network. */
export function couldBecomeNetwork(digits: string): boolean {
  return kNetworks.some((network) =>
    kNetworkRules[network].ranges.some(([low, high]) => {
      const length = Math.min(digits.length, low.length);
      const prefix = digits.slice(0, length);
      return prefix >= low.slice(0, length) && prefix <= high.slice(0, length);
    }),
  );
}

/** How many digits a number of this network can have at most. */
export function maxPanDigits(network: Network | null): number {
  return network === null ? kMaxPanDigits : Math.max(...kNetworkRules[network].lengths);
}

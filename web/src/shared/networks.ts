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
] as const;

/** A network as the session protocol spells it (contract 4.3). */
export type Network = (typeof kNetworks)[number];

export interface NetworkRule {
  readonly label: string;
  /** Inclusive ranges of leading digits; both ends have the same number of digits. */
  readonly ranges: readonly (readonly [string, string])[];
  readonly lengths: readonly number[];
  readonly cvcLength: number;
  /** Sizes of the digit groups; the last size repeats. */
  readonly groups: readonly number[];
}

const kFours = [4] as const;

export const kNetworkRules: Readonly<Record<Network, NetworkRule>> = {
  visa: {
    label: 'Visa',
    ranges: [['4', '4']],
    lengths: [13, 16, 19],
    cvcLength: 3,
    groups: kFours,
  },
  mastercard: {
    label: 'Mastercard',
    ranges: [
      ['51', '55'],
      ['2221', '2720'],
    ],
    lengths: [16],
    cvcLength: 3,
    groups: kFours,
  },
  americanexpress: {
    label: 'American Express',
    ranges: [
      ['34', '34'],
      ['37', '37'],
    ],
    lengths: [15],
    cvcLength: 4,
    groups: [4, 6, 5],
  },
  discover: {
    label: 'Discover',
    ranges: [
      ['6011', '6011'],
      ['644', '649'],
      ['65', '65'],
    ],
    lengths: [16, 17, 18, 19],
    cvcLength: 3,
    groups: kFours,
  },
  dinersclub: {
    label: 'Diners Club',
    ranges: [
      ['300', '305'],
      ['3095', '3095'],
      ['36', '36'],
      ['38', '39'],
    ],
    lengths: [14, 15, 16, 17, 18, 19],
    cvcLength: 3,
    groups: kFours,
  },
  jcb: {
    label: 'JCB',
    ranges: [
      ['3528', '3589'],
      ['3088', '3094'],
      ['3096', '3102'],
      ['3112', '3120'],
      ['3158', '3159'],
      ['3337', '3349'],
    ],
    lengths: [16, 17, 18, 19],
    cvcLength: 3,
    groups: kFours,
  },
  unionpay: {
    label: 'UnionPay',
    ranges: [
      ['62', '62'],
      ['8100', '8171'],
    ],
    lengths: [16, 17, 18, 19],
    cvcLength: 3,
    groups: kFours,
  },
  maestro: {
    label: 'Maestro',
    ranges: [
      ['5018', '5018'],
      ['5020', '5020'],
      ['5038', '5038'],
      ['5893', '5893'],
      ['6304', '6304'],
      ['6390', '6390'],
      ['6759', '6759'],
      ['6761', '6763'],
      ['676770', '676770'],
      ['676774', '676774'],
    ],
    lengths: [12, 13, 14, 15, 16, 17, 18, 19],
    cvcLength: 3,
    groups: kFours,
  },
};

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

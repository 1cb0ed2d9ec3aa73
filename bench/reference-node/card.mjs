// Cards: whether one may be taken, and what may be shown of it.
function passesLuhn(number) {
  let sum = 0;
  for (let i = 0; i < number.length; i++) {
    const digit = number.charCodeAt(number.length - 1 - i) - 48;
    sum += i % 2 === 0 ? digit : digit > 4 ? 2 * digit - 9 : 2 * digit;
  }
  return sum % 10 === 0;
}

export function isGood(card) {
  const { account_number: number, expiry_month: month, expiry_year: year } = card;
  if (!/^\d{12,19}$/.test(number) || !passesLuhn(number)) return false;
  return month >= 1 && month <= 12 && new Date(year, month, 1) > new Date();
}

function networkOf(number) {
  return { 3: 'AMERICAN_EXPRESS', 4: 'VISA', 5: 'MASTERCARD', 6: 'DISCOVER' }[number[0]] ?? 'JCB';
}

export function masked(card) {
  return {
    card_holder: card.additional_data?.cardholder_name ?? null,
    card_network: networkOf(card.account_number),
    expiration_month: card.expiry_month,
    expiration_year: card.expiry_year,
    first_six: card.account_number.slice(0, 6),
    last_four: card.account_number.slice(-4),
  };
}

// An amount as the reader writes it. The server knows how many decimals a currency has (ISO 4217);
// Intl goes by local custom, which has fewer for some currencies, so they are kept as given.

/** "49.90 EUR" in the words of `locale`; what is no such text comes back as it is. */
export function formatAmount(text: string, locale: string): string {
  const parts = /^(\d+(?:\.(\d+))?) ([A-Z]{3})$/.exec(text);
  if (!parts) return text;
  const [, value = '', decimals = '', currency = ''] = parts;
  try {
    const options = {
      style: 'currency',
      currency,
      minimumFractionDigits: decimals.length,
      maximumFractionDigits: decimals.length,
    } as const;
    return new Intl.NumberFormat(locale, options).format(Number(value));
  } catch {
    return text;
  }
}

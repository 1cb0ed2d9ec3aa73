// @obolus/client/testing: for tests of shops, with Playwright. Types a card into the card form of a
// page, however the form got there: made by the library, taken over by it, or by <obolus-card>.
// Needs nothing of Playwright itself but the object that it is given.

/** Marks of the fields (data-testid), which stay as they are over all versions of the form. */
export const kTestIds = {
  number: 'obolus-number',
  expiry: 'obolus-expiry',
  cvc: 'obolus-cvc',
  name: 'obolus-name',
} as const;

export interface TestCard {
  /** With or without spaces. */
  number: string;
  /** `MM/YY`, with or without the slash. */
  expiry: string;
  cvc: string;
  /** Only for forms that show the name. */
  name?: string;
}

interface FieldLocator {
  fill(value: string): Promise<void>;
}

/** A Playwright Page, Frame or Locator. */
export interface HasFrames {
  frameLocator(selector: string): { locator(selector: string): FieldLocator };
}

/**
 * Fills the card form in `page`; waits until it is there. Of several forms name one by a locator:
 * `fillCard(page.locator('#card'), …)`.
 */
export async function fillCard(page: HasFrames, card: TestCard): Promise<void> {
  const frame = page.frameLocator('iframe[src*="/frame/v1/"]');
  for (const field of ['number', 'expiry', 'cvc', 'name'] as const) {
    const value = card[field];
    if (value === undefined) continue;
    await frame.locator(`[data-testid="${kTestIds[field]}"]`).fill(value);
  }
}

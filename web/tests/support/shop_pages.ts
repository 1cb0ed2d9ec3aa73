// Shops in every way in which a form may get into a page, for the tests of the library in Chromium:
// pages of the stand-in's shop, and what the page itself is made to do.

import type * as Api from '../../src/host/obolus';
import { page, standIn } from './stage';

declare global {
  interface Window {
    readonly Obolus: typeof Api;
    heardEvents: [event: string, detail: unknown][];
  }
}

/** The console's errors of this page, as people who debug a shop would see them. */
export function consoleErrors(): string[] {
  const errors: string[] = [];
  page.on('console', (message) => {
    // The browser's own wish for an icon.
    if (message.type() === 'error' && !message.location().url.endsWith('/favicon.ico'))
      errors.push(message.text());
  });
  return errors;
}

/** The iframe of docs/integrating.md, for a page that lets it load beside the library. */
export function iframeTag(key: string, locale?: string): string {
  const query = locale === undefined ? '' : `?locale=${locale}`;
  return (
    `<iframe src="${standIn.origin}/frame/v1/${key}${query}" title="Card details" ` +
    'sandbox="allow-scripts allow-same-origin" referrerpolicy="no-referrer"></iframe>'
  );
}

export function scriptTag(file = 'obolus.js', attributes = ''): string {
  return `<script src="${standIn.origin}/client/v1/${file}" ${attributes}></script>`;
}

/** Opens a page of the shop with this content. */
export async function openShop(body: string): Promise<void> {
  standIn.shopFiles.set('/form', `<!doctype html><title>Shop</title>${body}`);
  await page.goto(`${standIn.shop}/form`);
}

/** A session and a card that is mounted in `selector`; waits until it is ready. */
export function mountIn(selector: string, key: string, options: Api.InitOptions = {}) {
  return page.evaluate(
    async ({ selector, key, options }) => {
      const obolus = await window.Obolus.init(key, options);
      const card = obolus.card();
      const ready = new Promise<void>((resolve, reject) => {
        card.on('ready', resolve);
        card.on('error', reject);
      });
      card.mount(selector);
      window.session = obolus;
      window.card = card;
      await ready;
    },
    { selector, key, options },
  );
}

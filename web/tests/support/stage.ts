// What both browser tests stand on: one Chromium and one stand-in of the server for a file, a fresh
// page for each test, and the moves of a shopper. Importing this starts and stops them.

import { after, before, beforeEach } from 'node:test';
import {
  chromium,
  type Browser,
  type BrowserContext,
  type FrameLocator,
  type Page,
} from 'playwright-core';
import type * as Api from '../../src/host/obolus';
import { StandIn } from './stand_in';

declare global {
  interface Window {
    heard: string[];
    session: Api.Obolus;
    card: Api.Card;
  }
}

export const kPan = '4242424242424242';

export let browser: Browser;
export let standIn: StandIn;
export let context: BrowserContext;
export let page: Page;
/** What the page's security policy or an uncaught error had to say. */
export let complaints: string[];
let keys = 0;

before(async () => {
  standIn = await StandIn.start();
  browser = await chromium.launch({
    executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
    headless: true,
    // Shoppers' browsers have it: a page that they come back to goes on where it was.
    ignoreDefaultArgs: ['--disable-back-forward-cache'],
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
});

after(async () => {
  await browser?.close();
  await standIn?.stop();
});

beforeEach(async () => {
  await context?.close();
  context = await browser.newContext({ viewport: { width: 420, height: 640 } });
  page = await context.newPage();
  complaints = [];
  page.on('console', (message) => {
    if (/Content Security Policy|Trusted/i.test(message.text())) complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  standIn.ancestors = null;
});

export function newKey(): string {
  return `pay_${String(++keys).padStart(10, '0')}`;
}

/**
 * A shop's page with the library, a mounted card, and an ear on every message that the page gets.
 */
export async function shopWith(key: string, options: Api.CardOptions = {}): Promise<FrameLocator> {
  await page.goto(`${standIn.shop}/`);
  await page.evaluate(() => {
    window.heard = [];
    addEventListener('message', (event) => window.heard.push(JSON.stringify(event.data)));
    const real = MessageChannel;
    window.MessageChannel = function () {
      const channel = new real();
      channel.port1.addEventListener('message', (e) => window.heard.push(JSON.stringify(e.data)));
      return channel;
    } as unknown as typeof MessageChannel;
  });
  await page.addScriptTag({ url: `${standIn.origin}/client/v1/obolus.js` });
  await page.evaluate(
    async ({ key, options }) => {
      const library = (window as unknown as { Obolus: typeof Api }).Obolus;
      window.session = await library.init(key);
      window.card = window.session.card(options);
      const ready = new Promise<void>((resolve) => void window.card.on('ready', resolve));
      window.card.mount('#box');
      await ready;
    },
    { key, options },
  );
  return page.frameLocator('#box iframe');
}

export async function type(
  frame: FrameLocator,
  number = kPan,
  expiry = '1230',
  cvc = '123',
): Promise<void> {
  await frame.getByLabel('Card number').pressSequentially(number);
  await frame.getByLabel('Expiry date').pressSequentially(expiry);
  await frame.getByLabel('Security code').pressSequentially(cvc);
}

export function submit(): Promise<Api.SubmitResult & { code?: string; fields?: string[] }> {
  return page.evaluate(async () => {
    try {
      return await window.session.submit();
    } catch (error) {
      const { code, fields } = error as Api.ObolusError;
      return { status: 'failure' as const, code, fields: [...fields] };
    }
  });
}

/** Writes down from now on what a screen reader would be told without asking. */
export function listen(frame: FrameLocator): Promise<void> {
  return frame.locator('body').evaluate((body) => {
    const said: string[] = [];
    (window as unknown as { said: string[] }).said = said;
    const watch = { childList: true, characterData: true, subtree: true };
    for (const region of body.querySelectorAll('[aria-live=polite], [role=status], [role=alert]')) {
      new MutationObserver(() => {
        if (region.textContent) said.push(region.textContent);
      }).observe(region, watch);
    }
  });
}

/** What was written down. */
export function said(frame: FrameLocator): Promise<string[]> {
  return frame.locator('body').evaluate(() => (window as unknown as { said: string[] }).said);
}

// What the server's pages consist of and what guards them: templates, words, scripts and security
// headers. The one list of all that: build.mjs makes the pages, the manifest that the server reads,
// and script-inventory.json (PCI DSS 4.0.1, 6.4.3 and 11.6.1) from it. In headers, {{nonce}} is new
// with each response, {{ancestors}} are the origins of the session's merchant, and {{acs}} is the
// origin that the bank's challenge is posted to.

const policyWithObjects = (objects, ...directives) =>
  [
    "default-src 'none'",
    ...directives,
    "style-src 'nonce-{{nonce}}'",
    `object-src ${objects}`,
    "base-uri 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
    'report-uri /csp-reports',
    'report-to csp',
  ].join('; ');

const policy = (...directives) => policyWithObjects("'none'", ...directives);

const kScript = "script-src 'nonce-{{nonce}}'";
const kTalk = "connect-src 'self'";
const kNoForm = "form-action 'none'";
const kShops = "frame-ancestors 'self'{{ancestors}}";

const headers = (policy, more = {}) => ({
  'Content-Security-Policy': policy,
  'Reporting-Endpoints': 'csp="/csp-reports"',
  'Cache-Control': 'no-store',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
  'Permissions-Policy':
    'camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()',
  'Cross-Origin-Embedder-Policy': 'require-corp',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  ...more,
});

// A page that a shop may show in a frame must say so to a shop that is cross-origin isolated.
const kFramed = { 'Cross-Origin-Resource-Policy': 'cross-origin' };

// The bank's pages are of any origin, know nothing of isolation, and may ask for a passkey.
const kHoldsBank = {
  ...kFramed,
  'Permissions-Policy': 'camera=(), display-capture=(), geolocation=(), microphone=(), usb=()',
  'Cross-Origin-Embedder-Policy': 'unsafe-none',
};

/** Page name: template, style, the texts of its scripts, headers, and variants by their texts. */
export const kPages = {
  card: {
    template: 'src/frame/card.html',
    style: 'card.css',
    texts: ['frame.', 'fault.', 'error.'],
    scripts: ['card.js', 'session.js'],
    path: '/frame/v1/{session_key}',
    headers: headers(policy(kScript, kTalk, kNoForm, kShops), kFramed),
  },
  checkout: {
    template: 'src/page/checkout.html',
    style: 'page.css',
    texts: ['checkout.', 'error.'],
    scripts: ['obolus.js', 'checkout.js'],
    frame: '/frame/v1/{session_key}',
    path: '/checkout/{session_key}',
    headers: headers(policy(kScript, kTalk, "frame-src 'self'", kNoForm, "frame-ancestors 'none'")),
  },
  challenge: {
    template: 'src/page/challenge.html',
    style: 'page.css',
    texts: [
      'challenge.',
      'start.title',
      'start.continue',
      'checkout.cancel',
      'wait.title',
      'error.network_failed',
    ],
    scripts: ['challenge_frame.js'],
    path: '/3ds/{challenge_key}/frame',
    headers: headers(
      policyWithObjects("'self'", kScript, kNoForm, kShops, 'frame-src https: http:'),
      kHoldsBank,
    ),
  },
  // Chromium applies form-action to the redirects of the bank's own answer, too, and then stays
  // where it is. A bank that answers by one to another host is rare but real, so the page notices
  // the violation and loads itself again with ?policy=wide, where {{acs}} is "https:"; without
  // JavaScript it has a link to that.
  start: {
    template: 'src/page/tds_start.html',
    style: 'page.css',
    scripts: ['tds.js'],
    path: '/3ds/{challenge_key}',
    headers: headers(policy(kScript, 'form-action {{acs}}', kShops), kFramed),
  },
  wait: {
    template: 'src/page/tds_wait.html',
    style: 'page.css',
    variants: ['preparing', 'confirming', 'pending'],
    scripts: ['tds.js'],
    path: '/3ds/{challenge_key}',
    headers: headers(policy(kScript, kTalk, kNoForm, kShops), kFramed),
  },
  end: {
    template: 'src/page/end.html',
    style: 'page.css',
    variants: ['done', 'returned', 'failed', 'cancelled', 'expired', 'voided', 'gone'],
    scripts: [],
    path: '/3ds/{challenge_key}',
    headers: headers(policy("script-src 'none'", kNoForm, kShops), kFramed),
  },
};

/** Scripts, where they are served, and why each may run on a page that takes payments. */
export const kScripts = [
  // The first, because the library carries its address.
  {
    from: 'src/host/challenge.ts',
    name: 'challenge.js',
    folder: '/client/v1',
    format: 'esm',
    open: true,
    importedBy: 'obolus.js',
    purpose: "Shows the bank's check in a shop's page; sees no card data.",
  },
  {
    from: 'src/host/script.ts',
    name: 'obolus.js',
    folder: '/client/v1',
    format: 'iife',
    globalName: 'Obolus',
    open: true,
    purpose: 'Puts the card frame into a page and passes its events on; sees no card data.',
  },
  {
    from: 'src/host/element_script.ts',
    name: 'element.js',
    folder: '/client/v1',
    format: 'iife',
    globalName: 'Obolus',
    open: true,
    purpose: 'The same with a custom element.',
  },
  {
    from: 'src/host/module.ts',
    name: 'obolus.mjs',
    folder: '/client/v1',
    format: 'esm',
    open: true,
    purpose: 'The same as an ES module.',
  },
  {
    from: 'src/frame/main.ts',
    name: 'card.js',
    folder: '/frame/v1',
    format: 'iife',
    purpose: 'The fields of the card form: reads and checks what is typed.',
  },
  {
    from: 'src/frame/session.ts',
    name: 'session.js',
    folder: '/frame/v1',
    format: 'esm',
    importedBy: 'card.js',
    purpose: 'Encrypts the card and sends it to this origin only.',
  },
  {
    from: 'src/page/checkout.ts',
    name: 'checkout.js',
    folder: '/page/v1',
    format: 'iife',
    purpose: 'Shows amount, time left and outcome around the card frame; sees no card data.',
  },
  {
    from: 'src/page/tds.ts',
    name: 'tds.js',
    folder: '/page/v1',
    format: 'iife',
    purpose: 'Takes the shopper to the bank and back; sees no card data.',
  },
  {
    from: 'src/page/challenge_frame.ts',
    name: 'challenge_frame.js',
    folder: '/page/v1',
    format: 'iife',
    purpose: "Holds the bank's pages in a shop's page, and tells it whether they are to be seen.",
  },
];

export const kAuthorisation =
  'Built from the Obolus source of this version, reviewed there before release; loaded only by ' +
  'nonce and with this integrity, from the hashed address of the same origin.';

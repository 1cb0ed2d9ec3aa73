// What docs/security.md claims, each with the make target that measures it and what of its output
// is the figure. Read by security.mjs, which runs them, and by evidence.test.mjs, which holds this
// list against the Makefile and the page.

export const kFigures = [
  { id: 'S1', target: 'canary', claim: 'no card data anywhere', figure: /\b0 hits\b/ },
  { id: 'S1', target: 'canary-leaks', claim: 'leaks are found', figure: /\b(\d+) of \1 found/ },
  { id: 'S2', target: 'wiping', claim: 'wiped from memory', figure: /\b0 of [\d,]+/ },
  { id: 'S3', target: 'key-rotation', claim: 'keys rotate under load', figure: /\b0 errors/ },
  {
    id: 'S3',
    target: 'certificate-rotation',
    claim: 'certificates and API keys rotate under load',
    figure: /\b0 errors/,
  },
  { id: 'S4', target: 'page-headers', claim: 'headers of pages', figure: /\b(\d+) of \1 pages/ },
  {
    id: 'S6',
    target: 'hostile-messages',
    claim: 'messages from a hostile page',
    figure: /hostile messages, seed \d+: 0 effects/,
  },
  { id: 'S6', target: 'framing', claim: 'who may frame the form', figure: /\b(\d+) of \1 parents/ },
  { id: 'S7', target: 'page-watch', claim: 'a changed page', figure: /\b(\d+) of \1 mutations/ },
  { id: 'S8', target: 'tls-scan', claim: 'TLS scanners', figure: /\b0 findings/ },
  {
    id: 'S8',
    target: 'bad-certificates',
    claim: 'bad client certificates',
    figure: /\b(\d+) of \1 refused/,
  },
  { id: 'S11', target: 'card-testing', claim: 'card testing', figure: /%/ },
  { id: 'S12', target: 'smuggling', claim: 'smuggled requests', figure: /\b(\d+) of \1 refused/ },
  { id: 'S12', target: 'slow-http', claim: 'slow clients', figure: /p99/ },
  {
    id: 'S14',
    target: 'systemd-security',
    claim: 'the unit, by systemd-analyze',
    figure: /exposure level/i,
  },
  { id: 'S14', target: 'sandbox-check', claim: 'the sandbox', figure: /\b(\d+) of \1 refused/ },
  { id: 'S16', target: 'audit-check', claim: 'edits of the audit log', figure: /(\d+) of \1 / },
  {
    id: 'forward',
    target: 'forward-check',
    claim: 'destinations of a forward',
    figure: /\b(\d+) of \1 refused/,
  },
  { id: 'fuzz', target: 'fuzz', claim: 'every parser, under sanitizers', figure: /\b0 findings/ },
];

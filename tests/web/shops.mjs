// The shops of the measurements: one small server on loopback with the pages of a shop that shows
// our card form in each documented way, and the floor that they are held against: the same page
// around one frame of three inputs, without script or style. Used by bench.mjs.
import { createServer } from 'node:http';

const kFloorFrame = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Card details</title>
<label>Card number <input autocomplete="cc-number" placeholder="1234 1234 1234 1234"></label>
<label>Expiry date <input autocomplete="cc-exp" placeholder="MM / YY"></label>
<label>Security code <input autocomplete="cc-csc" placeholder="123"></label>
</html>
`;

// What every shop around it has; `card`: the place of the form, `end`: before the body's end.
function shopPage({ card, end = '' }) {
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>Tea &amp; Co</title>
  </head>
  <body>
    <h1>Your order</h1>
    <p>Darjeeling, first flush: €42.00</p>
    <div id="card">${card}</div>
    <button id="pay">Pay</button>
    ${end}
  </body>
</html>
`;
}

const iframe = (url) =>
  `<iframe src="${url}" title="Card details" width="600" height="160"
    sandbox="allow-scripts allow-same-origin" referrerpolicy="no-referrer"
    style="border:0;display:block;width:100%"></iframe>`;

// `delayMs`: a shop that dawdles, with which the harness proves that it can fail.
const mounting = ({ obolusUrl, key, delayMs }) => `<script src="${obolusUrl}/client/v1/obolus.js"
      ></script>
    <script>
      setTimeout(async () => {
        window.obolus = await Obolus.init(${JSON.stringify(key)});
        window.card = obolus.card();
        window.ready = new Promise((resolve) => card.on('ready', resolve));
        window.change = new Promise((resolve) =>
          card.on('change', (change) => change.complete && resolve(change)));
        card.mount('#card');
      }, ${delayMs});
    </script>`;

// The library is not waited for: what the shopper sees is in the shop's own HTML.
const adopting = ({ obolusUrl, key }) => `<script src="${obolusUrl}/client/v1/obolus.js" async
      onload="start()"></script>
    <script>
      window.ready = new Promise((ready) => {
        window.change = new Promise((complete) => {
          window.start = async () => {
            window.obolus = await Obolus.init(${JSON.stringify(key)});
            window.card = obolus.card();
            card.on('ready', ready);
            card.on('change', (change) => change.complete && complete(change));
            card.mount('#card');
          };
        });
      });
    </script>`;

const kPages = {
  floor: ({ floorUrl }) => shopPage({ card: iframe(`${floorUrl}/frame`) }),
  script: (parts) => shopPage({ card: '', end: mounting({ ...parts, delayMs: 0 }) }),
  dawdling: (parts) => shopPage({ card: '', end: mounting({ ...parts, delayMs: 500 }) }),
  adopted: (parts) =>
    shopPage({
      card: iframe(`${parts.obolusUrl}/frame/v1/${parts.key}`),
      end: adopting(parts),
    }),
};

// {origin, url(way, key), stop}. The shop is 127.0.0.1; what it frames is of another site,
// localhost, as it is in life.
export async function startShops() {
  const parts = {};
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url, 'http://shop');
    const page = kPages[pathname.slice(1)];
    const body =
      pathname === '/frame'
        ? kFloorFrame
        : page?.({ ...parts, key: searchParams.get('key') ?? '' });
    response.writeHead(body ? 200 : 404, {
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-store',
    });
    response.end(body ?? '');
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  parts.floorUrl = `http://localhost:${port}`;
  const origin = `http://127.0.0.1:${port}`;
  return {
    origin,
    useObolus: (url) => (parts.obolusUrl = url),
    url: (way, key) => `${origin}/${way}?key=${encodeURIComponent(key ?? '')}`,
    stop: () => new Promise((resolve) => (server.closeAllConnections?.(), server.close(resolve))),
  };
}

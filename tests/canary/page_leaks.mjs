// What a page would do if somebody had changed our script in it: {name, place where it is to be
// seen, spoil(context)}. The card frame is a sandbox without an origin and can keep nothing itself,
// so it tells its parent, its console, or its own server.
const inCardFrame = (script) => async (context) => {
  await context.addInitScript(`(() => {
    if (self === top || !location.pathname.startsWith('/frame/')) return;
    addEventListener('input', () => {
      const leaked = document.querySelector('input')?.value ?? '';
      ${script}
    }, true);
  })()`);
};
const inShop = (script) => async (context) => {
  await inCardFrame("parent.postMessage({ typed: btoa(leaked) }, '*');")(context);
  await context.addInitScript(`(() => {
    if (self !== top) return;
    addEventListener('message', ({ data }) => { if (data?.typed) { ${script} } });
  })()`);
};

export const kPageLeaks = [
  {
    name: 'console of the card frame',
    place: 'browser console',
    spoil: inCardFrame("console.log(leaked.split('').reverse().join(''));"),
  },
  {
    name: "DOM of the shop's page",
    place: 'page: DOM, globals, storage',
    spoil: inShop('document.documentElement.dataset.typed = data.typed;'),
  },
  {
    name: "local storage of the shop's page",
    place: "browser's profile on disk",
    spoil: inShop("localStorage.setItem('draft', atob(data.typed));"),
  },
  {
    name: 'a request in clear',
    place: 'requests of the browser, in clear',
    spoil: inShop("fetch('/nowhere?q=' + encodeURIComponent(data.typed));"),
  },
];

'use strict';
// Posts the CRes as the page's behaviour has it done.
const form = document.getElementById('return');
const { play, waitMs } = document.body.dataset;

// The bank counts from its answer; a busy browser comes to this script later.
function sinceAnswer() {
  const [{ responseStart }] = performance.getEntriesByType('navigation');
  return performance.now() - responseStart;
}

async function send() {
  if (play === 'twice') {
    const body = new URLSearchParams(new FormData(form));
    await fetch(form.action, { method: 'POST', mode: 'no-cors', credentials: 'omit', body });
  }
  form.submit();
}

if (play !== 'press') {
  if (waitMs === '0') send();
  else setTimeout(send, Number(waitMs) - sinceAnswer());
}

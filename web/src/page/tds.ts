// The script of both 3-D Secure pages. Start page: posts the challenge form to the bank. Waiting
// page: follows the session and takes the shopper on as soon as the outcome is known. In a frame it
// never goes to the shop: whoever made the frame does.

import { watchSession } from '../shared/watch_session';
import { formatTime } from './countdown';

// Whatever makes a page load itself again does so slowly, so that it could never spin.
const kReloadDelayMs = 1500;
// A page that has no key to follow a session by asks by loading itself again.
const kAskAgainMs = 3000;
// Where a page goes that came out of the browser's memory, so that it knows so after reloading.
const kBack = '#back';

const later = (go: () => void, milliseconds = kReloadDelayMs): void =>
  void setTimeout(go, milliseconds);

/** This address with one more thing said in its query. */
function here(name: string, value: string): string {
  const url = new URL(location.href);
  url.searchParams.set(name, value);
  url.hash = '';
  return url.href;
}

/**
 * The bank's answer was a redirect to an origin that this page's policy does not name, so that the
 * browser stayed here (Chromium does). The same page with a wider policy lets it through.
 */
function widenWhenRefused(): void {
  const is_wide = new URLSearchParams(location.search).has('policy');
  document.addEventListener('securitypolicyviolation', ({ effectiveDirective, disposition }) => {
    if (effectiveDirective !== 'form-action' || disposition !== 'enforce' || is_wide) return;
    location.replace(here('policy', 'wide'));
  });
}

function startChallenge(): void {
  widenWhenRefused();
  const form = document.getElementById('challenge');
  const [navigation] = performance.getEntriesByType('navigation');
  // After "back" from the bank's page the shopper decides; posting again would trap them.
  const came_back =
    (navigation as PerformanceNavigationTiming | undefined)?.type === 'back_forward' ||
    location.hash === kBack;
  if (!(form instanceof HTMLFormElement) || came_back) return;
  // Not form.submit(): a field of that name, which a processor may send, would hide the method.
  HTMLFormElement.prototype.submit.call(form);
}

/** The shop's address, or in a frame our own page that says how it ended. */
function leaveFor(url: string): void {
  location.replace(window.top === window ? url : here('in', 'frame'));
}

function waitForOutcome(challenge_key: string, phase: string): void {
  // The time after which the server's page offers the way back.
  const patience_ms = Number(document.body.dataset['seconds']) * 1000;
  const is_preparing = phase === 'preparing';
  const stop = watchSession(challenge_key, {
    onState(state) {
      const waited_long = phase === 'confirming' && performance.now() >= patience_ms;
      if (state.continueUrl !== null) {
        stop();
        leaveFor(state.continueUrl);
      } else if (
        // Ended, and nowhere to go, or there is more to say: the server has a page for that.
        state.status === 'success' ||
        state.status === 'failure' ||
        (is_preparing && state.nextAction === '3ds_challenge') ||
        waited_long
      ) {
        stop();
        later(() => location.reload());
      }
    },
    onGone() {
      stop();
      later(() => location.reload());
    },
  });
}

/** Until when the bank may be waited for, by our clock from what the server said. */
function countDown(): void {
  const time = document.getElementById('left');
  const ends_ms = performance.now() + Number(document.body.dataset['seconds']) * 1000;
  if (time === null) return;
  const show = (): void => {
    const seconds = Math.max(0, Math.ceil((ends_ms - performance.now()) / 1000));
    time.textContent = formatTime(seconds, document.documentElement.lang);
  };
  show();
  setInterval(show, 1000);
}

const { page, challengeKey = '', phase = '' } = document.body.dataset;
// Back from the bank or the shop: what this page showed is long past.
window.addEventListener('pageshow', (event) => {
  if (!event.persisted) return;
  if (page === 'start') location.replace(kBack);
  location.reload();
});
if (page === 'start') {
  startChallenge();
} else if (page === 'wait') {
  if (phase === 'preparing') countDown();
  if (challengeKey === '') later(() => location.reload(), kAskAgainMs);
  else waitForOutcome(challengeKey, phase);
}

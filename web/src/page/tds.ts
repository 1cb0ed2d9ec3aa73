// The script of both 3-D Secure pages. Start page: posts the challenge form to the bank. Waiting
// page: follows the challenge session and takes the shopper on as soon as the outcome is known.

import { watchSession } from './watch_session';

// Whatever makes a page load itself again does so slowly, so that it could never spin.
const kReloadDelayMs = 1500;

function startChallenge(): void {
  const form = document.getElementById('challenge');
  const [navigation] = performance.getEntriesByType('navigation');
  // After "back" from the bank's page the shopper decides; posting again would trap them.
  const came_back =
    (navigation as PerformanceNavigationTiming | undefined)?.type === 'back_forward';
  if (!(form instanceof HTMLFormElement) || came_back) return;
  // Not form.submit(): a field of that name, which a processor may send, would hide the method.
  HTMLFormElement.prototype.submit.call(form);
}

function waitForOutcome(challenge_key: string, preparing: boolean): void {
  const later = (go: () => void): void => void setTimeout(go, kReloadDelayMs);
  const stop = watchSession(challenge_key, {
    onState(state) {
      if (state.continueUrl !== null) {
        stop();
        location.replace(state.continueUrl);
      } else if (state.status === 'success' || state.status === 'failure') {
        // Ended, and nowhere to go: the server has a page that says how.
        stop();
        later(() => location.reload());
      } else if (preparing && state.nextAction === '3ds_challenge') {
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

const { page, challengeKey = '', phase } = document.body.dataset;
if (page === 'start') startChallenge();
else if (page === 'wait') waitForOutcome(challengeKey, phase === 'preparing');

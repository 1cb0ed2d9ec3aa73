// Our own stand-in for the page that the SDK's vendor serves for its frames, as far as the SDK's
// messages ask for it: fields that take what is typed, and for 3.11.0 the hidden coordinator that
// holds the session. It checks no card, so that the server's word on it can be seen. The messages
// between these frames themselves are ours.
import { CompactEncrypt, importJWK } from 'jose';

const asked = new URLSearchParams(location.search);
const shop = asked.get('origin');
const channel = new BroadcastChannel('fields');
const tell = (message) => parent.postMessage(message, shop);

function field(element) {
  const input = document.createElement('input');
  document.body.append(input);
  // The older version takes the value itself, from each field.
  const hands_over = location.pathname.includes('/v3.8.');
  input.addEventListener('input', () => {
    const { value } = input;
    channel.postMessage({ element, value });
    const state = { empty: !value, complete: value.length > 2, valid: value.length > 2 };
    tell({ type: 'change', element, data: { ...state, ...(hands_over ? { value } : {}) } });
  });
  addEventListener('message', ({ origin, data }) => {
    if (origin !== shop) return;
    if (data.type === 'update') input.disabled = data.data.disabled === true;
    if (data.type === 'clear') input.value = '';
    if (data.type === 'focus') input.focus();
  });
  // What the shop's part has disabled while it sent, the coordinator opens again.
  channel.addEventListener('message', ({ data }) => {
    if (data === 'refused') input.disabled = false;
  });
  tell({ type: 'ready', element, data: { key: element } });
}

async function coordinator() {
  const session = `${asked.get('apiBaseUrl')}/sessions/${asked.get('sessionId')}`;
  const typed = {};
  channel.onmessage = ({ data }) => {
    typed[data.element] = data.value;
  };
  const call = async (url, options) => {
    const answer = await fetch(url, options);
    const body = await answer.json();
    if (!answer.ok) throw new Error(`${answer.status} ${body.classifier}`);
    return body;
  };
  let state;
  const moved = (next) => {
    state = next;
    tell({ type: 'coordinator:session_state_change', state });
  };

  async function tokenize(additional_data) {
    const [month, year] = typed.cardExpirationDate.split('/').map(Number);
    const { ephemeral, expiration_date, ...more } = additional_data;
    const card = {
      account_number: typed.cardNumber,
      expiry_month: month,
      expiry_year: 2000 + year,
      security_code: typed.cardVerificationCode,
      additional_data: more,
      ephemeral,
      expiration_date,
    };
    const { jwk } = state.data;
    const enc_payload = await new CompactEncrypt(new TextEncoder().encode(JSON.stringify(card)))
      .setProtectedHeader({ alg: 'RSA-OAEP-256', enc: 'A256GCM', kid: jwk.kid })
      .encrypt(await importJWK(jwk, 'RSA-OAEP-256'));
    return { enc_payload };
  }

  async function process(additional_data) {
    const result = await tokenize(additional_data);
    const headers = { 'Content-Type': 'application/json' };
    const body = JSON.stringify({ action: 'tokenize_card', result });
    const next = await call(`${session}/complete-action`, { method: 'POST', headers, body });
    moved(next);
    const { status, data } = next;
    return { status, data };
  }

  addEventListener('message', ({ origin, data }) => {
    const work = { 'card:process': process, 'card:tokenize': tokenize }[data.type];
    if (origin !== shop || !work) return;
    const type = `${data.type}:response`;
    work(data.additionalData ?? {}).then(
      (result) => tell({ type, success: true, result }),
      (error) => {
        channel.postMessage('refused');
        tell({ type, success: false, result: null, error: error.message });
      },
    );
  });
  try {
    moved(await call(session));
    tell({ type: 'coordinator:ready' });
  } catch (error) {
    tell({ type: 'coordinator:error', error: error.message });
  }
}

if (asked.get('type') === 'coordinator') coordinator();
else field(asked.get('field'));

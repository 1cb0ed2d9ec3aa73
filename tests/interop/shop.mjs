// A shop's page around the public Web SDK, bundled once for each version: only what the SDK's own
// types promise is called. The test drives it through `shop`.
import { Hellgate } from 'hellgate-sdk';

let client;
const completed = [];
const states = [];

// An error as the page sees it: an Error, or the object or the text that the SDK rejects with.
const told = (error) => {
  if (error instanceof Error) return { message: error.message };
  return typeof error === 'string' ? { message: error } : error;
};
const outcome = (promise) =>
  promise.then(
    (value) => ({ value }),
    (error) => ({ error: told(error) }),
  );

globalThis.shop = {
  completed,
  states,
  init: (key, base_url) =>
    outcome(
      Hellgate.init(key, { base_url }).then((made) => {
        client = made;
        client.onSessionComplete((result) => completed.push(result));
        return { takes_card: client.use('CARD') !== undefined };
      }),
    ),
  mount: () => {
    const card = client.use('CARD');
    card.onStateChange((state) => states.push(state));
    const fields = card.createFormFields();
    return Promise.all([
      fields.cardNumber.mount('#number'),
      fields.expiryDate.mount('#expiry'),
      fields.securityCode.mount('#code'),
    ]).then(() => undefined);
  },
  process: (additional) => outcome(client.use('CARD').process(additional)),
  dispose: () => client.dispose(),
};

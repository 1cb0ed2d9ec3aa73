// The messages between the merchant's page (host) and the card frame, over one MessagePort. Nothing
// in them can carry a card number, a security code or an expiry date: the host sends wishes, the
// frame sends states and outcomes. Both sides check every message here and ignore what does not
// fit. What is made in a pure call is left out of the bundle of the side that does not use it.

import {
  anyOf,
  dictionary,
  flag,
  integer,
  list,
  oneOf,
  orNull,
  shape,
  text,
  type Guarded,
} from './guard';
import { kFieldFaults, kFields } from './card_rules';
import { kNetworks } from './networks';
import { kErrorCodes } from './error_codes';

/** The window message that hands the port over; sent by the host with the exact target origin. */
export const kConnect = 'obolus/connect/v1';

// Built in functions that are marked as pure, so that each side's script carries the guards of the
// other side's messages only.
const field = /* @__PURE__ */ oneOf(...kFields);
const call = /* @__PURE__ */ integer(1, Number.MAX_SAFE_INTEGER);

const error = /* @__PURE__ */ (() =>
  shape({
    code: oneOf(...kErrorCodes),
    message: text(500),
    fields: list(field, kFields.length),
  }))();

const state = /* @__PURE__ */ (() =>
  shape({
    nextAction: orNull(oneOf('tokenize_card', 'wait', '3ds_challenge')),
    status: orNull(oneOf('success', 'failure', 'pending')),
    tokenId: orNull(text(200)),
    reason: orNull(text(500)),
    reasonCode: orNull(text(100)),
    redirectUrl: orNull(text(4096)),
    continueUrl: orNull(text(4096)),
  }))();

/** `configure` may come again: what changed is applied, what the shopper typed stays. */
export const isHostMessage = /* @__PURE__ */ (() =>
  anyOf(
    shape({
      type: oneOf('configure'),
      locale: orNull(text(35)),
      theme: oneOf('light', 'dark', 'auto', 'contrast'),
      layout: oneOf('grid', 'stacked', 'line'),
      variables: dictionary(text(60), 20),
      rules: dictionary(dictionary(text(60), 20), 10),
      name: oneOf('hidden', 'optional', 'required'),
    }),
    shape({ type: oneOf('focus'), field: orNull(field) }),
    shape({ type: oneOf('blur', 'clear') }),
    shape({ type: oneOf('submit'), call }),
    shape({ type: oneOf('cancel'), call }),
  ))();

export const isFrameMessage = /* @__PURE__ */ (() =>
  anyOf(
    shape({ type: oneOf('ready', 'enter', 'escape') }),
    shape({ type: oneOf('resize'), height: integer(1, 4000) }),
    shape({ type: oneOf('title'), title: text(200) }),
    shape({ type: oneOf('focus', 'blur'), field }),
    shape({
      type: oneOf('change'),
      empty: flag,
      complete: flag,
      valid: flag,
      network: orNull(oneOf(...kNetworks)),
      networks: list(oneOf(...kNetworks), kNetworks.length),
      errors: list(
        shape({ field, code: oneOf(...kFieldFaults), message: text(200) }),
        kFields.length,
      ),
    }),
    shape({ type: oneOf('expiring'), secondsLeft: integer(0, 86_400) }),
    shape({ type: oneOf('error'), error }),
    shape({ type: oneOf('state'), state }),
    shape({ type: oneOf('done'), call, state }),
    shape({ type: oneOf('failed'), call, error }),
  ))();

export type HostMessage = Guarded<typeof isHostMessage>;
export type Configure = Extract<HostMessage, { type: 'configure' }>;
export type FrameMessage = Guarded<typeof isFrameMessage>;
export type WireError = Guarded<typeof error>;
export type PublicState = Guarded<typeof state>;

// The public types of @obolus/client. This file is the contract with integrators and is shipped as
// it is; src/host/index.ts is checked against it.

export as namespace Obolus;

export type Network =
  | 'visa'
  | 'mastercard'
  | 'americanexpress'
  | 'discover'
  | 'dinersclub'
  | 'jcb'
  | 'unionpay'
  | 'maestro'
  | 'cartesbancaires'
  | 'bancontact'
  | 'dankort';

export type FieldName = 'number' | 'expiry' | 'cvc' | 'name';

export type FieldFault =
  'empty' | 'incomplete' | 'invalid' | 'past' | 'network_not_accepted' | 'refused';

export type ErrorCode =
  | 'card_invalid'
  | 'session_not_found'
  | 'session_expired'
  | 'session_ended'
  | 'network_failed'
  | 'service_failed'
  | 'rate_limited'
  | 'frame_unreachable'
  | 'not_mounted'
  | 'already_mounted'
  | 'destroyed'
  | 'argument_invalid'
  | 'browser_unsupported';

/** Who can do something about an error. */
export type Actor = 'shopper' | 'merchant' | 'network' | 'obolus';

/** Every rejection and every `error` event of this library. */
export declare class ObolusError extends Error {
  readonly code: ErrorCode;
  readonly actor: Actor;
  /** The fields that a `card_invalid` error is about; empty for other codes. */
  readonly fields: readonly FieldName[];
  constructor(code: ErrorCode, message: string, fields?: readonly FieldName[]);
}

/**
 * The look of the card frame. Values are checked in the frame; what it does not know it ignores.
 */
export interface Appearance {
  /** Default `light`; `auto` follows the shopper's system; `contrast` is black on white. */
  theme?: 'light' | 'dark' | 'auto' | 'contrast';
  /** Default `grid`: number above expiry and code. `line`: all in one, where there is room. */
  layout?: 'grid' | 'stacked' | 'line';
  variables?: Partial<Record<AppearanceVariable, string>>;
  /** Declarations for parts of the form, by the whitelist in docs/integrating.md. */
  rules?: Partial<Record<AppearancePart, Readonly<Record<string, string>>>>;
}

export type AppearancePart =
  'label' | 'input' | 'input:hover' | 'input:focus' | 'input:invalid' | 'placeholder' | 'error';

/** Colours are `#rgb`, `#rrggbb` or a name; lengths are `px` or `rem`. */
export type AppearanceVariable =
  | 'colorText'
  | 'colorMuted'
  | 'colorField'
  | 'colorBorder'
  | 'colorAccent'
  | 'colorDanger'
  | 'radius'
  | 'fontSize'
  | 'gap';

export interface InitOptions {
  /**
   * Origin of the Obolus server; default: where the library was loaded from. In a bundle of the
   * shop's own it must be given.
   */
  baseUrl?: string;
  /** BCP 47. */
  locale?: string;
  appearance?: Appearance;
}

export interface CardOptions {
  /** The cardholder name field; default `hidden`. */
  name?: 'hidden' | 'optional' | 'required';
}

/** What `card.update` may change; what is left out stays. What the shopper typed stays as well. */
export interface CardUpdate extends CardOptions {
  /** BCP 47. */
  locale?: string;
  appearance?: Appearance;
}

export interface CardChange {
  /** Nothing is typed. */
  empty: boolean;
  /** Every field that must be filled is filled and acceptable. */
  complete: boolean;
  /** No field has an error that the shopper sees. */
  valid: boolean;
  /** Of the number as far as it is typed; of a co-badged card the one that the shopper chose. */
  network: Network | null;
  /** Every network that the number works with; more than one when the card is co-badged. */
  networks: readonly Network[];
  errors: { field: FieldName; code: FieldFault; message: string }[];
}

export interface CardEvents {
  /** The fields accept input. */
  ready: void;
  change: CardChange;
  focus: { field: FieldName };
  blur: { field: FieldName };
  /** The card has just become complete. */
  complete: void;
  /** The shopper pressed Enter, and no field after this one is still to be filled. */
  enter: void;
  /** The shopper pressed Escape in the form: a dialog around it may close. */
  escape: void;
  /** Another network, or other networks to choose from. */
  networkschange: { network: Network | null; networks: readonly Network[] };
  /** The session ends in so many seconds; once at 120, and again after it was extended. */
  expiring: { secondsLeft: number };
  /** Something failed outside a call that could reject. */
  error: ObolusError;
}

export interface Card {
  /**
   * Puts the card frame into `target`, an element or a selector. An iframe with the frame's address
   * that `target` is or holds already is taken over: it loads while this library does. Throws
   * ObolusError.
   */
  mount(target: Element | string): void;
  /** Calls `listener` at every `event`; returns what ends that. */
  on<E extends keyof CardEvents>(event: E, listener: (value: CardEvents[E]) => void): () => void;
  focus(field?: FieldName): void;
  /** Takes the focus out of the form. */
  blur(): void;
  /** Changes language, look or fields of a form that is shown; nothing typed is lost. */
  update(changes: CardUpdate): void;
  /** Empties the fields. */
  clear(): void;
  /** Takes the frame out of the page, and with it what was typed; `mount` may follow. */
  unmount(): void;
  /** `unmount`, for good. */
  destroy(): void;
}

export interface SessionState {
  nextAction: 'tokenize_card' | 'wait' | '3ds_challenge' | null;
  status: 'success' | 'failure' | 'pending' | null;
  tokenId: string | null;
  reason: string | null;
  reasonCode: string | null;
  redirectUrl: string | null;
  continueUrl: string | null;
}

export type NextAction = { type: '3ds_challenge'; redirectUrl: string } | { type: 'wait' };

export interface SubmitResult {
  status: 'success' | 'failure' | 'pending';
  tokenId?: string;
  reason?: string;
  reasonCode?: string;
  /** What is to happen before the session ends; only with `pending`. */
  nextAction?: NextAction;
}

/** EMV 3DS: 250 x 400, 390 x 400, 500 x 600, 600 x 400 CSS pixels, and the whole screen. */
export type WindowSize = '01' | '02' | '03' | '04' | '05';

export interface ChallengeOptions {
  /** Default `dialog`, over your page; `page` leaves it for the bank's. */
  display?: 'dialog' | 'container' | 'page';
  /** For `container`: an element or a selector. */
  container?: Element | string;
  /** Default: what the challenge was made for, else `03`. Never larger than the screen. */
  windowSize?: WindowSize;
}

export interface ChallengeResult {
  /** `pending`: the shopper need not wait any longer; your backend will learn the outcome. */
  status: 'success' | 'failure' | 'pending';
  reason?: string;
  reasonCode?: string;
  /** Where the shopper goes on, if the session has such an address. */
  continueUrl?: string;
}

export interface Obolus {
  /** A card form for this session; one at a time. */
  card(options?: CardOptions): Card;
  /**
   * Sends the card that is typed in the mounted card form. A call while another is under way
   * returns the same promise. Rejects with ObolusError: `not_mounted`, `card_invalid` (the form
   * shows why), `session_…`, `network_failed` (calling again is safe), `service_failed`,
   * `rate_limited`.
   */
  submit(): Promise<SubmitResult>;
  /**
   * Shows the bank's check (`nextAction.redirectUrl`) and resolves when the server knows how it
   * ended. Leaves for the bank's full page when it cannot be shown, or nothing of it is seen within
   * 10 s; then the promise stays open. A call while one is under way returns the same outcome.
   * Rejects with ObolusError: `argument_invalid`, `session_not_found`.
   */
  challenge(redirectUrl: string, options?: ChallengeOptions): Promise<ChallengeResult>;
  /** Ends the session as cancelled by the shopper. */
  cancel(): Promise<void>;
  /** Calls `listener` whenever the session's state changed; returns what ends that. */
  onStateChange(listener: (state: SessionState) => void): () => void;
}

/** Starts the library for one session. Rejects with ObolusError `argument_invalid`. */
export declare function init(sessionKey: string, options?: InitOptions): Promise<Obolus>;

/**
 * `<obolus-card session-key=… base-url=… locale=… theme=… layout=… name=…>`. What the card's
 * listeners hear are its DOM events, `obolus-ready`, `obolus-change` and so on, with a `detail`.
 */
export interface ObolusCardElement extends HTMLElement {
  /** Null until the element is in the page and has a session key. */
  readonly obolus: Obolus | null;
  readonly card: Card | null;
  /** Variables and rules, which attributes cannot hold. */
  appearance: Appearance;
  /** As `Obolus.submit`; rejects with `not_mounted` while there is no session. */
  submit(): Promise<SubmitResult>;
  addEventListener<E extends keyof ObolusCardElementEvents>(
    event: E,
    listener: (this: ObolusCardElement, event: ObolusCardElementEvents[E]) => void,
    options?: boolean | AddEventListenerOptions,
  ): void;
  addEventListener<E extends keyof HTMLElementEventMap>(
    event: E,
    listener: (this: ObolusCardElement, event: HTMLElementEventMap[E]) => void,
    options?: boolean | AddEventListenerOptions,
  ): void;
  addEventListener(
    event: string,
    listener: EventListenerOrEventListenerObject,
    options?: boolean | AddEventListenerOptions,
  ): void;
}

export type ObolusCardElementEvents = {
  [E in keyof CardEvents as `obolus-${E}`]: CustomEvent<CardEvents[E]>;
} & { 'obolus-statechange': CustomEvent<SessionState> };

/**
 * Defines the element. Of the classic scripts only element.js has this, and calls it by itself. On
 * a server nothing happens.
 */
export declare function defineObolusCard(tag?: string): void;

declare global {
  interface HTMLElementTagNameMap {
    'obolus-card': ObolusCardElement;
  }
}

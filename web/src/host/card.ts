// A card form in the merchant's page: the public object, its events, and the calls to the frame
// that wait for an answer. It never sees card data. Created by Obolus.card().

import type {
  Appearance,
  CardChange,
  CardEvents,
  CardOptions,
  CardUpdate,
  FieldName,
} from './obolus';
import type { Configure, FrameMessage, PublicState, WireError } from '../shared/protocol';
import { Emitter } from './emitter';
import { ObolusError } from './errors';
import { FrameLink } from './frame_link';

export interface CardContext {
  readonly origin: string;
  readonly sessionKey: string;
  readonly locale: string | null;
  readonly appearance: Appearance;
  readonly onState: (state: PublicState) => void;
  readonly onDestroyed: () => void;
}

// The form's height in the default look, so that the shop's page does not jump when it appears.
const kHeightPx = 154;
const kHeightWithNamePx = 234;

// How soon a call notices that the iframe was taken out of the page, which makes no event.
const kLostAfterMs = 500;

const kNothing: CardChange = {
  empty: true,
  complete: false,
  valid: true,
  network: null,
  networks: [],
  errors: [],
};

interface Call {
  readonly resolve: (state: PublicState) => void;
  readonly reject: (error: ObolusError) => void;
}

export class CardForm {
  private readonly events_ = new Emitter<CardEvents>();
  private readonly calls_ = new Map<number, Call>();
  private link_: FrameLink | null = null;
  private connected_ = false;
  private destroyed_ = false;
  private shown_ = kNothing;
  private next_call_ = 1;
  private wishes_: CardUpdate;

  constructor(
    private readonly context_: CardContext,
    options: CardOptions,
  ) {
    const { locale, appearance } = context_;
    this.wishes_ = { ...options, appearance, ...(locale === null ? {} : { locale }) };
  }

  /**
   * Throws `destroyed`, `already_mounted`, `argument_invalid` (no such element, or an iframe that
   * cannot be taken over), in that order.
   */
  mount(target: Element | string): void {
    if (this.destroyed_) throw new ObolusError('destroyed', 'This card was destroyed.');
    if (this.link_) throw new ObolusError('already_mounted', 'This card is mounted already.');
    const element = typeof target === 'string' ? document.querySelector(target) : target;
    if (!element?.ownerDocument) {
      throw new ObolusError('argument_invalid', `No element to mount the card in: ${target}`);
    }
    const { origin, sessionKey } = this.context_;
    const configure = this.configuration();
    this.link_ = new FrameLink(element, {
      origin,
      sessionKey,
      heightPx: configure.name === 'hidden' ? kHeightPx : kHeightWithNamePx,
      configure,
      onLoad: () => {
        this.rejectAll(new ObolusError('network_failed', 'The card form was loaded again.'));
        this.reset();
      },
      onMessage: (message) => this.receive(message),
      onUnreachable: () => this.fail('The card form did not load.'),
    });
  }

  on<E extends keyof CardEvents>(event: E, listener: (value: CardEvents[E]) => void): () => void {
    return this.events_.on(event, listener);
  }

  focus(field?: FieldName): void {
    this.link_?.send({ type: 'focus', field: field ?? null });
  }

  blur(): void {
    this.link_?.send({ type: 'blur' });
  }

  update(changes: CardUpdate): void {
    this.wishes_ = { ...this.wishes_, ...changes };
    this.link_?.reconfigure(this.configuration());
  }

  clear(): void {
    this.link_?.send({ type: 'clear' });
  }

  unmount(): void {
    this.link_?.close();
    this.link_ = null;
    this.rejectAll(new ObolusError('not_mounted', 'The card was unmounted.'));
    this.reset();
  }

  destroy(): void {
    if (this.destroyed_) return;
    this.unmount();
    this.events_.clear();
    this.destroyed_ = true;
    this.context_.onDestroyed();
  }

  /** True once the frame has answered: calls reach it. */
  get connected(): boolean {
    return this.connected_ && !!this.link_?.attached;
  }

  /**
   * Asks the frame to do `type` and waits for its answer; rejects with `not_mounted` without a
   * frame.
   */
  call(type: 'submit' | 'cancel'): Promise<PublicState> {
    return new Promise((resolve, reject) => {
      const call = this.next_call_++;
      if (!this.connected || !this.link_?.send({ type, call })) {
        reject(new ObolusError('not_mounted', 'No card form is mounted and ready.'));
        return;
      }
      if (this.calls_.size === 0) this.watchCalls();
      this.calls_.set(call, { resolve, reject });
    });
  }

  private watchCalls(): void {
    setTimeout(() => {
      if (this.link_ && !this.link_.attached) {
        this.connected_ = false;
        this.rejectAll(new ObolusError('not_mounted', 'The card form is not in the page.'));
      } else if (this.calls_.size > 0) this.watchCalls();
    }, kLostAfterMs);
  }

  /** No document to speak with, or a new one, in which nothing is typed. */
  private reset(): void {
    this.connected_ = false;
    this.show(kNothing);
  }

  private show(change: CardChange): void {
    const before = this.shown_;
    if (JSON.stringify(change) === JSON.stringify(before)) return;
    this.shown_ = change;
    this.events_.emit('change', change);
    const { network, networks, complete } = change;
    if (network !== before.network || String(networks) !== String(before.networks)) {
      this.events_.emit('networkschange', { network, networks });
    }
    if (complete && !before.complete) this.events_.emit('complete', undefined);
  }

  private receive(message: FrameMessage): void {
    switch (message.type) {
      case 'ready':
        this.connected_ = true;
        this.events_.emit('ready', undefined);
        break;
      case 'enter':
      case 'escape':
        this.events_.emit(message.type, undefined);
        break;
      case 'expiring':
        this.events_.emit('expiring', { secondsLeft: message.secondsLeft });
        break;
      case 'focus':
      case 'blur':
        this.events_.emit(message.type, { field: message.field });
        break;
      case 'change': {
        const { empty, complete, valid, network, networks, errors } = message;
        this.show({ empty, complete, valid, network, networks, errors });
        break;
      }
      case 'error':
        this.events_.emit('error', fromWire(message.error));
        break;
      case 'state':
        this.context_.onState(message.state);
        break;
      case 'done':
        this.context_.onState(message.state);
        this.take(message.call)?.resolve(message.state);
        break;
      case 'failed':
        this.take(message.call)?.reject(fromWire(message.error));
        break;
    }
  }

  private configuration(): Configure {
    const { locale, name, appearance = {} } = this.wishes_;
    return {
      type: 'configure',
      locale: locale?.slice(0, 35) ?? null,
      theme: known(appearance.theme, ['light', 'dark', 'auto', 'contrast']),
      layout: known(appearance.layout, ['grid', 'stacked', 'line']),
      variables: sendable(appearance.variables),
      rules: Object.fromEntries(
        Object.entries(appearance.rules ?? {})
          .slice(0, 10)
          .map(([part, rule]) => [part, sendable(rule)]),
      ),
      name: known(name, ['hidden', 'optional', 'required']),
    };
  }

  private take(call: number): Call | undefined {
    const found = this.calls_.get(call);
    this.calls_.delete(call);
    return found;
  }

  private fail(message: string): void {
    const error = new ObolusError('frame_unreachable', message);
    this.rejectAll(error);
    this.events_.emit('error', error);
  }

  private rejectAll(error: ObolusError): void {
    const calls = [...this.calls_.values()];
    this.calls_.clear();
    for (const call of calls) call.reject(error);
  }
}

/** `value`, or the first of `values`: one odd wish must not keep the form from starting. */
function known<T>(value: T | undefined, values: [T, ...T[]]): T {
  return values.find((known) => known === value) ?? values[0];
}

/** The variables that the protocol can carry. */
function sendable(variables: Partial<Record<string, string>> | undefined): Record<string, string> {
  return Object.fromEntries(
    Object.entries(variables ?? {})
      .filter(
        (entry): entry is [string, string] => typeof entry[1] === 'string' && entry[1].length <= 60,
      )
      .slice(0, 20),
  );
}

function fromWire(error: WireError): ObolusError {
  return new ObolusError(error.code, error.message, error.fields);
}

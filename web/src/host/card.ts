// A card form in the merchant's page: the public object, its events, and the calls to the frame
// that wait for an answer. It never sees card data. Created by Obolus.card().

import type { Appearance, CardEvents, CardOptions, FieldName } from './obolus';
import type { FrameMessage, PublicState, WireError } from '../shared/protocol';
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
  private complete_ = false;
  private next_call_ = 1;

  constructor(
    private readonly context_: CardContext,
    private readonly options_: CardOptions,
  ) {}

  /** Throws `destroyed`, `already_mounted`, `argument_invalid` (no such element), in that order. */
  mount(target: Element | string): void {
    if (this.destroyed_) throw new ObolusError('destroyed', 'This card was destroyed.');
    if (this.link_) throw new ObolusError('already_mounted', 'This card is mounted already.');
    const element = typeof target === 'string' ? document.querySelector(target) : target;
    if (!element?.ownerDocument) {
      throw new ObolusError(
        'argument_invalid',
        `No element to mount the card in: ${String(target)}`,
      );
    }
    const { origin, sessionKey, locale, appearance } = this.context_;
    const theme = appearance.theme ?? 'light';
    const name = this.options_.name ?? 'hidden';
    this.link_ = new FrameLink(element, {
      origin,
      sessionKey,
      theme,
      heightPx: name === 'hidden' ? kHeightPx : kHeightWithNamePx,
      configure: {
        type: 'configure',
        locale,
        theme,
        variables: sendable(appearance.variables),
        name,
      },
      onLoad: () => {
        this.connected_ = this.complete_ = false;
        this.rejectAll(new ObolusError('network_failed', 'The card form was loaded again.'));
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

  clear(): void {
    this.link_?.send({ type: 'clear' });
  }

  unmount(): void {
    this.link_?.close();
    this.link_ = null;
    this.connected_ = this.complete_ = false;
    this.rejectAll(new ObolusError('not_mounted', 'The card was unmounted.'));
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
    return this.connected_;
  }

  /**
   * Asks the frame to do `type` and waits for its answer; rejects with `not_mounted` without a
   * frame.
   */
  call(type: 'submit' | 'cancel'): Promise<PublicState> {
    return new Promise((resolve, reject) => {
      const call = this.next_call_++;
      if (!this.connected_ || !this.link_?.send({ type, call })) {
        reject(new ObolusError('not_mounted', 'No card form is mounted and ready.'));
        return;
      }
      this.calls_.set(call, { resolve, reject });
    });
  }

  private receive(message: FrameMessage): void {
    switch (message.type) {
      case 'ready':
        this.connected_ = true;
        this.events_.emit('ready', undefined);
        break;
      case 'enter':
        this.events_.emit('enter', undefined);
        break;
      case 'focus':
      case 'blur':
        this.events_.emit(message.type, { field: message.field });
        break;
      case 'change': {
        const { empty, complete, valid, network, errors } = message;
        this.events_.emit('change', { empty, complete, valid, network, errors });
        if (complete && !this.complete_) this.events_.emit('complete', undefined);
        this.complete_ = complete;
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

/**
 * The variables that the protocol can carry; one odd value must not keep the form from starting.
 */
function sendable(variables: Appearance['variables']): Record<string, string> {
  return Object.fromEntries(
    Object.entries(variables ?? {}).filter(([, v]) => typeof v === 'string' && v.length <= 60),
  );
}

function fromWire(error: WireError): ObolusError {
  return new ObolusError(error.code, error.message, error.fields);
}

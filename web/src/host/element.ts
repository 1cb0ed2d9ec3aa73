// <obolus-card session-key=…>: the card form as a custom element, for pages that are written rather
// than programmed. Whatever happens to it (placed, moved, taken away, an attribute changed) leads
// to one look at what is wanted now, so that the order does not matter. The form is among its
// children, where an iframe of the page can be taken over.

import { ObolusError } from './errors';
import type * as Api from './obolus';

const kAttributes = ['session-key', 'base-url', 'locale', 'theme', 'layout', 'name'];

const kEvents = [
  'ready',
  'change',
  'focus',
  'blur',
  'complete',
  'enter',
  'escape',
  'networkschange',
  'expiring',
  'error',
] as const satisfies readonly (keyof Api.CardEvents)[];

/** What an element does, apart from being one. */
class ElementForm {
  obolus: Api.Obolus | null = null;
  card: Api.Card | null = null;
  appearance: Api.Appearance = {};
  private session_ = '';
  private turn_ = 0;

  constructor(
    private readonly element_: HTMLElement,
    private readonly init_: typeof Api.init,
  ) {}

  /** Looks at what is wanted, once for all that happens now. */
  refresh(): void {
    const turn = ++this.turn_;
    const look = () => {
      if (turn === this.turn_) void this.look(turn);
    };
    // An iframe among the children may be still to be parsed.
    if (document.readyState === 'loading') {
      document.addEventListener('DOMContentLoaded', look, { once: true });
    } else queueMicrotask(look);
  }

  private async look(turn: number): Promise<void> {
    const element = this.element_;
    const key = element.isConnected && element.getAttribute('session-key');
    const baseUrl = element.getAttribute('base-url');
    const session = key ? `${key} ${baseUrl}` : '';
    if (session === this.session_) return this.card?.update(this.wishes());
    this.session_ = session;
    this.card?.destroy();
    this.card = this.obolus = null;
    if (!key) return;
    try {
      const obolus = await this.init_(key, baseUrl === null ? {} : { baseUrl });
      if (turn !== this.turn_) {
        this.session_ = '';
        return this.refresh();
      }
      this.obolus = obolus;
      this.card = obolus.card();
      this.card.update(this.wishes());
      for (const event of kEvents) this.card.on(event, (detail) => this.tell(event, detail));
      obolus.onStateChange((state) => this.tell('statechange', state));
      this.card.mount(element);
    } catch (error) {
      this.tell('error', error);
    }
  }

  /** Of attributes, any text; the card takes what it knows. */
  private wishes(): Api.CardUpdate {
    const [, , locale, theme, layout, name] = kAttributes.map(
      (attribute) => this.element_.getAttribute(attribute) ?? undefined,
    );
    return {
      locale,
      name,
      appearance: { ...this.appearance, ...(theme && { theme }), ...(layout && { layout }) },
    } as Api.CardUpdate;
  }

  private tell(event: string, detail: unknown): void {
    this.element_.dispatchEvent(
      new CustomEvent(`obolus-${event}`, { detail, bubbles: true, composed: true }),
    );
  }
}

/** Defines the element, unless `tag` is taken. Servers have no elements; there, nothing happens. */
export function defineElement(init: typeof Api.init, tag: string): void {
  if (typeof customElements === 'undefined' || customElements.get(tag)) return;
  // In here, because servers have no HTMLElement to extend.
  class CardElement extends HTMLElement implements Api.ObolusCardElement {
    static readonly observedAttributes = kAttributes;
    private readonly form_ = new ElementForm(this, init);

    constructor() {
      super();
      // What a page has set before the element was defined hides the setter.
      const { appearance } = this;
      delete (this as { appearance?: Api.Appearance }).appearance;
      this.appearance = appearance;
    }

    get obolus(): Api.Obolus | null {
      return this.form_.obolus;
    }

    get card(): Api.Card | null {
      return this.form_.card;
    }

    get appearance(): Api.Appearance {
      return this.form_.appearance;
    }

    set appearance(appearance: Api.Appearance) {
      this.form_.appearance = appearance;
      this.form_.refresh();
    }

    submit(): Promise<Api.SubmitResult> {
      return (
        this.obolus?.submit() ??
        Promise.reject(new ObolusError('not_mounted', 'There is no session yet.'))
      );
    }

    connectedCallback(): void {
      this.form_.refresh();
    }

    disconnectedCallback(): void {
      this.form_.refresh();
    }

    attributeChangedCallback(): void {
      this.form_.refresh();
    }

    /** That there is one keeps the frame loaded when the element is moved by moveBefore(). */
    connectedMoveCallback(): void {}
  }
  customElements.define(tag, CardElement);
}

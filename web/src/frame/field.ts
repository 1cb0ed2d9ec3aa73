// One input of the card form and the place of its error. It holds what the shopper typed before, so
// that undo works although every keystroke is formatted (a value set by a script is not in the
// browser's own history), and it tells an error once: by the form's live region while the shopper
// is in the field or has left it, by the field's description when the focus comes to it.

import type { FieldFault, FieldName } from '../shared/card_rules';
import type { Edited } from '../shared/card_text';
import { fieldMessage } from './messages';

const kUndoSteps = 50;

export class Field {
  shown: FieldFault | null = null;
  refused = false;
  private readonly error_: HTMLElement | null;
  private readonly described_: string | null;
  private done_: Edited[] = [];
  private undone_: Edited[] = [];
  private now_: Edited = { text: '', caret: 0 };

  constructor(
    readonly name: FieldName,
    readonly input: HTMLInputElement,
    private readonly live_: HTMLElement,
  ) {
    this.error_ = input.ownerDocument.getElementById(`${name}-error`);
    this.described_ = input.getAttribute('aria-describedby');
    input.addEventListener('blur', () => this.describe());
  }

  get focused(): boolean {
    return this.input.ownerDocument.activeElement === this.input;
  }

  /** Behind the last character while the focus is elsewhere, as when the browser fills it in. */
  get caret(): number {
    const { selectionStart, value } = this.input;
    return this.focused ? (selectionStart ?? value.length) : value.length;
  }

  put({ text, caret }: Edited): void {
    if (this.input.value !== text) this.input.value = text;
    // Moving the caret of a field without focus would take the focus in some browsers.
    if (this.focused && this.caret !== caret) this.input.setSelectionRange(caret, caret);
  }

  /** What the field shows now can be come back to by undo. */
  remember(): void {
    const { value } = this.input;
    if (value === this.now_.text) return;
    this.done_ = [...this.done_.slice(1 - kUndoSteps), this.now_];
    this.undone_ = [];
    this.now_ = { text: value, caret: this.caret };
  }

  undo(redo: boolean): void {
    const [from, to] = redo ? [this.undone_, this.done_] : [this.done_, this.undone_];
    const state = from.pop();
    if (state) {
      to.push(this.now_);
      this.now_ = state;
    }
    this.put(this.now_);
  }

  /** Empties the field, and forgets what was in it. */
  clear(): void {
    this.input.value = '';
    this.refused = false;
    this.done_ = this.undone_ = [];
    this.now_ = { text: '', caret: 0 };
    this.show(null, false);
  }

  /** `aloud`: nothing else will tell, so the live region does. */
  show(fault: FieldFault | null, aloud: boolean): void {
    if (this.shown === fault) return;
    this.shown = fault;
    this.translate();
    if (fault === null) this.input.removeAttribute('aria-invalid');
    else this.input.setAttribute('aria-invalid', 'true');
    if (aloud || fault === null) this.live_.textContent = this.message;
    // A description that changes under the focus would be read out as well.
    if (!this.focused) this.describe();
  }

  translate(): void {
    if (this.error_) this.error_.textContent = this.message;
  }

  get message(): string {
    return this.shown === null ? '' : fieldMessage(this.name, this.shown);
  }

  private describe(): void {
    const error = this.shown === null ? null : `${this.name}-error`;
    const ids = [this.described_, error].filter(Boolean).join(' ');
    if (ids === '') this.input.removeAttribute('aria-describedby');
    else this.input.setAttribute('aria-describedby', ids);
  }
}

// The fields of the card form: formatting while typing, what is wrong and when to say so. An error
// shows when the shopper leaves a field, at once when more typing cannot mend it, and goes away as
// soon as it is mended. Runs in the frame's document only; nothing else holds the typed values.

import { cvcFault, kFields, nameFault, numberFault, numberIsFull } from '../shared/card_rules';
import type { FieldFault, FieldName } from '../shared/card_rules';
import { digitsOf, editCvc, editNumber, eraseAcrossGap, type Edited } from '../shared/card_text';
import { editExpiry, readExpiry } from '../shared/expiry';
import { detectNetwork, kNetworkRules, type Network } from '../shared/networks';
import { fieldMessage } from './messages';
import { text } from '../shared/texts';
import type { CardSource, TypedCard } from './submission';

export interface FieldsChange {
  readonly empty: boolean;
  readonly complete: boolean;
  readonly valid: boolean;
  readonly network: Network | null;
  readonly networks: Network[];
  readonly errors: { field: FieldName; code: FieldFault; message: string }[];
}

export interface FieldsListener {
  /** The shopper changed a value. */
  edited(): void;
  changed(change: FieldsChange): void;
  focused(field: FieldName): void;
  blurred(field: FieldName): void;
  entered(): void;
}

interface Field {
  readonly input: HTMLInputElement;
  readonly error: HTMLElement;
  shown: FieldFault | null;
  refused: boolean;
}

export type NameMode = 'hidden' | 'optional' | 'required';

export class CardFields implements CardSource {
  private readonly fields_: Record<FieldName, Field>;
  private accepted_: readonly string[] = [];
  private name_mode_: NameMode = 'hidden';
  private last_change_ = '';

  constructor(
    private readonly page_: Document,
    private readonly now_: () => Date,
    private readonly listener_: FieldsListener,
  ) {
    this.fields_ = {
      number: this.attach('number'),
      expiry: this.attach('expiry'),
      cvc: this.attach('cvc'),
      name: this.attach('name'),
    };
  }

  /** Formats what the browser may have restored or filled in already, and reports. */
  start(): void {
    for (const name of kFields) this.format(name, true);
    this.report();
  }

  setNameMode(mode: NameMode): void {
    this.name_mode_ = mode;
    this.element('name-row').hidden = mode === 'hidden';
    this.fields_.name.input.required = mode === 'required';
    this.report();
  }

  /** The session's networks; empty means all. */
  setAccepted(networks: readonly string[]): void {
    this.accepted_ = networks;
    this.judge('number', false);
    this.report();
  }

  focus(field: FieldName | null): void {
    const wrong = this.used().find((name) => this.faultOf(name) !== null);
    this.fields_[field ?? wrong ?? 'number'].input.focus();
  }

  clear(): void {
    for (const name of kFields) {
      this.fields_[name].input.value = '';
      this.fields_[name].refused = false;
      this.show(name, null);
    }
    this.listener_.edited();
    this.report();
  }

  read(): TypedCard | readonly FieldName[] {
    const wrong = this.used().filter((name) => {
      this.judge(name, true);
      return this.fields_[name].shown !== null;
    });
    this.report();
    const expiry = readExpiry(this.fields_.expiry.input.value, this.now_());
    if (wrong.length > 0 || typeof expiry === 'string') {
      this.fields_[wrong[0] ?? 'expiry'].input.focus();
      return wrong;
    }
    return {
      number: this.digits('number'),
      expiry,
      cvc: this.digits('cvc'),
      name: this.name_mode_ === 'hidden' ? '' : this.fields_.name.input.value.trim(),
    };
  }

  refuse(fields: readonly FieldName[]): void {
    for (const name of fields) {
      this.fields_[name].refused = true;
      this.judge(name, true);
    }
    this.report();
    const first = fields[0];
    if (first) this.fields_[first].input.focus();
  }

  wipe(): void {
    this.lock(text('frame.taken'));
  }

  close(): void {
    this.lock(text('frame.closed'));
  }

  private lock(status: string): void {
    this.clear();
    (this.element('fields') as HTMLFieldSetElement).disabled = true;
    this.element('status').textContent = status;
  }

  private attach(name: FieldName): Field {
    const input = this.element(name) as HTMLInputElement;
    input.addEventListener('input', (event) => {
      const { inputType, isComposing } = event as InputEvent;
      if (!isComposing) this.edit(name, !inputType?.startsWith('delete'));
    });
    input.addEventListener('compositionend', () => this.edit(name, true));
    input.addEventListener('keydown', (event) => this.press(name, event));
    input.addEventListener('focus', () => this.listener_.focused(name));
    input.addEventListener('blur', () => {
      this.judge(name, input.value.trim() !== '');
      this.report();
      this.listener_.blurred(name);
    });
    return { input, error: this.element(`${name}-error`), shown: null, refused: false };
  }

  private press(name: FieldName, event: KeyboardEvent): void {
    if (event.isComposing || event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.key === 'Enter') {
      event.preventDefault();
      this.goOn(name);
      return;
    }
    const direction = event.key === 'Backspace' ? -1 : event.key === 'Delete' ? 1 : 0;
    const { input } = this.fields_[name];
    const caret = input.selectionStart;
    if (direction === 0 || name === 'name' || caret === null || caret !== input.selectionEnd)
      return;
    const erased = eraseAcrossGap(input.value, caret, direction);
    if (erased === null) return;
    event.preventDefault();
    this.put(input, erased);
    this.edit(name, false);
  }

  /**
   * Enter, or "next" on a screen keyboard: to the next field that must be filled; when there is
   * none, it is a wish to pay.
   */
  private goOn(name: FieldName): void {
    const rest = kFields.slice(kFields.indexOf(name) + 1);
    const used = this.used();
    const next = rest.find((later) => used.includes(later) && this.faultOf(later) === 'empty');
    if (next) this.fields_[next].input.focus();
    else this.listener_.entered();
  }

  private edit(name: FieldName, inserted: boolean): void {
    this.format(name, inserted);
    this.fields_[name].refused = false;
    this.listener_.edited();
    this.judge(name, false);
    if (name === 'number') this.judge('cvc', false);
    this.report();
  }

  private format(name: FieldName, inserted: boolean): void {
    const { input } = this.fields_[name];
    const caret = input.selectionStart ?? input.value.length;
    if (name === 'number') this.put(input, editNumber(input.value, caret, inserted));
    if (name === 'expiry') this.put(input, editExpiry(input.value, caret, inserted));
    if (name === 'cvc') this.put(input, editCvc(input.value, caret, this.network()));
    if (name === 'number') this.showNetwork();
  }

  private put(input: HTMLInputElement, edited: Edited): void {
    if (input.value === edited.text) return;
    input.value = edited.text;
    // Moving the caret of a field without focus would take the focus in some browsers.
    if (this.page_.activeElement === input) input.setSelectionRange(edited.caret, edited.caret);
  }

  private showNetwork(): void {
    const network = this.network();
    const rule = network === null ? null : kNetworkRules[network];
    this.element('network').textContent = rule?.label ?? '';
    this.element('cvc-hint').textContent = text('frame.cvc.hint', { n: rule?.cvcLength ?? 3 });
  }

  /** Decides what the field shows: its fault when `may_show` or when typing on cannot mend it. */
  private judge(name: FieldName, may_show: boolean): void {
    const fault = this.faultOf(name);
    const field = this.fields_[name];
    const typing = this.page_.activeElement === field.input;
    if (fault !== null && (may_show || field.refused || this.isFinal(name, fault))) {
      this.show(name, fault);
    } else {
      this.show(name, typing ? null : field.shown && fault);
    }
  }

  /** True when typing on in this field cannot mend the fault. */
  private isFinal(name: FieldName, fault: FieldFault): boolean {
    if (fault === 'network_not_accepted' || fault === 'past') return true;
    if (fault !== 'invalid' || name === 'name') return false;
    return name !== 'number' || this.network() === null || numberIsFull(this.digits('number'));
  }

  private show(name: FieldName, fault: FieldFault | null): void {
    const field = this.fields_[name];
    if (field.shown === fault) return;
    field.shown = fault;
    field.error.textContent = fault === null ? '' : fieldMessage(name, fault);
    if (fault === null) field.input.removeAttribute('aria-invalid');
    else field.input.setAttribute('aria-invalid', 'true');
  }

  private faultOf(name: FieldName): FieldFault | null {
    const { input, refused } = this.fields_[name];
    if (refused) return 'refused';
    if (name === 'number') return numberFault(this.digits('number'), this.accepted_);
    if (name === 'cvc') return cvcFault(this.digits('cvc'), this.network());
    if (name === 'name') return nameFault(input.value, this.name_mode_ === 'required');
    if (input.value.trim() === '') return 'empty';
    const expiry = readExpiry(input.value, this.now_());
    return typeof expiry === 'string' ? expiry : null;
  }

  private report(): void {
    const used = this.used();
    const errors = used.flatMap((field) => {
      const code = this.fields_[field].shown;
      return code === null ? [] : [{ field, code, message: fieldMessage(field, code) }];
    });
    const network = this.network();
    const change: FieldsChange = {
      empty: used.every((name) => this.fields_[name].input.value === ''),
      complete: used.every((name) => this.faultOf(name) === null),
      valid: errors.length === 0,
      network,
      networks: network === null ? [] : [network],
      errors,
    };
    const text = JSON.stringify(change);
    if (text === this.last_change_) return;
    this.last_change_ = text;
    this.listener_.changed(change);
  }

  private used(): FieldName[] {
    return kFields.filter((name) => name !== 'name' || this.name_mode_ !== 'hidden');
  }

  private network(): Network | null {
    return detectNetwork(this.digits('number'));
  }

  private digits(name: FieldName): string {
    return digitsOf(this.fields_[name].input.value);
  }

  private element(id: string): HTMLElement {
    const found = this.page_.getElementById(id);
    if (found === null) throw new Error(`card.html has no #${id}`);
    return found;
  }
}

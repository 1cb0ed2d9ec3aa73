// The fields of the card form: formatting while typing, what is wrong and when to say so. An error
// shows when the shopper leaves a field, at once when more typing cannot mend it, and goes away as
// soon as it is mended. Runs in the frame's document only; nothing else holds the typed values.

import { cvcFault, kFields, nameFault, numberFault } from '../shared/card_rules';
import type { FieldFault, FieldName } from '../shared/card_rules';
import { digitsOf, editCvc, editNumber, eraseAcrossGap, wholeIn } from '../shared/card_text';
import { editExpiry, readExpiry } from '../shared/expiry';
import { detectNetwork, kNetworkRules, maxPanDigits, type Network } from '../shared/networks';
import { text } from '../shared/texts';
import { Field } from './field';
import { fieldMessage } from './messages';
import { NetworkChoice, type AskNetworks } from './network_choice';
import { dress } from './network_mark';
import { Status } from './status';
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
  escaped(): void;
}

export type NameMode = 'hidden' | 'optional' | 'required';

export class CardFields implements CardSource {
  private readonly fields_: Record<FieldName, Field>;
  private readonly choice_: NetworkChoice;
  private readonly status_: Status;
  private name_mode_: NameMode = 'hidden';
  private last_change_ = '';

  constructor(
    private readonly page_: Document,
    private readonly now_: () => Date,
    private readonly listener_: FieldsListener,
    ask: AskNetworks,
  ) {
    const live = this.element('live');
    this.fields_ = {
      number: this.attach('number', live),
      expiry: this.attach('expiry', live),
      cvc: this.attach('cvc', live),
      name: this.attach('name', live),
    };
    this.choice_ = new NetworkChoice(this.element('networks'), ask, (by_shopper) => {
      if (by_shopper) listener_.edited();
      this.judge('number', false);
      this.refresh();
    });
    this.status_ = new Status(
      this.element('status'),
      this.element('countdown'),
      this.element('wait'),
      () => now_().getTime(),
    );
  }

  /** Formats what was typed, filled in or restored before this script ran, and reports. */
  start(): void {
    for (const name of kFields) this.format(name, true);
    this.refresh();
  }

  setNameMode(mode: NameMode): void {
    this.name_mode_ = mode;
    this.element('name-row').hidden = mode === 'hidden';
    this.fields_.name.input.required = mode === 'required';
    this.fields_.cvc.input.enterKeyHint = mode === 'hidden' ? 'done' : 'next';
    this.report();
  }

  /** The session's networks; empty means all. */
  setAccepted(networks: readonly string[]): void {
    this.choice_.accepted = networks;
    this.judge('number', false);
    this.refresh();
  }

  /** Says everything again in the language that is current now; values and focus stay. */
  translate(): void {
    this.page_.title = text('frame.title');
    this.element('title').textContent = text('frame.title');
    for (const name of kFields) {
      const { labels } = this.fields_[name].input;
      if (labels?.[0]) labels[0].textContent = text(`frame.${name}.label`);
      this.fields_[name].translate();
    }
    this.fields_.number.input.placeholder = text('frame.number.placeholder');
    this.fields_.expiry.input.placeholder = text('frame.expiry.placeholder');
    this.choice_.translate();
    this.status_.translate();
    this.refresh();
  }

  focus(field: FieldName | null): void {
    const wrong = this.used().find((name) => this.faultOf(name) !== null);
    this.fields_[field ?? wrong ?? 'number'].input.focus();
  }

  clear(): void {
    for (const name of kFields) this.fields_[name].clear();
    this.listener_.edited();
    this.refresh();
  }

  read(): TypedCard | readonly FieldName[] {
    const wrong = this.used().filter((name) => this.faultOf(name) !== null);
    const expiry = readExpiry(this.fields_.expiry.input.value, this.now_());
    if (wrong.length > 0 || typeof expiry === 'string') {
      this.blame(wrong);
      return wrong;
    }
    const digits = this.digits('number');
    return {
      number: digits,
      expiry,
      cvc: this.digits('cvc'),
      name: this.name_mode_ === 'hidden' ? '' : this.fields_.name.input.value.trim(),
      network: this.choice_.of(digits).length > 1 ? this.choice_.chosen(digits) : null,
    };
  }

  refuse(fields: readonly FieldName[]): void {
    for (const name of fields) this.fields_[name].refused = true;
    this.blame(fields);
  }

  work(under_way: boolean): void {
    this.status_.say(under_way ? 'frame.checking' : null);
  }

  hold(attempts_left: number | null, seconds: number | null): void {
    this.status_.hold(attempts_left, seconds);
  }

  get held(): boolean {
    return this.status_.held;
  }

  wipe(): void {
    this.lock('frame.taken');
  }

  close(): void {
    this.lock('frame.closed');
  }

  private lock(status: 'frame.taken' | 'frame.closed'): void {
    this.clear();
    (this.element('fields') as HTMLFieldSetElement).disabled = true;
    this.status_.hold(null, null);
    this.status_.say(status);
  }

  /** Shows what is wrong, and goes to the first field of it: that is what tells it aloud. */
  private blame(wrong: readonly FieldName[]): void {
    const first = wrong[0] && this.fields_[wrong[0]];
    for (const name of wrong) {
      this.fields_[name].show(this.faultOf(name), this.fields_[name] === first && first.focused);
    }
    this.report();
    first?.input.focus();
  }

  private attach(name: FieldName, live: HTMLElement): Field {
    const input = this.element(name) as HTMLInputElement;
    const field = new Field(name, input, live);
    input.addEventListener('input', (event) => {
      const { inputType = '', isComposing } = event as InputEvent;
      if (isComposing) return;
      if (name !== 'name' && inputType.startsWith('history')) {
        this.undo(field, inputType === 'historyRedo');
      } else this.edit(name, !inputType.startsWith('delete'));
    });
    input.addEventListener('compositionend', () => this.edit(name, true));
    input.addEventListener('keydown', (event) => this.press(field, event));
    input.addEventListener('paste', (event) => this.insert(field, event, event.clipboardData));
    input.addEventListener('drop', (event) => this.insert(field, event, event.dataTransfer));
    input.addEventListener('focus', () => this.listener_.focused(name));
    input.addEventListener('blur', () => {
      if (name === 'expiry') this.format(name, true);
      this.judge(name, input.value.trim() !== '');
      this.report();
      this.listener_.blurred(name);
    });
    return field;
  }

  /** A whole number, date or code that is pasted or dropped takes the place of what was there. */
  private insert(field: Field, event: Event, data: DataTransfer | null): void {
    if (field.name === 'name') return;
    const whole = wholeIn(field.name, data?.getData('text') ?? '');
    if (whole === null) return;
    event.preventDefault();
    field.input.focus();
    field.put({ text: whole, caret: whole.length });
    this.edit(field.name, true);
  }

  private press(field: Field, event: KeyboardEvent): void {
    const { name } = field;
    if (event.isComposing || event.altKey) return;
    if (event.key === 'Escape') this.listener_.escaped();
    if (event.key === 'Enter') {
      event.preventDefault();
      this.goOn(name);
    }
    if (name === 'name') return;
    if (event.ctrlKey || event.metaKey) {
      const key = event.key.toLowerCase();
      if (key !== 'z' && key !== 'y') return;
      event.preventDefault();
      this.undo(field, key === 'y' || event.shiftKey);
      return;
    }
    const direction = event.key === 'Backspace' ? -1 : event.key === 'Delete' ? 1 : 0;
    const { selectionStart, selectionEnd, value } = field.input;
    if (direction === 0 || selectionStart === null || selectionStart !== selectionEnd) return;
    const erased = eraseAcrossGap(value, selectionStart, direction);
    if (erased === null) return;
    event.preventDefault();
    field.put(erased);
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

  private undo(field: Field, redo: boolean): void {
    field.undo(redo);
    this.settle(field.name);
  }

  private edit(name: FieldName, inserted: boolean): void {
    this.format(name, inserted);
    this.settle(name);
  }

  /** The value of a field has changed: what follows from it. */
  private settle(name: FieldName): void {
    this.fields_[name].refused = false;
    this.listener_.edited();
    this.judge(name, false);
    if (name === 'number') this.judge('cvc', false);
    this.refresh();
  }

  private format(name: FieldName, inserted: boolean): void {
    const field = this.fields_[name];
    const { value } = field.input;
    const { caret } = field;
    const edited =
      name === 'number'
        ? editNumber(value, caret, inserted)
        : name === 'expiry'
          ? editExpiry(value, caret, inserted)
          : name === 'cvc' && editCvc(value, caret, this.network());
    // What erasing left as it should be keeps the caret where the browser has put it.
    if (edited && (inserted || edited.text !== value)) field.put(edited);
    field.remember();
  }

  /** Everything that shows which network the number is of. */
  private refresh(): void {
    const digits = this.digits('number');
    const network = this.network();
    void this.choice_.update(digits);
    const n = network === null ? 3 : kNetworkRules[network].cvcLength;
    dress(this.element('mark'), network);
    this.element('network').textContent = network && kNetworkRules[network].label;
    const front = n === 4;
    this.element('cvc-mark').dataset['front'] = String(front);
    this.element('cvc-hint').textContent = text(front ? 'frame.cvc.help_front' : 'frame.cvc.help', {
      n,
    });
    this.fields_.cvc.input.placeholder = '1234'.slice(0, n);
    this.report();
  }

  /** Decides what the field shows: its fault when `may_show` or when typing on cannot mend it. */
  private judge(name: FieldName, may_show: boolean): void {
    const fault = this.faultOf(name);
    const field = this.fields_[name];
    if (fault !== null && (may_show || field.refused || this.isFinal(name, fault))) {
      field.show(fault, true);
    } else {
      field.show(field.focused ? null : field.shown && fault, true);
    }
  }

  /** True when typing on in this field cannot mend the fault. */
  private isFinal(name: FieldName, fault: FieldFault): boolean {
    if (fault === 'network_not_accepted') return true;
    // "20" may be on its way to 2030.
    if (fault === 'past') return !this.digits(name).endsWith('20');
    if (fault !== 'invalid' || name === 'name') return false;
    const digits = this.digits('number');
    const network = detectNetwork(digits);
    return name !== 'number' || network === null || digits.length >= maxPanDigits(network);
  }

  private faultOf(name: FieldName): FieldFault | null {
    const { input, refused } = this.fields_[name];
    const digits = this.digits(name);
    if (refused) return 'refused';
    if (name === 'number') {
      return numberFault(digits, this.network(), this.choice_.acceptable(digits));
    }
    if (name === 'cvc') return cvcFault(digits, this.network());
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
    const change: FieldsChange = {
      empty: used.every((name) => this.fields_[name].input.value === ''),
      complete: used.every((name) => this.faultOf(name) === null),
      valid: errors.length === 0,
      network: this.network(),
      networks: [...this.choice_.of(this.digits('number'))],
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
    return this.choice_.chosen(this.digits('number'));
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

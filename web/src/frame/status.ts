// What the form says as a whole, under the fields: that the card was taken, how many attempts are
// left, and for how long the server wants no other one. A cool-down is announced once, when it
// begins; the seconds that run down are only for the eye.

import { text, type TextKey, type Values } from '../shared/texts';

export class Status {
  private said_: [TextKey, Values] | null = null;
  private until_ms_ = 0;
  private timer_: ReturnType<typeof setInterval> | undefined;

  constructor(
    private readonly line_: HTMLElement,
    private readonly countdown_: HTMLElement,
    private readonly aloud_: HTMLElement,
    private readonly now_ms_: () => number,
  ) {}

  say(key: TextKey | null, values: Values = {}): void {
    this.said_ = key && [key, values];
    this.translate();
  }

  /** The server's answer to an attempt: what is left of them, and how long to wait. */
  hold(attempts_left: number | null, seconds: number | null): void {
    if (attempts_left === null) this.say(null);
    else this.say('frame.attempts_left', { n: attempts_left });
    this.until_ms_ = this.now_ms_() + (seconds ?? 0) * 1000;
    clearInterval(this.timer_);
    if (!this.held) return;
    this.timer_ = setInterval(() => this.count(), 1000);
    this.count();
    this.aloud_.textContent = this.countdown_.textContent;
  }

  /** A cool-down is running: nothing may be sent. */
  get held(): boolean {
    return this.now_ms_() < this.until_ms_;
  }

  /** The words again, in the language that is current now. */
  translate(): void {
    this.line_.textContent = this.said_ ? text(...this.said_) : '';
    if (this.held) this.count();
  }

  private count(): void {
    const n = Math.ceil((this.until_ms_ - this.now_ms_()) / 1000);
    this.countdown_.textContent = n > 0 ? text('frame.cool_down', { n }) : '';
    if (n > 0) return;
    clearInterval(this.timer_);
    this.aloud_.textContent = '';
  }
}

// The last two minutes of a session: what is left is shown each second, and said aloud only now and
// then, as a voice that counts keeps people from typing. The server may give more time at any
// moment.

export interface CountdownEvents {
  /** Each second; null when there is more time than is worth showing. */
  show(seconds_left: number | null): void;
  /** What is left, at the few moments when it is worth interrupting for. */
  announce(seconds_left: number): void;
  extended(): void;
  over(): void;
}

const kShowSeconds = 120;
const kAnnounceSeconds = [kShowSeconds, 60, 30, 10];
/** What two answers of the server may differ by without being news. */
const kJitterMs = 3000;

export class Countdown {
  private timer_: ReturnType<typeof setInterval> | undefined;
  private ends_ms_: number | null = null;
  private shown_ = false;
  private announced_ = Infinity;

  constructor(
    private readonly now_ms_: () => number,
    private readonly events_: CountdownEvents,
  ) {}

  /** The server says that so many seconds are left. */
  set(seconds: number): void {
    const before = this.ends_ms_;
    const ends_ms = this.now_ms_() + seconds * 1000;
    // Half seconds of the network must not make the clock jump to and fro.
    if (before !== null && Math.abs(ends_ms - before) < kJitterMs) return;
    this.ends_ms_ = ends_ms;
    if (before !== null && ends_ms > before && this.shown_) this.events_.extended();
    this.announced_ = Infinity;
    clearInterval(this.timer_);
    this.timer_ = setInterval(() => this.tick(), 1000);
    this.tick();
  }

  stop(): void {
    clearInterval(this.timer_);
    this.ends_ms_ = null;
    this.hide();
  }

  private tick(): void {
    if (this.ends_ms_ === null) return;
    const left = Math.ceil((this.ends_ms_ - this.now_ms_()) / 1000);
    if (left <= 0) {
      this.stop();
      this.events_.over();
    } else if (left > kShowSeconds) {
      this.hide();
    } else {
      this.shown_ = true;
      this.events_.show(left);
      const due = Math.min(...kAnnounceSeconds.filter((seconds) => left <= seconds));
      if (due < this.announced_) this.events_.announce(left);
      this.announced_ = Math.min(due, this.announced_);
    }
  }

  private hide(): void {
    if (this.shown_) this.events_.show(null);
    this.shown_ = false;
  }
}

/** "1:05" in the digits of `locale`. */
export function formatTime(seconds: number, locale: string): string {
  const minutes = new Intl.NumberFormat(locale).format(Math.floor(seconds / 60));
  const rest = new Intl.NumberFormat(locale, { minimumIntegerDigits: 2 }).format(seconds % 60);
  return `${minutes}:${rest}`;
}

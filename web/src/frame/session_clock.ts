// How long the session lasts: tells the host when two minutes are left, asks the server again at
// that moment and when the session should be over, as it may have been given more time since.

const kWarnSeconds = 120;

export class SessionClock {
  private timer_: ReturnType<typeof setTimeout> | undefined;
  private ends_ms_ = 0;
  private warned_ = false;

  constructor(
    private readonly now_ms_: () => number,
    private readonly reload_: () => void,
    private readonly expiring_: (seconds_left: number) => void,
  ) {}

  /** The server says that the session ends in so many seconds; null when it has no end any more. */
  set(seconds: number | null): void {
    clearTimeout(this.timer_);
    if (seconds === null) return;
    this.ends_ms_ = this.now_ms_() + seconds * 1000;
    const early = seconds > kWarnSeconds;
    if (!early && !this.warned_) this.expiring_(Math.floor(seconds));
    this.warned_ = !early;
    const wait = early ? seconds - kWarnSeconds : seconds + 1;
    this.timer_ = setTimeout(this.reload_, wait * 1000);
  }

  /** The server could not be asked: goes by what it said last. */
  runOn(): void {
    const left = (this.ends_ms_ - this.now_ms_()) / 1000;
    if (left > 0) this.set(left);
  }
}

// Listeners by event name. A listener that throws does not keep the others from being called; its
// error is reported to the page as an uncaught one.

type Listener<T> = (value: T) => void;

export class Emitter<Events> {
  private readonly listeners_ = new Map<keyof Events, Set<Listener<never>>>();

  /** Calls `listener` at every `event` until the returned function is called. */
  on<E extends keyof Events>(event: E, listener: Listener<Events[E]>): () => void {
    const set = this.listeners_.get(event) ?? new Set();
    this.listeners_.set(event, set);
    // A wrapper of its own per call: the same function may be registered twice.
    const own: Listener<Events[E]> = (value) => listener(value);
    set.add(own as Listener<never>);
    return () => {
      set.delete(own as Listener<never>);
    };
  }

  emit<E extends keyof Events>(event: E, value: Events[E]): void {
    for (const listener of [...(this.listeners_.get(event) ?? [])]) {
      try {
        (listener as Listener<Events[E]>)(value);
      } catch (error) {
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }

  clear(): void {
    this.listeners_.clear();
  }
}

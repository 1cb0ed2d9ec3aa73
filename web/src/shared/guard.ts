// Runtime schema checks for what crosses a trust boundary: messages between windows and answers of
// the server. A guard is a predicate that also tells TypeScript the type, so a message's type is
// written once. Members that a guard does not name are ignored.

export type Guard<T> = (value: unknown) => value is T;
export type Guarded<G> = G extends Guard<infer T> ? T : never;

export function text(max: number): Guard<string> {
  return (v): v is string => typeof v === 'string' && v.length <= max;
}

export function integer(min: number, max: number): Guard<number> {
  return (v): v is number => Number.isInteger(v) && (v as number) >= min && (v as number) <= max;
}

export const flag: Guard<boolean> = (v): v is boolean => typeof v === 'boolean';

export function oneOf<const T extends readonly unknown[]>(...values: T): Guard<T[number]> {
  return (v): v is T[number] => values.includes(v);
}

export function orNull<T>(guard: Guard<T>): Guard<T | null> {
  return (v): v is T | null => v === null || guard(v);
}

export function list<T>(guard: Guard<T>, max: number): Guard<T[]> {
  return (v): v is T[] => Array.isArray(v) && v.length <= max && [...v].every(guard); // holes, too
}

export function dictionary<T>(guard: Guard<T>, max: number): Guard<Record<string, T>> {
  return (v): v is Record<string, T> => {
    // A plain object: what else a message can be (a Map, a Date) has no members of its own.
    if (typeof v !== 'object' || v === null) return false;
    if (Object.getPrototypeOf(v) !== Object.prototype) return false;
    const values = Object.values(v);
    return values.length <= max && values.every(guard);
  };
}

export function shape<S extends Record<string, Guard<unknown>>>(
  members: S,
): Guard<{ [K in keyof S]: Guarded<S[K]> }> {
  return (v): v is { [K in keyof S]: Guarded<S[K]> } =>
    typeof v === 'object' &&
    v !== null &&
    Object.keys(members).every((k) => members[k]?.((v as Record<string, unknown>)[k]));
}

export function anyOf<G extends readonly Guard<unknown>[]>(
  ...guards: G
): Guard<Guarded<G[number]>> {
  return (v): v is Guarded<G[number]> => guards.some((guard) => guard(v));
}

// The ES module build, obolus.mjs. Importing it does nothing, on a server neither.

import { defineElement } from './element';
import type { InitOptions, Obolus } from './obolus';
import { start } from './session';

export { ObolusError } from './errors';

export function init(sessionKey: string, options?: InitOptions): Promise<Obolus> {
  return start(import.meta.url, sessionKey, options);
}

export function defineObolusCard(tag = 'obolus-card'): void {
  defineElement(init, tag);
}

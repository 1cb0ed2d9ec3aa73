// The ES module build, obolus.mjs. Bundled into a shop's own script it must be told `baseUrl`.

import type { InitOptions, Obolus } from './obolus';
import { start } from './session';

export { ObolusError } from './errors';

export function init(sessionKey: string, options?: InitOptions): Promise<Obolus> {
  return start(import.meta.url, sessionKey, options);
}

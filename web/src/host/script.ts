// The classic script build, obolus.js: one global, `Obolus`.

import type { InitOptions, Obolus } from './obolus';
import { start } from './session';

export { ObolusError } from './errors';

// Known only while the script runs for the first time.
const script = typeof document === 'undefined' ? null : document.currentScript;
const script_url = (script as HTMLScriptElement | null)?.src;

export function init(sessionKey: string, options?: InitOptions): Promise<Obolus> {
  return start(script_url, sessionKey, options);
}

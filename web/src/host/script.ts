// The classic script build, obolus.js: one global, `Obolus`.

import type { InitOptions, Obolus } from './obolus';
import { start } from './session';

export { ObolusError } from './errors';

// Known only while the script runs for the first time.
const script = document.currentScript;
const script_url = script instanceof HTMLScriptElement ? script.src : undefined;

export function init(sessionKey: string, options?: InitOptions): Promise<Obolus> {
  return start(script_url, sessionKey, options);
}

// Node 18 has WebCrypto, but not as a global; browsers and later versions do. Import for the
// effect.

import { webcrypto } from 'node:crypto';

if (!('crypto' in globalThis)) {
  Object.defineProperty(globalThis, 'crypto', { value: webcrypto });
}

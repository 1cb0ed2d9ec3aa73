// The classic script build with the custom element, element.js: the global `Obolus` of obolus.js,
// and <obolus-card>. A file of its own, so that pages without the element do not pay for it.

import { defineElement } from './element';
import { init, ObolusError } from './script';

export { init, ObolusError };

export function defineObolusCard(tag = 'obolus-card'): void {
  defineElement(init, tag);
}

defineObolusCard();

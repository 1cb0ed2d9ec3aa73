// The merchant's wishes for the look of the form, let in by whitelist: known names, and values of a
// known shape. Nothing that could load a resource (no url, no function but rgb and hsl), reach out
// of its declaration, or hide what the form says (no display, no opacity, no transparent or tiny
// text). docs/integrating.md has the table. Applied through the style sheet's object model, which a
// policy without 'unsafe-inline' allows.

const kInk = /^(#[0-9a-f]{3}|#[0-9a-f]{6}|(?!transparent$)[a-z]{3,24})$/i;
const kPaintText = String.raw`(#[0-9a-f]{3,8}|[a-z]{3,24}|(rgb|hsl)a?\([\d\s.,%/]{5,40}\))`;
const kPaint = new RegExp(`^${kPaintText}$`, 'i');
const kShadow = new RegExp(`^(none|(inset )?(-?\\d{1,2}(px)? ){2,4}${kPaintText})$`, 'i');
const kLength = /^\d{1,2}(\.\d{1,3})?(px|rem)$/;
const kLengths = /^(\d{1,2}(\.\d{1,3})?(px|rem|em)?( |$)){1,4}$/;
const kTextSize =
  /^((1[2-9]|[2-4]\d)(\.\d{1,3})?px|(0?\.(7[5-9]\d?|[89]\d{0,2})|[12](\.\d{1,3})?)r?em)$/;

/** By their names as CSS writes them; the style sheet has a custom property for each. */
const kVariables: Readonly<Record<string, RegExp>> = {
  'color-text': kInk,
  'color-muted': kInk,
  'color-field': kInk,
  'color-border': kInk,
  'color-accent': kInk,
  'color-danger': kInk,
  radius: kLength,
  'font-size': kTextSize,
  gap: kLength,
};

const kProperties: Readonly<Record<string, RegExp>> = {
  color: kInk,
  'background-color': kPaint,
  'border-color': kPaint,
  'border-width': kLengths,
  'border-radius': kLengths,
  'box-shadow': kShadow,
  padding: kLengths,
  'font-size': kTextSize,
  'font-weight': /^(normal|bold|[1-9]00)$/,
  'font-style': /^(normal|italic)$/,
  'letter-spacing': /^(normal|-?0?\.0\d?em|0?\.\d{1,2}em|[0-3](\.\d{1,2})?px)$/,
  'text-transform': /^(none|uppercase|lowercase|capitalize)$/,
};

/** The parts of the form, and what each is to the style sheet. */
const kInput = '.row input:not([type])';
const kParts = {
  label: '.row > label',
  input: kInput,
  'input:hover': `${kInput}:hover`,
  'input:focus': `${kInput}:focus`,
  'input:invalid': `${kInput}[aria-invalid]`,
  placeholder: `${kInput}::placeholder`,
  error: '.error',
} as const;

type Wishes = Readonly<Record<string, string>>;

/** The wishes that `allowed` has, `borderColor` as `border-color`, with values of its shape. */
function admitted(wishes: Wishes, allowed: Readonly<Record<string, RegExp>>): [string, string][] {
  return Object.entries(wishes).flatMap(([name, value]): [string, string][] => {
    const property = name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    const known = Object.hasOwn(allowed, property) && allowed[property]?.test(value);
    return known ? [[property, value]] : [];
  });
}

/** The declarations of one part; what is not on the whitelist is left out. */
export function declarations(rule: Wishes): [property: string, value: string][] {
  return admitted(rule, kProperties);
}

/** The CSS custom properties to set; what is not on the whitelist is left out. */
export function customProperties(variables: Wishes): [property: string, value: string][] {
  return admitted(variables, kVariables).map(([name, value]) => [`--${name}`, value]);
}

export interface Look {
  readonly theme: string;
  readonly layout: string;
  readonly variables: Wishes;
  readonly rules: Readonly<Record<string, Wishes>>;
}

let rules_added = 0;

/** Dresses the document in `look` and nothing else: what an earlier look had goes away. */
export function applyAppearance(page: Document, look: Look): void {
  const root = page.documentElement;
  root.dataset['theme'] = look.theme;
  root.dataset['layout'] = look.layout;
  root.removeAttribute('style');
  for (const [name, value] of customProperties(look.variables)) root.style.setProperty(name, value);
  const sheet = page.styleSheets[0];
  if (!sheet) return;
  for (; rules_added > 0; rules_added--) sheet.deleteRule(sheet.cssRules.length - 1);
  for (const [part, selector] of Object.entries(kParts)) {
    const rule = Object.hasOwn(look.rules, part) ? look.rules[part] : undefined;
    const text = declarations(rule ?? {}).map((declaration) => declaration.join(':'));
    sheet.insertRule(`${selector}{${text.join(';')}}`, sheet.cssRules.length);
    rules_added++;
  }
}

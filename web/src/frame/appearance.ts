// The merchant's wishes for the look of the form, let in by whitelist: known names, plain colours
// and lengths. Nothing that could load a resource or hide what the form is.

const kColour = /^(#[0-9a-f]{3}|#[0-9a-f]{6}|[a-z]{3,24})$/i;
const kLength = /^\d{1,3}(\.\d{1,3})?(px|rem)$/;

const kVariables: Readonly<Record<string, readonly [property: string, allowed: RegExp]>> = {
  colorText: ['--text', kColour],
  colorMuted: ['--muted', kColour],
  colorField: ['--field', kColour],
  colorBorder: ['--border', kColour],
  colorAccent: ['--accent', kColour],
  colorDanger: ['--danger', kColour],
  radius: ['--radius', kLength],
  fontSize: ['--font-size', kLength],
  gap: ['--gap', kLength],
};

/**
 * The CSS custom properties to set; names and values that are not on the whitelist are left out.
 */
export function customProperties(variables: Readonly<Record<string, string>>): [string, string][] {
  const result: [string, string][] = [];
  for (const [name, value] of Object.entries(variables)) {
    const rule = Object.hasOwn(kVariables, name) ? kVariables[name] : undefined;
    if (rule?.[1].test(value)) result.push([rule[0], value]);
  }
  return result;
}

export function applyAppearance(
  root: HTMLElement,
  theme: string,
  variables: Readonly<Record<string, string>>,
): void {
  root.dataset['theme'] = theme;
  for (const [property, value] of customProperties(variables)) {
    root.style.setProperty(property, value);
  }
}

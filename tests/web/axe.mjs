// axe-core in a page and in its card frame, each document on its own as axe's makers have it done
// for frames of another site (runPartial, finishRun), so that what is asked of a page is asked of
// the page only. axe cannot see through a frame: the shop's ground is painted behind the form.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const kSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const kTags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
const kOptions = { runOnly: { type: 'tag', values: kTags } };

// {checks, rules, violations, unsure}: elements that passed or failed a rule, rules that applied,
// and what failed or could not be decided, as lines.
export async function inspect(page, form, ground) {
  for (const frame of [page, form]) {
    if (frame) await frame.evaluate(kSource);
  }
  const painted =
    form &&
    (await form.evaluate((colour) => {
      const { style } = document.documentElement;
      const before = style.backgroundColor;
      style.backgroundColor = colour;
      return before;
    }, ground));
  const partial = [
    await page.evaluate((options) => window.axe.runPartial(document, options), kOptions),
  ];
  if (form) {
    const context = await page.evaluate(
      () => window.axe.utils.getFrameContexts(document)[0]?.frameContext,
    );
    if (!context) throw new Error('axe sees no card frame in the page');
    partial.push(await form.evaluate(([c, o]) => window.axe.runPartial(c, o), [context, kOptions]));
    await form.evaluate((before) => {
      document.documentElement.style.backgroundColor = before;
    }, painted);
  }
  if (!form) {
    // Frames that are left out: the bank's, for example.
    const frames = await page.evaluate(() => window.axe.utils.getFrameContexts(document).length);
    partial.push(...Array(frames).fill(null));
  }
  const results = await page.evaluate(
    ([parts, options]) => window.axe.finishRun(parts, options),
    [partial, kOptions],
  );
  const nodes = (rules) => rules.reduce((sum, rule) => sum + rule.nodes.length, 0);
  return {
    checks: nodes(results.passes) + nodes(results.violations),
    rules: results.passes.length + results.violations.length,
    violations: results.violations.flatMap(lines),
    unsure: results.incomplete.flatMap(lines),
  };
}

function lines({ id, nodes }) {
  return nodes.map(({ target, any, all, none }) => {
    const why = [...any, ...all, ...none].map(({ message }) => message).join('; ');
    return `${id}: ${target.flat().join(' ')}: ${why}`;
  });
}

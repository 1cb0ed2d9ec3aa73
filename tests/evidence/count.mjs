// Runs test files and counts the tests whose names match, so that a table of tests can be quoted as
// one figure: "18 of 18 parents are right". Exit code 1 when one fails or none is there.
//
//   node tests/evidence/count.mjs PATTERN "what they show" FILE...
import { run } from 'node:test';
import path from 'node:path';

const [pattern, what, ...files] = process.argv.slice(2);
if (files.length === 0) throw new Error('usage: count.mjs PATTERN WHAT FILE...');
const wanted = new RegExp(pattern);
let passed = 0;
let failed = 0;
let others = 0;

const stream = run({ files: files.map((file) => path.resolve(file)), concurrency: 1 });
for await (const { type, data } of stream) {
  if (type !== 'test:pass' && type !== 'test:fail') continue;
  if (data.details?.type === 'suite' || data.nesting === 0) continue;
  const isWanted = wanted.test(data.name);
  if (type === 'test:fail') console.error(`failed: ${data.name}`);
  if (isWanted && type === 'test:pass') passed++;
  if (isWanted && type === 'test:fail') failed++;
  if (!isWanted && type === 'test:fail') others++;
}
console.log(`${passed} of ${passed + failed} ${what}`);
if (others > 0) console.log(`and ${others} other tests failed`);
process.exitCode = passed > 0 && failed === 0 && others === 0 ? 0 : 1;

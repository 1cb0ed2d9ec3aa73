// What auditors are given holds together: docs/asvs.csv has every requirement of OWASP ASVS 5.0.0
// once, names files that exist, and says why where it says no; and every figure of docs/security.md
// has a make target.
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, test } from 'node:test';
import { kRoot } from '../support/processes.mjs';
import { kFigures } from './figures.mjs';

const read = (file) => readFileSync(path.join(kRoot, file), 'utf8');

// Requirements a section, as OWASP published 5.0.0 in May 2025: 345 in all.
const kSections = {
  1: [2, 10, 12, 3, 3],
  2: [3, 3, 5, 2],
  3: [1, 3, 5, 8, 8, 1, 5],
  4: [5, 5, 2, 4],
  5: [1, 6, 3, 3],
  6: [3, 12, 8, 6, 8, 4, 2, 4],
  7: [3, 4, 2, 5, 3, 2],
  8: [4, 4, 3, 2],
  9: [3, 4],
  10: [2, 3, 5, 16, 5, 2, 3],
  11: [4, 5, 5, 4, 2, 2, 2],
  12: [5, 2, 5],
  13: [4, 6, 4, 7],
  14: [2, 8, 3],
  15: [5, 5, 7, 4],
  16: [1, 5, 4, 3, 4],
  17: [2, 8, 2],
};

function allRequirements() {
  const all = [];
  for (const [chapter, sections] of Object.entries(kSections)) {
    sections.forEach((count, section) => {
      for (let i = 1; i <= count; i++) all.push(`V${chapter}.${section + 1}.${i}`);
    });
  }
  return all;
}

// RFC 4180, as far as this file uses it: quoted fields, doubled quotes, no line breaks within.
function parseCsv(text) {
  const [header, ...lines] = text.trimEnd().split('\n');
  const names = header.split(',');
  return lines.map((line) => {
    const fields = [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^",]*))/g)].map(
      ([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain,
    );
    assert.equal(fields.length, names.length, line);
    return Object.fromEntries(names.map((name, i) => [name, fields[i]]));
  });
}

describe('docs/asvs.csv', () => {
  const rows = parseCsv(read('docs/asvs.csv'));

  test('has every requirement once, in order', () => {
    assert.equal(allRequirements().length, 345);
    assert.deepEqual(
      rows.map(({ requirement }) => requirement),
      allRequirements(),
    );
    const levels = [1, 2, 3].map((level) => rows.filter((row) => row.level === `${level}`).length);
    assert.deepEqual(levels, [70, 183, 92]);
  });

  test('names evidence that exists', () => {
    for (const { requirement, evidence } of rows) {
      for (const file of evidence.split(' ').filter(Boolean)) {
        assert.ok(existsSync(path.join(kRoot, file)), `${requirement}: ${file}`);
      }
    }
  });

  test('has evidence for what is met, and a reason for all else', () => {
    for (const { requirement, verdict, evidence, note } of rows) {
      assert.match(verdict, /^(met|partly|host|na|no)$/, requirement);
      if (verdict === 'met') assert.notEqual(evidence, '', requirement);
      else assert.ok(note.length > 5, requirement);
    }
  });

  test('is counted in docs/security.md', () => {
    const count = (verdict) => rows.filter((row) => row.verdict === verdict).length;
    const counted =
      `${count('met')} of ${rows.length - count('na')} requirements that apply are met, ` +
      `${count('partly')} in part, ${count('host')} are the host's, ` +
      `${count('no')} are not met; ${count('na')} do not apply`;
    const page = read('docs/security.md').replaceAll('\n', ' ');
    assert.ok(page.includes(counted), `not there: ${counted}`);
  });
});

describe('docs/security.md', () => {
  test('has a make target for every figure, and names each', () => {
    const makefile = read('Makefile');
    const page = read('docs/security.md');
    for (const { target } of kFigures) {
      assert.match(makefile, new RegExp(`^${target}:`, 'm'), target);
      assert.ok(page.includes(`\`make ${target}\``), `\`make ${target}\` is not in the page`);
    }
  });
});

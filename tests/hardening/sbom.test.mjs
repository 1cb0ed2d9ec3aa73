// The list of components (packaging/sbom) of this build: valid by CycloneDX's own schema, the same
// bytes each time, and complete: whatever the loader maps and whatever was compiled in is in it.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import Ajv from 'ajv';
import addFormats from 'ajv-formats';
import { kRoot, programPath, run } from '../support/processes.mjs';

const kProgram = programPath('obolus');
const kBuild = path.resolve(path.dirname(kProgram), '../..');

function schemaFile(name) {
  const { resolve } = createRequire(import.meta.url);
  const library = resolve('@cyclonedx/cyclonedx-library/package.json');
  const file = path.join(path.dirname(library), 'res/schema', `${name}.SNAPSHOT.schema.json`);
  return JSON.parse(readFileSync(file, 'utf8'));
}

function validator() {
  const ajv = addFormats(new Ajv({ strict: false, allErrors: true }));
  ajv.addFormat('idn-email', true);
  ajv.addFormat('iri-reference', true);
  for (const name of ['spdx', 'jsf-0.82']) {
    ajv.addSchema(schemaFile(name), `http://cyclonedx.org/schema/${name}.SNAPSHOT.schema.json`);
  }
  return ajv.compile(schemaFile('bom-1.6'));
}

const property = (part, name) =>
  (part.properties ?? []).filter((one) => one.name === name).map(({ value }) => value);

// The libraries that the loader maps for the program and that no component names.
function unlisted(bom, program) {
  const listed = new Set(bom.components.flatMap((part) => property(part, 'obolus:file')));
  const mapped = [...run('ldd', [program]).stdout.matchAll(/(\/\S+) \(0x/g)];
  return mapped.map(([, file]) => realpathSync(file)).filter((file) => !listed.has(file));
}

describe('the list of components', () => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'obolus-sbom-'));
  const write = (name, environment) => {
    const output = path.join(folder, name);
    const args = ['--build', kBuild, '--output', output];
    const env = { ...process.env, ...environment };
    const { status, stderr } = run(path.join(kRoot, 'packaging/sbom'), args, { env });
    assert.equal(status, 0, stderr);
    return readFileSync(output, 'utf8');
  };
  let text;
  let bom;
  let isValid;
  before(() => {
    text = write('one.json', { SOURCE_DATE_EPOCH: '1800000000' });
    bom = JSON.parse(text);
    isValid = validator();
  });
  after(() => rmSync(folder, { recursive: true }));

  test('is valid CycloneDX 1.6', () => {
    assert.ok(isValid(bom), JSON.stringify(isValid.errors?.slice(0, 5)));
    const broken = { ...bom, components: [{ ...bom.components[0], type: 'thing' }] };
    assert.ok(!isValid(broken), 'the schema is really asked');
  });

  test('has the same bytes for the same input, and the time that it is told', () => {
    assert.equal(write('two.json', { SOURCE_DATE_EPOCH: '1800000000' }), text);
    assert.equal(bom.metadata.timestamp, '2027-01-15T08:00:00Z');
  });

  test('has every library that is mapped when the program starts', () => {
    assert.deepEqual(unlisted(bom, kProgram), []);
  });

  test('a library that is missing in it is found', () => {
    const without = bom.components.filter(({ name }) => name !== 'libseccomp2');
    assert.equal(without.length, bom.components.length - 1);
    const [missing, ...more] = unlisted({ ...bom, components: without }, kProgram);
    assert.match(missing, /libseccomp/);
    assert.deepEqual(more, []);
  });

  test('has what is only headers, and what only builds, each marked as such', () => {
    const find = (name) => bom.components.find((part) => part.name === name);
    for (const name of ['libboost1.81-dev', 'libtomlplusplus-dev', 'libcli11-dev']) {
      assert.deepEqual(property(find(name), 'obolus:use'), ['headers'], name);
    }
    const lock = JSON.parse(readFileSync(path.join(kRoot, 'web/package-lock.json'), 'utf8'));
    assert.equal(find('esbuild').version, lock.packages['node_modules/esbuild'].version);
    assert.equal(find('esbuild').scope, 'excluded');
    assert.equal(find('clang-19').scope, 'excluded');
  });

  test('says which program it is about, and who needs whom', () => {
    const own = bom.metadata.component;
    const sha256 = run('sha256sum', [kProgram]).stdout.slice(0, 64);
    assert.deepEqual(own.hashes, [{ alg: 'SHA-256', content: sha256 }]);
    assert.match(property(own, 'obolus:git-revision')[0], /^[0-9a-f]{40}$/);
    assert.match(property(own, 'obolus:build-id')[0], /^[0-9a-f]{16,}$/);
    const refs = new Set([own['bom-ref'], ...bom.components.map((part) => part['bom-ref'])]);
    for (const { ref, dependsOn } of bom.dependencies) {
      assert.ok(refs.has(ref) && dependsOn.every((other) => refs.has(other)), ref);
    }
    const needs = (ref) => bom.dependencies.find((one) => one.ref === ref).dependsOn.join();
    const curl = bom.components.find(({ name }) => name === 'libcurl4');
    assert.match(needs(own['bom-ref']), /libcurl4@.*libssl3@/);
    assert.match(needs(curl['bom-ref']), /libnghttp2-14@/);
  });

  test('every component has a version and a purl', () => {
    for (const { name, version, purl } of bom.components) {
      assert.ok(version, name);
      assert.match(purl, /^pkg:(deb\/debian|npm)\/\S+@\S+$/, name);
    }
  });

  test('a build of which nothing is recorded has no list', () => {
    const args = ['--build', folder, '--output', path.join(folder, 'no.json')];
    writeFileSync(path.join(folder, 'nothing'), '');
    assert.notEqual(run(path.join(kRoot, 'packaging/sbom'), args).status, 0);
  });
});

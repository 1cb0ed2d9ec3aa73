// The contracts in api/ as checks: every answer of obolus that a component test sees is held
// against openapi.yaml, operator.yaml and problem.json, every event against events/*.json.
import Ajv2020 from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import { kRoot } from './processes.mjs';

const kBase = 'https://obolus.example/api/';
const folder = path.join(kRoot, 'api');
const ajv = new Ajv2020({ strict: false, allErrors: true });
addFormats(ajv);

export const documents = {};
for (const file of ['openapi.yaml', 'operator.yaml', 'asyncapi.yaml']) {
  documents[file] = parse(readFileSync(path.join(folder, file), 'utf8'));
  ajv.addSchema({ $id: kBase + file, ...documents[file] });
}
ajv.addSchema(JSON.parse(readFileSync(path.join(folder, 'problem.json'), 'utf8')));
for (const file of readdirSync(path.join(folder, 'events'))) {
  ajv.addSchema(JSON.parse(readFileSync(path.join(folder, 'events', file), 'utf8')));
}

function hold(value, reference, what) {
  const validate = ajv.getSchema(reference);
  assert.ok(validate, `no schema ${reference}`);
  assert.ok(
    validate(value),
    `${what}: ${ajv.errorsText(validate.errors)}\n${JSON.stringify(value)}`,
  );
}

export function assertMatches(value, schema, what = schema) {
  hold(value, `${kBase}openapi.yaml#/components/schemas/${schema}`, what);
}

export function assertProblem(answer) {
  assert.match(answer.headers['content-type'] ?? '', /^application\/problem\+json/, answer.text);
  hold(answer.json, `${kBase}problem.json`, 'problem');
  assert.equal(answer.json.status, answer.status);
  assert.equal(answer.json.code, answer.status);
}

export function assertEvent({ event, headers }) {
  hold(headers, `${kBase}asyncapi.yaml#/components/schemas/SentHeaders`, 'event headers');
  hold(event.data, `${kBase}events/${event.type}.json`, event.type);
}

// Every operation that is documented: {document, listener, method, path, operation}.
export function operations() {
  const found = [];
  for (const document of ['openapi.yaml', 'operator.yaml']) {
    for (const [route, item] of Object.entries(documents[document].paths)) {
      for (const method of ['get', 'post', 'options', 'delete', 'put']) {
        const operation = item[method];
        if (operation)
          found.push({ document, listener: operation.tags[0], method, path: route, operation });
      }
    }
  }
  return found;
}

function patternOf(route) {
  return new RegExp(`^${route.replace(/[.]/g, '\\.').replace(/\{[^}]+\}/g, '[^/]+')}$`);
}

// Holds an answer against the operation that serves it on that listener. A route that no document
// has must answer 404 or 405.
export function assertDocumented(listener, method, target, answer) {
  const route = target.split('?')[0];
  const matching = operations()
    .filter((candidate) => candidate.listener === listener && patternOf(candidate.path).test(route))
    .sort((a, b) => a.path.split('{').length - b.path.split('{').length);
  const match = matching.find((candidate) => candidate.method === method.toLowerCase());
  if (answer.status >= 400 && method !== 'HEAD') {
    const isPage = /^text\/html/.test(answer.headers['content-type'] ?? '');
    if (!isPage) assertProblem(answer);
  }
  if (!match) {
    assert.ok(
      [400, 401, 403, 404, 405].includes(answer.status),
      `${method} ${target} on ${listener} answered ${answer.status} and is in no document`,
    );
    return;
  }
  assertResponse(match, answer);
}

function resolveResponse(document, response) {
  if (!response?.$ref) return { document, response };
  const [file, pointer] = response.$ref.split('#');
  const target = file || document;
  const name = pointer.split('/').pop();
  return { document: target, response: documents[target].components.responses[name] };
}

function assertResponse({ document, path: route, method, operation }, answer) {
  const where = `${method} ${route} -> ${answer.status}`;
  const given =
    operation.responses[answer.status] ??
    (answer.status >= 400 ? operation.responses.default : undefined);
  assert.ok(given, `${where} is not documented: ${answer.text}`);
  const found = resolveResponse(document, given);
  const type = (answer.headers['content-type'] ?? '').split(';')[0];
  const content = found.response.content;
  if (!content) {
    assert.equal(answer.bytes.length === 0 || answer.status < 400, true, where);
    return;
  }
  assert.ok(
    content[type],
    `${where} has content type "${type}", documented: ${Object.keys(content)}`,
  );
  if (type === 'application/json') {
    const validate = schemaOf(found.document, content[type].schema);
    assert.ok(
      validate(answer.json),
      `${where}: ${ajv.errorsText(validate.errors)}\n${answer.text}`,
    );
  }
}

const compiled = new Map();
function schemaOf(document, schema) {
  const key = `${document} ${JSON.stringify(schema)}`;
  if (!compiled.has(key)) {
    compiled.set(
      key,
      ajv.compile({
        $id: `${kBase}${document}/${compiled.size}`,
        allOf: [absolute(document, schema)],
      }),
    );
  }
  return compiled.get(key);
}

// References of an inline schema are relative to its document.
function absolute(document, value) {
  if (Array.isArray(value)) return value.map((item) => absolute(document, item));
  if (!value || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [
      key,
      key === '$ref' ? new URL(item, kBase + document).href : absolute(document, item),
    ]),
  );
}

// Cards through the real program over HTTP: one Obolus with the embedded vault on SQLite or
// PostgreSQL, one with Guardian, each with its failures, a kill and a full disk.
import assert from 'node:assert/strict';
import path from 'node:path';
import { Bridge } from '../support/bridge.mjs';
import { request, until } from '../support/client.mjs';
import { newApiKey } from '../support/configuration.mjs';
import { Postgres } from '../support/postgres.mjs';
import { freePorts, programPath, start } from '../support/processes.mjs';
import { makeCertificates } from '../support/stack.mjs';
import { plaintextOf } from './cards.mjs';
import { breakIt, searchCore, searchMemory } from './cores.mjs';
import { crash, fullDisk, Journeys, keepEvents, keepOutput, startObserved } from './journeys.mjs';

const kCrashes = [
  'request_read',
  'vault_answered',
  'before_commit',
  'after_commit',
  'before_answer',
];

export async function embeddedSweep(evidence, { short = false, store, environment = {} } = {}) {
  const obolus = await startObserved(evidence, store ? { store } : {}, environment);
  const journeys = new Journeys(evidence, obolus);
  try {
    await journeys.takes('embedded vault, ECDH-ES');
    if (short) {
      await journeys.takes('embedded vault, RSA', { alg: 'RSA-OAEP-256' });
      await journeys.badCards(1);
      await journeys.strayCards();
    } else {
      await journeys.goodCards();
      await journeys.badCards();
      await journeys.badEnvelopes();
      await journeys.lateCards();
    }
    await journeys.finish();
    await searchMemory(evidence, obolus.process.pid, 'memory, embedded vault');
    if (!short) {
      searchCore(evidence, obolus.process.pid, 'core dump, embedded vault');
      keepOutput(evidence, obolus);
      await breakIt(evidence, obolus, environment);
      for (const point of kCrashes) await crash(journeys, {}, point);
      if (!store) await fullDisk(journeys, {});
      await journeys.finish();
    }
  } finally {
    keepOutput(evidence, obolus);
    keepEvents(evidence, obolus.bridge);
    evidence.keepFolder('audit log', path.join(obolus.configuration.data_dir, 'audit'));
    evidence.keepFolder('temporary files', evidence.temp, { mode: 'binary', names: true });
    evidence.keepFolder('data folder', obolus.folder, { mode: 'binary', names: true });
    await obolus.stop();
  }
}

// PostgreSQL that logs every statement with its values.
export async function postgresSweep(evidence, options = {}) {
  const postgres = await Postgres.start({
    log_statement: 'all',
    log_min_duration_statement: '0',
    log_parameter_max_length: '-1',
    logging_collector: 'on',
    log_directory: 'log',
  });
  try {
    await embeddedSweep(evidence, {
      ...options,
      store: { kind: 'postgres', dsn: postgres.newDatabase() },
    });
    await postgres.halt();
    const log = path.join(postgres.data, 'log');
    evidence.keepFolder('PostgreSQL, statement log', log, { names: true });
    evidence.keepFolder('PostgreSQL, data folder', postgres.data, {
      mode: 'binary',
      names: true,
    });
  } finally {
    await postgres.stop();
  }
}

const kGuardianKey = 'guardian-key-1';

// The stand-in for Guardian, answering as `scripts` say.
const kScripts = (echo) => [
  ['Guardian refuses', { answer: 'refuse' }, 422],
  ['Guardian is down', { answer: 'unavailable' }, 503],
  ['Guardian wants another key', { answer: 'unauthorized' }, 503],
  ['Guardian echoes the card', { answer: 'odd', status: 422, body: echo }, 422],
  ['Guardian echoes it and stores', { answer: 'odd', status: 201, body: echo }, 503],
  ['Guardian is no Guardian', { answer: 'odd', status: 200, body: `<html>${echo}</html>` }, 503],
  ['Guardian loses its answer', { answer: 'silent', apply: true }, 503],
];

export async function guardianSweep(evidence, { short = false } = {}) {
  const certs = makeCertificates(path.join(evidence.temp, 'guardian-certs'));
  const shared = { certs, apiKey: newApiKey(), bridge: await Bridge.start(certs) };
  const [web, bridge, port] = await freePorts(3);
  const args = ['serve', '--port', web, '--bridge-port', bridge, '--guardian-port', port];
  const keys = ['--api-key', shared.apiKey, '--guardian-key', kGuardianKey, '--certs', certs];
  const sandbox = start(
    'obolus-sandbox',
    programPath('obolus-sandbox'),
    [...args, ...keys].map(String),
  );
  const { url, guardian_url } = await sandbox.event('ready');
  const play = (script) => request(`${url}control/guardian`, { method: 'POST', body: script });
  const environment = { OBOLUS_VAULT__GUARDIAN__API_KEY: kGuardianKey };
  const guardian = {
    url: guardian_url,
    ca: path.join(certs, 'ca.pem'),
    timeout_ms: 800,
    breaker_failures: 100,
  };
  const vault = { provider: 'guardian', lease_ms: 2000, guardian };
  const obolus = await startObserved(evidence, { vault }, environment, shared);
  const journeys = new Journeys(evidence, obolus);
  try {
    await journeys.takes('Guardian, ECDH-ES');
    if (!short) await guardianFailures(journeys, play);
    await journeys.finish();
    await searchMemory(evidence, obolus.process.pid, 'memory, Guardian');
    if (!short) {
      await cardInFlight(journeys, play);
      await crash(journeys, environment, 'vault_answered');
    }
  } finally {
    keepOutput(evidence, obolus);
    keepEvents(evidence, shared.bridge);
    const journal = await request(`${url}control/log?limit=5000`);
    evidence.keep("sandbox's journal", journal.text, { names: true });
    evidence.keepFolder('data folder', obolus.folder, { mode: 'binary', names: true });
    await obolus.stop();
    await sandbox.stop();
    evidence.keep("sandbox's log", sandbox.text, { names: true });
    await shared.bridge.stop();
  }
}

async function guardianFailures(journeys, play) {
  for (const [way, , status] of kScripts('')) {
    const card = journeys.card(way);
    const echo = JSON.stringify(plaintextOf(card));
    const [, script] = kScripts(echo).find(([name]) => name === way);
    await play(script);
    const { session_key } = await journeys.open({ retries: { max_attempts: 9, cool_down_s: [] } });
    const token = await journeys.seal(session_key, card);
    const answer = await journeys.obolus.complete(session_key, token);
    assert.equal(answer.status, status, `${way}: ${answer.text}`);
    await play({ answer: 'accept' });
  }
}

// While Guardian thinks, the card is in memory; a core dump of that moment must be without it.
async function cardInFlight(journeys, play) {
  const { evidence, obolus } = journeys;
  await play({ answer: 'slow', delay_ms: 600 });
  const card = journeys.card('in flight when the core was written');
  const { session_key } = await journeys.open();
  const token = await journeys.seal(session_key, card);
  const asked = obolus.complete(session_key, token);
  await until('the card to be on its way', async () => {
    const metrics = await obolus.operator('GET', '/metrics');
    return metrics.status === 200;
  });
  await new Promise((resolve) => setTimeout(resolve, 150));
  searchCore(evidence, obolus.process.pid, 'core dump, card in flight');
  await asked;
  await play({ answer: 'accept' });
}

// Everything that a run of the system wrote, kept or showed, as files in one folder that the search
// then goes through: each place is a name, a path, and what may be there. The needles lie outside.
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { kRoot } from '../support/processes.mjs';

export class Evidence {
  constructor() {
    this.root = mkdtempSync(path.join(os.tmpdir(), 'obolus-canary-'));
    this.temp = path.join(this.root, 'tmp');
    this.seen = path.join(this.root, 'seen');
    this.needleFile = path.join(this.root, 'needles');
    for (const folder of [this.temp, this.seen]) mkdirSync(folder);
    // A PostgreSQL that root starts runs as somebody else, and has its folder in ours.
    for (const folder of [this.root, this.temp]) chmodSync(folder, 0o711);
    this.cards = [];
    this.places = new Map(); // name -> {paths, mode, names}
    this.foundBefore = [];
    this.kept = 0;
  }

  // Our programs and the browser put their temporary files where we look.
  useTempFolder() {
    this.outerTemp = process.env.TMPDIR ?? os.tmpdir();
    process.env.TMPDIR = this.temp;
  }

  add(card) {
    this.cards.push(card);
    return card;
  }

  // `mode`: "text" (seven digits count), "binary", "memory", "dumpable". `names`: whether the
  // holder's name may be there: it is a part of CardSessionCreated, and of what that is made from.
  // `ofMemory`: a stray card, one that came without an envelope, is not searched for there.
  place(name, where, { mode = 'text', names = false, ofMemory = false } = {}) {
    const place = this.places.get(name) ?? { paths: [], mode, names, ofMemory };
    if (!place.paths.includes(where)) place.paths.push(String(where));
    this.places.set(name, place);
    return where;
  }

  // Adds text or bytes to a place.
  keep(name, bytes, options) {
    const folder = path.join(this.seen, name.replaceAll(/[^a-z0-9]+/gi, '_'));
    mkdirSync(folder, { recursive: true });
    this.place(name, folder, options);
    const text = typeof bytes === 'string' || Buffer.isBuffer(bytes);
    writeFileSync(path.join(folder, String(this.kept++)), text ? bytes : JSON.stringify(bytes));
  }

  // A copy of what is about to go.
  keepFolder(name, folder, options) {
    if (!existsSync(folder)) return;
    const copy = path.join(this.seen, 'copies', String(this.kept++));
    mkdirSync(path.dirname(copy), { recursive: true });
    const { status, stderr } = spawnSync('cp', ['-a', folder, copy], { encoding: 'utf8' });
    // Sockets, and files that go while we copy, are no evidence.
    if (!existsSync(copy)) throw new Error(`${folder} cannot be copied (${status}): ${stderr}`);
    this.place(name, copy, options);
  }

  // Searches a place that will not be there at the end, and forgets it.
  searchNow(name, where, options) {
    this.place(name, where, options);
    const [found] = this.search([name]);
    this.places.delete(name);
    this.foundBefore.push(found);
    return found;
  }

  // Of every place, also of those that are gone.
  searchAll() {
    return [...this.search(), ...this.foundBefore];
  }

  // [{name, bytes, hits}] of every place; a hit is {kind, card, encoding, digits, where}.
  search(names = [...this.places.keys()]) {
    const lines = this.cards.flatMap(({ number, code, name }) => [
      `number ${number}`,
      `code ${code}`,
      `name ${name}`,
    ]);
    writeFileSync(this.needleFile, `${lines.join('\n')}\n`);
    return names.map((name) => this.#searchPlace(name));
  }

  #searchPlace(name) {
    const { paths, mode, names } = this.places.get(name);
    const build = process.env.OBOLUS_CANARY_SEARCH ?? 'build/dev/tests/canary/canary_search';
    const { status, stdout, stderr } = spawnSync(
      path.resolve(kRoot, build),
      [this.needleFile, `--${mode}`, ...paths],
      { encoding: 'utf8', maxBuffer: 2 ** 28 },
    );
    if (status !== 0) throw new Error(`the search of ${name} ended with ${status}: ${stderr}`);
    const found = { name, bytes: 0, hits: [] };
    for (const line of stdout.trim().split('\n')) {
      const { bytes, hits } = JSON.parse(line);
      found.bytes += bytes;
      for (const hit of hits) {
        const card = this.cards[Math.floor(hit.needle / 3)];
        if (hit.kind === 'name' && names) continue;
        if (card.stray && this.places.get(name).ofMemory) continue;
        found.hits.push({ ...hit, card });
      }
    }
    return found;
  }

  remove() {
    if (this.outerTemp) process.env.TMPDIR = this.outerTemp;
    rmSync(this.root, { recursive: true, force: true });
  }
}

// "place  bytes  hits", and what was found: never the number itself.
export function printTable(results, log = console.log) {
  log(`${'place'.padEnd(34)}${'bytes searched'.padStart(16)}${'hits'.padStart(6)}`);
  for (const { name, bytes, hits } of results) {
    const figures = [bytes.toLocaleString('en').padStart(16), String(hits.length).padStart(6)];
    log(name.padEnd(34) + figures.join(''));
    for (const hit of hits.slice(0, 5)) {
      const what = hit.kind === 'number' ? `${hit.digits} digits of a number` : `a ${hit.kind}`;
      log(`    ${what}, ${hit.encoding}, of the card "${hit.card.way}", ${hit.where} @${hit.at}`);
    }
  }
}

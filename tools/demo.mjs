// What ./demo does once everything is built: starts the stack in .demo/, prints the one URL to
// open, and stops all of it on Ctrl-C, on SIGTERM, or when one of the programs ends by itself.
// With --check it hands over to tests/e2e/check.mjs instead. No dependency beyond Node.
import { createWriteStream } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { isPortFree, kRoot } from '../tests/support/processes.mjs';
import { ephemeralPorts, kPortNames, Stack } from '../tests/support/stack.mjs';

const kBuild = 'build/release';
const kPorts = { shop: 8400, bridge: 8401, commerce: 8443, shopper: 8444, operator: 8445 };
const kUsage = 'usage: ./demo [--tls] | ./demo --check [--screenshots DIR]';

function readArguments() {
  try {
    return parseArgs({
      options: {
        check: { type: 'boolean', default: false },
        tls: { type: 'boolean', default: false },
        screenshots: { type: 'string' },
      },
    }).values;
  } catch (error) {
    console.error(`demo: ${error.message}\n${kUsage}`);
    process.exit(64);
  }
}

// The usual port, or a free one when somebody else has it.
async function choosePorts() {
  const spare = await ephemeralPorts();
  const ports = {};
  for (const name of kPortNames) {
    const isFree = await isPortFree(kPorts[name]);
    ports[name] = isFree ? kPorts[name] : spare[name];
    if (!isFree)
      console.error(`demo: port ${kPorts[name]} (${name}) is taken, using ${ports[name]}`);
  }
  return ports;
}

// What the programs print goes to .demo/NAME.log from the start.
function keepLog(running, folder) {
  const log = createWriteStream(path.join(folder, `${running.name}.log`));
  log.write(running.text);
  for (const stream of [running.child.stdout, running.child.stderr]) {
    stream.on('data', (chunk) => log.write(chunk));
  }
}

async function main() {
  const options = readArguments();
  if (options.check) {
    const { check } = await import('../tests/e2e/check.mjs');
    process.exit(await check({ build: kBuild, screenshots: options.screenshots }));
  }
  const began = Date.now();
  const folder = path.join(kRoot, '.demo');
  const ports = await choosePorts();
  const stack = new Stack({ folder, ports, tls: options.tls, build: kBuild, charge: true });

  let stopping = false;
  const stop = async (code, reason) => {
    if (stopping) return;
    stopping = true;
    if (reason) console.error(reason);
    await stack.stop();
    process.exit(code);
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => stop(0, '\ndemo: stopping'));
  }
  try {
    await stack.start();
  } catch (error) {
    return stop(70, `demo: ${error.message}`);
  }
  for (const running of [stack.obolus, stack.sandbox]) {
    keepLog(running, folder);
    running.exited.then(() => stop(70, running.failure('ended by itself').message));
  }
  console.log(`
  The shop:    ${stack.shopUrl}/

  Obolus is up in ${((Date.now() - began) / 1000).toFixed(1)} s: commerce ${stack.ports.commerce}, \
shopper ${stack.ports.shopper}, operator ${stack.ports.operator}. Logs: .demo/*.log
  Pay with 4242 4242 4242 4242, or 4000 0000 0000 3220 for a 3-D Secure challenge. Ctrl-C stops.
  ${kBuild}/sandbox/obolus-sandbox listen --url ${stack.shopUrl} shows what is said;
  trigger --list instead of listen: what can be made to happen (sandbox/README.md).
`);
}

await main();

// Writes a configuration file for obolus from plain values. Only what differs from
// config/default.toml is said. No dependency beyond Node.
import { createHash, randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import path from 'node:path';

export function newApiKey() {
  return randomBytes(24).toString('base64url');
}

export function sha256Hex(text) {
  return createHash('sha256').update(text).digest('hex');
}

function toToml(value) {
  if (Array.isArray(value)) return `[${value.map(toToml).join(', ')}]`;
  if (typeof value === 'object') {
    const members = Object.entries(value).map(([key, member]) => `${key} = ${toToml(member)}`);
    return `{ ${members.join(', ')} }`;
  }
  return typeof value === 'string' ? JSON.stringify(value) : String(value);
}

// {a: 1, b: {c: 2, d: {e: 3}}} as TOML: plain members first, then tables.
export function writeToml(file, values) {
  const lines = [];
  const table = (prefix, members) => {
    if (prefix) lines.push('', `[${prefix}]`);
    const isTable = (value) => typeof value === 'object' && !Array.isArray(value);
    for (const [key, value] of Object.entries(members)) {
      if (!isTable(value)) lines.push(`${key} = ${toToml(value)}`);
    }
    for (const [key, value] of Object.entries(members)) {
      if (isTable(value)) table(prefix ? `${prefix}.${key}` : key, value);
    }
  };
  table('', values);
  writeFileSync(file, `${lines.join('\n')}\n`, { mode: 0o600 });
}

// What the demo and the tests have in common. `ports`: {commerce, shopper, operator, bridge}.
export function baseConfiguration({ folder, certs, ports, apiKey, tls = false, shopOrigins = [] }) {
  const file = (name) => path.join(certs, name);
  return {
    data_dir: path.join(folder, 'data'),
    public_url: `${tls ? 'https' : 'http'}://localhost:${ports.shopper}`,
    commerce: {
      address: '127.0.0.1',
      port: ports.commerce,
      require: 'both',
      api_keys: [sha256Hex(apiKey)],
      allowed_names: ['commerce'],
      tls: {
        mode: 'mutual',
        certificate: file('obolus-server.pem'),
        key: file('obolus-server.key'),
        client_ca: file('ca.pem'),
      },
    },
    shopper: {
      address: '127.0.0.1',
      port: ports.shopper,
      default_origins: shopOrigins,
      tls: tls
        ? { mode: 'server', certificate: file('obolus-server.pem'), key: file('obolus-server.key') }
        : { mode: 'off' },
    },
    operator: { address: '127.0.0.1', port: ports.operator },
    // Here a few test cards come from one address over and over, which is what the limits stop.
    limits: { enabled: false },
    bridge: {
      url: `https://localhost:${ports.bridge}/events`,
      source: 'https://obolus.example/checkout',
      certificate: file('obolus-client.pem'),
      key: file('obolus-client.key'),
      ca: file('ca.pem'),
    },
  };
}

// `extra` laid over `base`, member by member.
export function merged(base, extra = {}) {
  const result = { ...base };
  for (const [key, value] of Object.entries(extra)) {
    const isTable = value && typeof value === 'object' && !Array.isArray(value);
    result[key] = isTable ? merged(base[key] ?? {}, value) : value;
  }
  return result;
}

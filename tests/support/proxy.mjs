// nginx before several obolus, as a load balancer stands before them: connections kept alive on
// both sides, and no more than the failed attempt to connect tells it who is there. It speaks plain
// HTTP to tests, and mutual TLS to the commerce listeners. Ends with its parent, like every program
// that tests start.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { until } from './client.mjs';
import { freePorts, isPortFree, kRoot, start } from './processes.mjs';

function program() {
  const places = [path.join(kRoot, 'build/nginx/usr/sbin/nginx'), '/usr/sbin/nginx'];
  const found = places.find(existsSync);
  if (!found) throw new Error('nginx is not there: tools/setup');
  return found;
}

export class Proxy {
  static async start(replicas) {
    const proxy = new Proxy();
    [proxy.commerce, proxy.shopper] = await freePorts(2);
    const folder = path.join(replicas.folder, 'nginx');
    mkdirSync(path.join(folder, 'temp'), { recursive: true });
    const file = path.join(folder, 'nginx.conf');
    proxy.accessLog = path.join(folder, 'access.log');
    writeFileSync(file, proxy.#configuration(replicas, folder));
    const args = ['-p', folder, '-c', file, '-e', path.join(folder, 'error.log')];
    proxy.process = start('nginx', program(), args);
    await until('nginx', async () => {
      if (proxy.process.exit) throw proxy.process.failure('ended');
      return !(await isPortFree(proxy.shopper));
    });
    return proxy;
  }

  #configuration(replicas, folder) {
    // max_fails=0: a replica that is being restarted is tried again with the next request.
    const upstream = (name, listener) =>
      `upstream ${name} { ${replicas.all
        .map(({ ports }) => `server 127.0.0.1:${ports[listener]} max_fails=0;`)
        .join(' ')} keepalive 32; keepalive_timeout 30s; }`;
    const cert = (name) => path.join(replicas.certs, name);
    const temp = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
      .map((name) => `${name}_temp_path ${folder}/temp;`)
      .join(' ');
    const common = 'proxy_http_version 1.1; proxy_set_header Connection "";';
    return `daemon off; worker_processes 1; pid ${folder}/nginx.pid;
error_log ${folder}/error.log warn;
events { worker_connections 1024; }
http {
  log_format passed '$upstream_status|$request_uri'; access_log ${folder}/access.log passed; ${temp}
  ${upstream('commerce', 'commerce')}
  ${upstream('shopper', 'shopper')}
  server {
    listen 127.0.0.1:${this.commerce};
    location / {
      proxy_pass https://commerce; ${common}
      proxy_ssl_certificate ${cert('commerce-client.pem')};
      proxy_ssl_certificate_key ${cert('commerce-client.key')};
      proxy_ssl_trusted_certificate ${cert('ca.pem')};
      proxy_ssl_verify on; proxy_ssl_name localhost; proxy_ssl_protocols TLSv1.2 TLSv1.3;
    }
  }
  server {
    listen 127.0.0.1:${this.shopper};
    location / { proxy_pass http://shopper; ${common} }
  }
}
`;
  }

  // Each request in order: {upstream, path}; the first is obolus's status, or "-" when nginx kept
  // it to itself.
  passedOn() {
    return readFileSync(this.accessLog, 'utf8')
      .split('\n')
      .filter((line) => line)
      .map((line) => {
        const [upstream, path] = line.split('|');
        return { upstream, path };
      });
  }

  async stop() {
    await this.process.stop();
  }
}

// A stand-in of the server for the browser test: serves dist/ by its manifest, as the server does
// (templates filled, headers with a new nonce), keeps sessions in memory, opens the JWE with npm
// jose, and fails on request. And pages of other origins: a shop, a hostile page, a bank.

import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { compactDecrypt, exportJWK, generateKeyPair, type JWK, type KeyLike } from 'jose';

// The build to serve; a test of other words than the real ones has its own.
const kDist = process.env['OBOLUS_WEB_DIST'] ?? join(process.cwd(), 'dist');

const kTypes: Record<string, string> = {
  js: 'text/javascript',
  mjs: 'text/javascript',
  css: 'text/css',
};

/** What build.mjs says of its files; see payment_pages.mjs. */
interface Manifest {
  readonly languages: readonly string[];
  readonly pages: Record<string, { style: string; headers: Record<string, string> }>;
  readonly files: {
    name: string;
    path: string;
    hashed?: string;
    type: string;
    open: boolean;
    language?: string;
  }[];
}

export interface StandInSession {
  state: Record<string, unknown>;
  /** How the next submissions are answered; taken from the front, then they succeed. */
  readonly answers: ('lost' | 'busy' | 'bad_number' | 'expired' | 'bad_code' | 'cooling')[];
  readonly payloads: string[];
  /** Answers of the networks route by leading digits: none when it is not here, 503 when null. */
  readonly networks: Record<string, string[] | null>;
  /** The leading digits that were asked for. */
  readonly iins: string[];
  readonly cards: Record<string, unknown>[];
  /** What a successful submission makes of the session. */
  next: Record<string, unknown>;
  /** For 3-D Secure sessions: which page is shown. */
  page: 'start' | 'wait' | 'end';
  phase: 'preparing' | 'confirming' | 'pending';
  /** What the waiting page is told of the time, and where back is. */
  seconds: string;
  way_back_url: string;
  /** The waiting page is not given the key of the session. */
  keyless: boolean;
  /** Where at the bank the challenge is posted to. */
  acs_path: string;
  outcome: string;
  /** Of the shop for those who have no script, in the hosted page. */
  back_url: string;
  stream: boolean;
}

type Handler = (request: IncomingMessage, response: ServerResponse) => void | Promise<void>;

async function listen(handler: Handler): Promise<{ server: Server; port: number }> {
  const server = createServer((request, response) => {
    void Promise.resolve(handler(request, response)).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, port: (server.address() as AddressInfo).port };
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
}

function fill(
  text: string,
  values: Record<string, string>,
  raw: Record<string, string> = {},
): string {
  return text.replace(/\{\{(\w+)\}\}/g, (_, name: string) => {
    const value = raw[name] ?? (values[name] === undefined ? undefined : escapeHtml(values[name]));
    if (value === undefined) throw new Error(`a placeholder that nobody fills: ${name}`);
    return value;
  });
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

export class StandIn {
  readonly sessions = new Map<string, StandInSession>();
  readonly requests: string[] = [];
  readonly bankPosts: string[] = [];
  /** What the shop has beside its empty page, by path. */
  readonly shopFiles = new Map<string, string | Buffer>();
  origin = '';
  shop = '';
  hostile = '';
  bank = '';
  /** The origins in frame-ancestors, when that differs from those in the document. */
  ancestors: string | null = null;
  private servers_: Server[] = [];
  private readonly manifest_ = JSON.parse(
    readFileSync(join(kDist, 'manifest.json'), 'utf8'),
  ) as Manifest;
  private jwk_: JWK | null = null;
  private private_key_!: KeyLike;

  static async start(): Promise<StandIn> {
    const self = new StandIn();
    const pair = await generateKeyPair('ECDH-ES', { crv: 'P-256', extractable: true });
    self.private_key_ = pair.privateKey;
    self.jwk_ = { ...(await exportJWK(pair.publicKey)), kid: 'k1', alg: 'ECDH-ES', use: 'enc' };
    const ours = await listen((request, response) => self.serve(request, response));
    const theirs = await listen((request, response) => self.serveOthers(request, response));
    self.servers_ = [ours.server, theirs.server];
    self.origin = `http://localhost:${ours.port}`;
    // Three origins, and sites, of one listener: names under localhost reach this machine in
    // Chromium.
    self.shop = `http://127.0.0.1:${theirs.port}`;
    self.hostile = `http://hostile.localhost:${theirs.port}`;
    self.bank = `http://bank.localhost:${theirs.port}`;
    return self;
  }

  async stop(): Promise<void> {
    for (const server of this.servers_) {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  }

  open(key: string, over: Partial<StandInSession> = {}): StandInSession {
    const session: StandInSession = {
      state: {
        next_action: 'tokenize_card',
        data: { provider: 'obolus', base_url: this.origin, jwk_ec: this.jwk_, allowed_schemes: [] },
        payment: { amount: 4990, currency_code: 'EUR', order_id: null },
        expires_in: 900,
      },
      answers: [],
      payloads: [],
      networks: {},
      iins: [],
      cards: [],
      next: { next_action: null, status: 'success', data: { token_id: 'tok_1' } },
      page: 'wait',
      phase: 'confirming',
      seconds: '30',
      way_back_url: '',
      keyless: false,
      acs_path: '/acs',
      outcome: 'failed',
      back_url: '',
      stream: true,
      ...over,
    };
    this.sessions.set(key, session);
    return session;
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://x');
    const path = url.pathname;
    this.requests.push(`${request.method} ${path}`);
    const [, room = '', second = '', third = ''] = path.split('/');
    if (this.serveFile(response, path)) return;
    const key = room === 'frame' ? third : second;
    const session = this.sessions.get(key);
    if (!session)
      return sendJson(response, 404, { code: 404, message: 'no', classifier: 'NOT_FOUND' });
    if (room === 'sessions') return this.serveSession(request, response, session, third);
    const wish = url.searchParams.get('locale') ?? 'en';
    const language = this.manifest_.languages.find((tag) => wish.split('-')[0] === tag) ?? 'en';
    this.servePage(response, {
      ...{ room, key, language, session },
      theme: url.searchParams.get('theme') ?? 'light',
      acs: url.searchParams.get('policy') === 'wide' ? 'https: http:' : this.bank,
    });
  }

  private serveFile(response: ServerResponse, path: string): boolean {
    const texts = /^\/frame\/v1\/texts\/(\w+).*\.json$/.exec(path);
    const wanted = texts ? `/frame/v1/texts/${texts[1]}.json` : path;
    const file = this.manifest_.files.find((f) => f.path === wanted || f.hashed === wanted);
    if (!file) return false;
    response.writeHead(200, {
      'content-type': file.type,
      ...(file.language ? { 'content-language': file.language } : {}),
      'cross-origin-resource-policy': file.open ? 'cross-origin' : 'same-origin',
      ...(file.open ? { 'access-control-allow-origin': '*' } : {}),
    });
    response.end(readFileSync(join(kDist, file.name)));
    return true;
  }

  private servePage(
    response: ServerResponse,
    what: {
      room: string;
      key: string;
      language: string;
      theme: string;
      session: StandInSession;
      /** What the start page's form may be sent to. */
      acs: string;
    },
  ): void {
    const { room, key, language, session } = what;
    const send = (
      kind: string,
      variant: string,
      values: Record<string, string>,
      raw: Record<string, string> = {},
    ) => {
      const page = this.manifest_.pages[kind];
      if (!page) throw new Error(`no such page: ${kind}`);
      const nonce = randomBytes(16).toString('base64');
      const read = (name: string) => readFileSync(join(kDist, name), 'utf8');
      response.writeHead(200, {
        'content-type': 'text/html; charset=utf-8',
        'content-language': language,
        ...Object.fromEntries(
          Object.entries(page.headers).map(([name, text]) => [
            name,
            fill(text, {}, { nonce, ancestors: ` ${this.ancestors ?? this.shop}`, acs: what.acs }),
          ]),
        ),
      });
      const html = read(`pages/${kind}${variant && `-${variant}`}.${language}.html`);
      response.end(fill(html, values, { nonce, style: read(page.style), ...raw }));
    };
    if (room === 'frame') {
      const allowed_origins = `https://a.example ${this.shop}`;
      send('card', '', { session_key: key, allowed_origins, theme: what.theme });
    } else if (room === 'checkout') {
      const { back_url } = session;
      const values = { session_key: key, merchant_name: 'Tea & "Co"', amount: '49.90 EUR' };
      send('checkout', '', { ...values, back_url });
    } else if (session.page === 'start') {
      const fields =
        '<input type="hidden" name="creq" value="eyJ"><input type="hidden" name="submit" value="">';
      send('start', '', { action: `${this.bank}${session.acs_path}` }, { fields });
    } else if (session.page === 'wait') {
      const { seconds, way_back_url, phase } = session;
      const time = '<span id="left">0:00</span>';
      const values = { challenge_key: session.keyless ? '' : key, seconds, way_back_url };
      send('wait', phase, values, { time });
    } else {
      send('end', session.outcome, {});
    }
  }

  private async serveSession(
    request: IncomingMessage,
    response: ServerResponse,
    session: StandInSession,
    what: string,
  ): Promise<void> {
    // As the server does for the session's origins; cancel() without a form comes from the shop's
    // page.
    response.setHeader('access-control-allow-origin', this.shop);
    response.setHeader('access-control-allow-headers', 'content-type');
    if (request.method === 'OPTIONS') return void response.writeHead(204).end();
    if (what === '') return sendJson(response, 200, session.state);
    if (what === 'stream') return this.serveStream(response, session);
    if (what === 'cancel') {
      session.state = { next_action: null, status: 'failure', data: { reason: 'Cancelled.' } };
      return sendJson(response, 200, session.state);
    }
    if (what === 'networks') {
      const { iin } = JSON.parse(await bodyOf(request)) as { iin: string };
      session.iins.push(iin);
      const networks = session.networks[iin] === undefined ? [] : session.networks[iin];
      return sendJson(response, networks ? 200 : 503, networks ? { networks } : {});
    }
    const { action, result } = JSON.parse(await bodyOf(request)) as {
      action: string;
      result: { enc_payload: string };
    };
    if (action !== 'tokenize_card')
      return sendJson(response, 422, { classifier: 'VALIDATION_ERROR' });
    session.payloads.push(result.enc_payload);
    const answer = session.answers.shift();
    if (answer === 'busy') return sendJson(response, 503, { classifier: 'UNAVAILABLE' });
    if (answer === 'cooling') {
      return sendJson(response, 429, { classifier: 'RATE_LIMITED', retry_after: 3 });
    }
    if (answer === 'expired') return sendJson(response, 409, { classifier: 'SESSION_EXPIRED' });
    const opened = await compactDecrypt(result.enc_payload, this.private_key_);
    session.cards.push(JSON.parse(new TextDecoder().decode(opened.plaintext)));
    if (answer === 'bad_number') {
      const errors = [{ pointer: '/result/enc_payload/account_number', detail: 'refused' }];
      return sendJson(response, 422, { classifier: 'VALIDATION_ERROR', errors });
    }
    if (answer === 'bad_code') {
      const errors = [{ pointer: '/result/enc_payload/security_code', detail: 'refused' }];
      const more = { attempts_left: 2, retry_after: 3 };
      return sendJson(response, 422, { classifier: 'VALIDATION_ERROR', errors, ...more });
    }
    session.state = session.next;
    if (answer === 'lost') return void response.destroy();
    sendJson(response, 200, session.state);
  }

  private serveStream(response: ServerResponse, session: StandInSession): void {
    if (!session.stream) return sendJson(response, 503, {});
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
    const tell = () => response.write(`event: state\ndata: ${JSON.stringify(session.state)}\n\n`);
    tell();
    const timer = setInterval(tell, 200);
    response.on('close', () => clearInterval(timer));
  }

  private async serveOthers(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://x');
    if (url.pathname === '/acs') this.bankPosts.push(await bodyOf(request));
    if (url.pathname === '/elsewhere') {
      this.bankPosts.push(await bodyOf(request));
      return void response.writeHead(303, { location: `${this.hostile}/acs` }).end();
    }
    const pages: Record<string, string> = {
      '/': '<!doctype html><title>Shop</title><div id="box"></div>',
      '/acs': '<!doctype html><title>Bank</title>',
      '/paid': '<!doctype html><title>Paid</title>',
    };
    const file = this.shopFiles.get(url.pathname);
    const page = file ?? pages[url.pathname];
    const type = kTypes[/\.(\w+)$/.exec(url.pathname)?.[1] ?? ''] ?? 'text/html; charset=utf-8';
    // As shops do that make a session for every visit.
    if (file !== undefined) response.setHeader('cache-control', 'no-store');
    response.writeHead(page ? 200 : 404, { 'content-type': type });
    response.end(page ?? '');
  }
}

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' });
  response.end(JSON.stringify(body));
}

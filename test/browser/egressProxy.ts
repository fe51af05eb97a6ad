import { createServer, request as httpRequest, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';

/** A logging proxy that lets nothing through but the studio's own origin. */
export interface EgressProxy {
  /** For `--proxy-server`. */
  readonly address: string;
  /** Every host:port asked for that is not the studio: must stay empty. */
  readonly outside: string[];
  /** Reports of the Content-Security-Policy, from page, workers and service worker. */
  readonly violations: string[];
  /** Number of requests that went to the studio, so that a test can see the proxy was really used. */
  readonly inside: () => number;
  close(): Promise<void>;
}

const REPORT = '/__csp-report';

/**
 * Starts the proxy for one origin (`http://localhost:PORT/`). It also adds `report-uri` to the policy, in the headers
 * and in the service worker (which re-wraps responses with its own copy), and collects what is reported.
 */
export async function startEgressProxy(origin: string): Promise<EgressProxy> {
  const target = new URL(origin);
  const outside: string[] = [];
  const violations: string[] = [];
  let inside = 0;

  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', origin);
    if (url.host !== target.host) {
      outside.push(url.href);
      response.writeHead(403).end();
      return;
    }
    if (url.pathname === REPORT) {
      const parts: Buffer[] = [];
      request.on('data', (part: Buffer) => parts.push(part));
      request.on('end', () => {
        violations.push(Buffer.concat(parts).toString());
        response.writeHead(204).end();
      });
      return;
    }
    inside++;
    const worker = url.pathname === '/sw.js';
    const headers = { ...request.headers, ...(worker ? { 'accept-encoding': 'identity' } : {}) };
    const upstream = httpRequest({ host: '127.0.0.1', port: target.port, path: url.pathname + url.search, method: request.method, headers }, (answer: IncomingMessage) => {
      const out = { ...answer.headers };
      const policy = out['content-security-policy'];
      if (typeof policy === 'string') out['content-security-policy'] = `${policy}; report-uri ${REPORT}`;
      if (!worker) {
        response.writeHead(answer.statusCode ?? 502, out);
        answer.pipe(response);
        return;
      }
      const parts: Buffer[] = [];
      answer.on('data', (part: Buffer) => parts.push(part));
      answer.on('end', () => {
        const text = Buffer.concat(parts).toString().replaceAll("frame-ancestors 'none'", `frame-ancestors 'none'; report-uri ${REPORT}`);
        delete out['content-length'];
        delete out.etag;
        response.writeHead(answer.statusCode ?? 502, out).end(text);
      });
    });
    upstream.on('error', () => response.destroy());
    request.pipe(upstream);
  });
  // Tunnels (https, wss): the studio opens none.
  server.on('connect', (request, socket) => {
    if (request.url === target.host) {
      const upstream = connect(Number(target.port), '127.0.0.1', () => {
        socket.write('HTTP/1.1 200 OK\r\n\r\n');
        upstream.pipe(socket);
        socket.pipe(upstream);
      });
      upstream.on('error', () => socket.destroy());
      socket.on('error', () => upstream.destroy());
      return;
    }
    outside.push(request.url ?? '');
    socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as { port: number };
  return {
    address: `http://127.0.0.1:${port}`, outside, violations, inside: () => inside,
    close: () => new Promise((done) => { server.closeAllConnections(); server.close(() => done()); }),
  };
}

// Sends http, https and fetch of Node through HTTP_PROXY and HTTPS_PROXY, for versions that cannot do so themselves.
'use strict';
const [major, minor] = process.versions.node.split('.').map(Number);
const builtIn = major >= 24 || (major === 22 && minor >= 21);
const proxy = process.env.HTTPS_PROXY || process.env.https_proxy;
if (proxy && !builtIn) {
  const http = require('node:http');
  const https = require('node:https');
  const net = require('node:net');
  const tls = require('node:tls');
  const { hostname: proxyHost, port: proxyPort } = new URL(proxy);
  const bare = (host) => String(host || 'localhost').replace(/^\[|\]$/g, '');
  const direct = (host) => ['localhost', '127.0.0.1', '::1'].includes(bare(host));

  // A tunnel to host:port, for TLS.
  const tunnel = (host, port, done) => {
    const authority = (bare(host).includes(':') ? `[${bare(host)}]` : host) + `:${port}`;
    const request = http.request({
      host: proxyHost, port: proxyPort, method: 'CONNECT', path: authority, agent: false, headers: { host: authority },
    });
    request.once('connect', (response, socket) => {
      if (response.statusCode === 200) return done(null, socket);
      socket.destroy();
      done(new Error(`the proxy answered ${response.statusCode} to CONNECT ${authority}`));
    });
    request.once('error', done);
    request.end();
  };
  const secure = (options, done) => {
    const host = bare(options.servername || options.hostname || options.host);
    tunnel(options.hostname || options.host, options.port || 443, (error, socket) => {
      if (error) return done(error);
      const inside = tls.connect({ ...options, path: undefined, socket, servername: net.isIP(host) ? '' : host });
      inside.once('secureConnect', () => { inside.off('error', done); done(null, inside); });
      inside.once('error', done);
    });
  };

  class HttpsThroughProxy extends https.Agent {
    createConnection(options, done) {
      if (options.socketPath || direct(options.host)) return super.createConnection(options, done);
      secure(options, done);
      return undefined;
    }
  }
  class HttpThroughProxy extends http.Agent {
    addRequest(request, options, ...rest) {
      const host = options.host || options.hostname;
      if (!options.socketPath && !direct(host)) {
        const port = options.port && Number(options.port) !== 80 ? `:${options.port}` : '';
        if (request.path.startsWith('/')) request.path = `http://${bare(host).includes(':') ? `[${bare(host)}]` : host}${port}${request.path}`;
        options = { ...options, host: proxyHost, hostname: proxyHost, port: proxyPort };
      }
      return super.addRequest(request, options, ...rest);
    }
  }
  https.globalAgent = new HttpsThroughProxy({ keepAlive: true });
  http.globalAgent = new HttpThroughProxy({ keepAlive: true });

  // fetch has a pool of its own, which is made when it is first used.
  const DISPATCHER = Symbol.for('undici.globalDispatcher.1');
  const original = globalThis.fetch;
  let ready = false;
  const prepare = () => {
    ready = true;
    void globalThis.Response; // makes the pool
    const current = globalThis[DISPATCHER];
    if (!current) return;
    const Agent = current.constructor;
    const connect = (options, done) => {
      const port = options.port || (options.protocol === 'https:' ? 443 : 80);
      if (direct(options.hostname)) {
        const plain = options.protocol === 'https:'
          ? tls.connect({ host: bare(options.hostname), port, servername: options.servername || undefined }, () => done(null, plain))
          : net.connect({ host: bare(options.hostname), port }, () => done(null, plain));
        plain.once('error', done);
      } else if (options.protocol === 'https:') secure({ ...options, host: options.hostname, port, ALPNProtocols: ['http/1.1'] }, done);
      else {
        const plain = net.connect({ host: proxyHost, port: proxyPort }, () => done(null, plain));
        plain.once('error', done);
      }
    };
    globalThis[DISPATCHER] = new Agent({ connect });
  };
  if (original) {
    globalThis.fetch = function fetch(...args) {
      if (!ready) prepare();
      return original(...args);
    };
  }
}

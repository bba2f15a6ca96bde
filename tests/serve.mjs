// Serves a folder of static files as a careful host would: right types, no caching, a strict
// Content-Security-Policy. `node tests/serve.mjs [FOLDER] [PORT]`, or `serve()` from tests.

import { createReadStream } from 'node:fs';
import { realpath, stat } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname, join, resolve, sep } from 'node:path';
import { pathToFileURL } from 'node:url';

/** What the page may load and run: its own files and WebAssembly, nothing from elsewhere. */
export const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "worker-src 'self'",
  "connect-src 'self'",
  "img-src 'self' blob: data:",
  "style-src 'self'",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ');

const MEDIA_TYPES = {
  '.bmp': 'image/bmp',
  '.css': 'text/css; charset=utf-8',
  '.csv': 'text/csv; charset=utf-8',
  '.gif': 'image/gif',
  '.hea': 'text/plain; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.ico': 'image/x-icon',
  '.jpeg': 'image/jpeg',
  '.jpg': 'image/jpeg',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.png': 'image/png',
  '.svg': 'image/svg+xml; charset=utf-8',
  '.tif': 'image/tiff',
  '.tiff': 'image/tiff',
  '.txt': 'text/plain; charset=utf-8',
  '.wasm': 'application/wasm',
  '.webmanifest': 'application/manifest+json; charset=utf-8',
  '.webp': 'image/webp',
};

/** The kind of a file by its name; weights and signals are plain bytes. */
function mediaType(path) {
  return MEDIA_TYPES[extname(path).toLowerCase()] ?? 'application/octet-stream';
}

/**
 * The file that a request's path names, or null: never outside `root` (which is a real path), neither
 * through `..` nor through a link, and never a hidden file.
 */
async function locate(root, requestTarget) {
  let path;
  try {
    path = decodeURIComponent(requestTarget.split('?', 1)[0]);
  } catch {
    return null; // A broken % escape.
  }
  const parts = path.split('/');
  if (!path.startsWith('/') || path.includes('\0') || path.includes('\\')) return null;
  if (parts.some((part) => part.startsWith('.'))) return null;
  try {
    const wanted = path.endsWith('/') ? join(root, path, 'index.html') : join(root, path);
    const file = await realpath(wanted);
    const status = await stat(file);
    const isInside = file.startsWith(root.endsWith(sep) ? root : root + sep);
    return isInside && status.isFile() ? { file, byteLength: status.size } : null;
  } catch {
    return null;
  }
}

async function answer(root, request, response) {
  response.setHeader('Content-Security-Policy', CONTENT_SECURITY_POLICY);
  response.setHeader('X-Content-Type-Options', 'nosniff');
  response.setHeader('Referrer-Policy', 'no-referrer');
  response.setHeader('Cache-Control', 'no-store');
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.writeHead(405, { Allow: 'GET, HEAD' }).end();
    return;
  }
  const found = await locate(root, request.url);
  if (!found) {
    response.writeHead(404, { 'Content-Type': 'text/plain; charset=utf-8' }).end('not found\n');
    return;
  }
  response.writeHead(200, { 'Content-Type': mediaType(found.file), 'Content-Length': found.byteLength });
  if (request.method === 'HEAD') {
    response.end();
    return;
  }
  const stream = createReadStream(found.file);
  // The head is out already: cutting the connection is the only way left to say that it failed.
  stream.on('error', () => response.destroy());
  response.on('close', () => stream.destroy());
  stream.pipe(response);
}

/**
 * Serves `folder` on this machine only. Port 0 takes a free one.
 * @param {string} folder
 * @param {number} port
 * @returns {Promise<{port: number, url: string, close: () => Promise<void>}>}
 */
export async function serve(folder, port = 0) {
  const root = await realpath(resolve(folder));
  const server = createServer((request, response) => {
    answer(root, request, response).catch(() => response.destroy());
  });
  await new Promise((listening, failed) => {
    server.once('error', failed);
    server.listen(port, '127.0.0.1', listening);
  });
  const actualPort = server.address().port;
  return {
    port: actualPort,
    url: `http://localhost:${actualPort}/`,
    close: () =>
      new Promise((closed) => {
        server.close(() => closed());
        server.closeAllConnections();
      }),
  };
}

/** What to tell the person whose server did not start. */
function startFailure(error, folder, port) {
  switch (error.code) {
    case 'EADDRINUSE':
      return `Port ${port} is taken by another program. Choose another one: PORT=${port + 1} ./build.sh`;
    case 'EACCES':
      return `Port ${port} needs administrator rights. Choose one above 1023: PORT=8080 ./build.sh`;
    case 'ENOENT':
      return `There is no folder ${folder} to serve.`;
    default:
      return `The server did not start: ${error.message}`;
  }
}

async function main([folder = 'www', portText = '8080']) {
  const port = Number(portText);
  if (!Number.isInteger(port) || port < 0 || port > 65535) {
    throw new Error(`PORT is "${portText}", which is no port number (0 to 65535).`);
  }
  const server = await serve(folder, port).catch((error) => {
    throw new Error(startFailure(error, folder, port));
  });
  console.log(`Inkbeat is at ${server.url} (stop with Ctrl+C)`);
  for (const signal of ['SIGINT', 'SIGTERM']) {
    process.once(signal, () => server.close());
  }
}

if (process.argv[1] && import.meta.url === pathToFileURL(await realpath(process.argv[1])).href) {
  main(process.argv.slice(2)).catch((error) => {
    console.error(error.message);
    process.exitCode = 1;
  });
}

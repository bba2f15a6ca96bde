// The little server that people and browser tests use: types, headers, and what it must not give away.

import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';

import { CONTENT_SECURITY_POLICY, serve } from './serve.mjs';

let folder;
let server;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'inkbeat-serve-'));
  const site = join(folder, 'site');
  await mkdir(join(site, 'pkg'), { recursive: true });
  await writeFile(join(folder, 'secret.txt'), 'secret');
  await writeFile(join(site, 'index.html'), '<!doctype html>');
  await writeFile(join(site, '.stamp'), 'hidden');
  await writeFile(join(site, 'pkg', 'inkbeat_bg.wasm'), Buffer.from([0, 97, 115, 109]));
  await symlink(join(folder, 'secret.txt'), join(site, 'link.txt'));
  server = await serve(site);
});

after(async () => {
  await server.close();
  await rm(folder, { recursive: true });
});

/** A request whose path goes out as it is: `fetch` would tidy the dots away. */
function ask(path, method = 'GET') {
  return new Promise((answered, failed) => {
    const options = { host: '127.0.0.1', port: server.port, path, method };
    request(options, async (response) => {
      const chunks = [];
      for await (const chunk of response) chunks.push(chunk);
      answered({ status: response.statusCode, headers: response.headers, body: Buffer.concat(chunks) });
    })
      .on('error', failed)
      .end();
  });
}

test('pages and modules come with their type and the policy', async () => {
  const page = await ask('/?from=somewhere');
  assert.equal(page.status, 200);
  assert.equal(page.headers['content-type'], 'text/html; charset=utf-8');
  assert.equal(page.headers['content-security-policy'], CONTENT_SECURITY_POLICY);
  assert.equal(page.headers['cache-control'], 'no-store');

  const wasm = await ask('/pkg/inkbeat_bg.wasm');
  assert.equal(wasm.headers['content-type'], 'application/wasm');
  assert.deepEqual([...wasm.body], [0, 97, 115, 109]);

  const head = await ask('/pkg/inkbeat_bg.wasm', 'HEAD');
  assert.equal(head.headers['content-length'], '4');
  assert.equal(head.body.length, 0);
});

test('nothing outside the folder, hidden or missing is served', async () => {
  const paths = [
    '/../secret.txt',
    '/pkg/../../secret.txt',
    '/%2e%2e/secret.txt',
    '/..%2fsecret.txt',
    '/%2e%2e%5csecret.txt',
    '/link.txt',
    '/.stamp',
    '/pkg',
    '/pkg/',
    '/missing.js',
    '/%',
    '/%00',
    '//secret.txt',
  ];
  for (const path of paths) {
    const { status, body } = await ask(path);
    assert.equal(status, 404, path);
    assert.equal(body.toString(), 'not found\n', path);
  }
});

test('other methods are refused, and a taken port is an error', async () => {
  assert.equal((await ask('/', 'POST')).status, 405);
  await assert.rejects(serve(folder, server.port), { code: 'EADDRINUSE' });
});

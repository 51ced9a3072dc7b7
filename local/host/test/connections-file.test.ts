import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { readConnections } from '../src/connections-file.ts';
import { HostError } from '../src/errors.ts';

const folder = mkdtempSync(join(tmpdir(), 'connections-'));
after(() => rmSync(folder, { recursive: true }));

let files = 0;

function fileWith(text: string): string {
  const file = join(folder, `${++files}.json`);
  writeFileSync(file, text);
  return file;
}

test('a file of connections gives each by its name', () => {
  const basic = {
    AuthorizationType: 'BASIC',
    AuthParameters: { BasicAuthParameters: { Username: 'u', Password: 'p' } },
  };
  const connections = readConnections(fileWith(JSON.stringify({ payments: basic })));
  assert.deepEqual(connections.get('payments')?.authorization, { type: 'BASIC', username: 'u', password: 'p' });
});

test('a file that cannot be used is refused without a word of what is in it', () => {
  const cases = [
    fileWith('{"payments": s3cret}'),
    fileWith(
      '{"payments": {"AuthorizationType": "BASIC", "AuthParameters": {"BasicAuthParameters": {"Password": "s3cret"}}}}',
    ),
    join(folder, 'missing.json'),
  ];
  for (const file of cases) {
    assert.throws(
      () => readConnections(file),
      (error) => error instanceof HostError && error.message.includes(file) && !error.message.includes('s3cret'),
    );
  }
});

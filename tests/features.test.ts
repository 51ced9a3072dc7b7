import * as sfn from '@aws-sdk/client-sfn';
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { memoryExecutionStore, openEngine } from '../local/engine/src/index.ts';
import { createStepFunctionsApi } from '../local/step-functions-api/src/index.ts';

const root = join(import.meta.dirname, '..');
const page = readFileSync(join(root, 'docs/features.md'), 'utf8');

test('every field of a definition is on the features page, and nothing else', () => {
  const documented = new Map(
    rowsOf('## Amazon States Language').map(([of = '', fields = '']) => [firstName(of), names(fields).sort()]),
  );
  documented.set('ItemProcessor', ['ProcessorConfig']);
  const declared = declaredFields(readFileSync(join(root, 'local/asl/src/definition.ts'), 'utf8'));
  assert.ok(declared.size > 15, `only ${declared.size} interfaces were read`);
  assert.deepEqual(Object.fromEntries(documented), Object.fromEntries(declared));
});

test('the features page says of every action of the Step Functions API whether it is here', async () => {
  const documented = new Map(
    rowsOf('## Step Functions API').map(([action = '', here = '']) => [firstName(action), !here.startsWith('no')]),
  );
  assert.deepEqual(Object.fromEntries(documented), Object.fromEntries(await answeredActions()));
});

/** Each action that the SDK knows, and whether our API does. */
async function answeredActions(): Promise<Map<string, boolean>> {
  const engine = openEngine({
    store: memoryExecutionStore(),
    taskHandler: () => Promise.resolve({ output: null }),
    region: 'us-east-1',
    accountId: '000000000000',
  });
  const server = createServer(createStepFunctionsApi(engine)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  try {
    const actions = Object.keys(sfn)
      .filter((name) => name.endsWith('Command') && name !== '$Command')
      .map((name) => name.slice(0, -'Command'.length));
    assert.ok(actions.length > 30, `the SDK has only ${actions.length} actions`);
    const answered = new Map<string, boolean>();
    for (const action of actions.sort()) answered.set(action, await isAnswered(port, action));
    return answered;
  } finally {
    server.closeAllConnections();
    server.close();
    await engine.close();
  }
}

async function isAnswered(port: number, action: string): Promise<boolean> {
  const response = await fetch(`http://127.0.0.1:${port}/`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': `AWSStepFunctions.${action}` },
    // A number where a text is needed: whoever knows the action refuses it, and does nothing.
    body: JSON.stringify({ name: 1, stateMachineArn: 1, activityArn: 1, executionArn: 1, maxResults: -1 }),
  });
  return !(await response.text()).includes('UnknownOperationException');
}

/** The cells of the first table below a heading, without its head. */
function rowsOf(heading: string): string[][] {
  const [, section = ''] = page.split(`${heading}\n`);
  const [own = ''] = section.split('\n## ');
  const [table = ''] = /(?:^\|.*\n)+/m.exec(own) ?? [];
  const rows = table.split('\n').filter((line) => line.startsWith('|'));
  return rows.slice(2).map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

function names(cell: string): string[] {
  return Array.from(cell.matchAll(/`([A-Za-z]+)`/g), ([, name = '']) => name);
}

function firstName(cell: string): string {
  return names(cell)[0] ?? cell;
}

/** The fields of each interface, by its name: those at its own level. */
function declaredFields(source: string): Map<string, string[]> {
  const interfaces = source.matchAll(/^(?:export )?interface (\w+)[^{]*\{\n(.*?)^\}/gms);
  return new Map(
    Array.from(interfaces, ([, name = '', body = '']) => {
      const fields = Array.from(body.matchAll(/^ {2}readonly (\w+)\??:/gm), ([, field = '']) => field);
      return [name, fields.sort()];
    }),
  );
}

test('each row of the confirmations table is shown by tests that there are', () => {
  const [, table = ''] = /## Confirmations\n([\s\S]*?)\n## /v.exec(page) ?? [];
  const rows = [...table.matchAll(/^\| (\d+) \|.*\|$/gmv)];
  assert.deepEqual(
    rows.map(([, number]) => Number(number)),
    Array.from({ length: 46 }, (_, index) => index + 1),
  );
  for (const [row] of rows) {
    const links = [...row.matchAll(/\[([^\]]+)\]\(\.\.\/([^\)]+)\)/gv)];
    assert.ok(links.length > 0, row);
    for (const [, title = '', file = ''] of links) {
      assert.ok(readFileSync(join(import.meta.dirname, '..', file), 'utf8').includes(title), `${file}: ${title}`);
    }
  }
});

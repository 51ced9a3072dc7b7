import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Command } from 'commander';
import { exitCode } from '../src/exit-code.ts';
import { createProgram } from '../src/program.ts';

const page = readFileSync(join(import.meta.dirname, '..', '..', '..', 'docs', 'cli.md'), 'utf8');

function leaves(command: Command, path: readonly string[] = []): [path: string, command: Command][] {
  const own = [...path, command.name()];
  return command.commands.length === 0
    ? [[own.join(' '), command]]
    : command.commands.flatMap((each) => leaves(each, own));
}

for (const [path, command] of leaves(createProgram())) {
  test(`docs/cli.md tells of ${path} and each of its options`, () => {
    assert.ok(page.includes(`\`${path}\``), path);
    for (const { flags, long } of command.options)
      assert.ok(page.includes(`\`${flags}\``) || page.includes(`\`${long}\``), flags);
  });
}

test('docs/cli.md tells of each exit code', () => {
  for (const code of Object.values(exitCode)) assert.match(page, new RegExp(`^\\| ${code} \\| `, 'm'));
});

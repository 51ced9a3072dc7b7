import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { after } from 'node:test';

export const MAIN = join(import.meta.dirname, '..', 'src', 'main.ts');

/** Where the commands of this test file keep their sign-ins. */
export const stateHome = mkdtempSync(join(tmpdir(), 'countersign-state-'));
after(() => rmSync(stateHome, { recursive: true, force: true }));

export interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** Runs the real command in a process of its own, with none of this machine's settings for it. */
export async function runCli(
  args: readonly string[],
  given: { env?: Record<string, string>; stdin?: string } = {},
): Promise<Ended> {
  const child = spawn(process.execPath, [MAIN, ...args], { env: { ...plainEnvironment(), ...given.env } });
  child.stdin.end(given.stdin ?? '');
  const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  return { code, stdout, stderr };
}

export function plainEnvironment(): Record<string, string | undefined> {
  const settings = /^(?:AWS_|COUNTERSIGN_|NO_COLOR$|FORCE_COLOR$|NODE_(?!COMPILE_CACHE$)|CDK_)/;
  const others = Object.entries(process.env).filter(([name]) => !settings.test(name));
  return { ...Object.fromEntries(others), XDG_STATE_HOME: stateHome };
}

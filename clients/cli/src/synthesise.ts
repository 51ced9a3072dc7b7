import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { CliError } from './cli-error.ts';
import { exitCode } from './exit-code.ts';
import { KeptAssembly } from './kept-assemblies.ts';
import { repository } from './repository.ts';

const APP = join('cloud', 'app', 'bin', 'app.ts');

/** With which the app ends where a setting cannot be; what it says last is a sentence about it. */
const WRONG_SETTING_EXIT_CODE = 2;

/**
 * Writes the CDK app's cloud assembly into a folder, by running the app as `cdk synth` would, without the CDK's own
 * command, which takes twice as long. An app that has not changed is not run again: see {@link KeptAssembly}.
 *
 * @throws {CliError} with everything the app said, where it fails.
 */
export async function synthesise(
  assemblyDir: string,
  context: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<void> {
  const kept = await KeptAssembly.of(context);
  if (await kept.copyTo(assemblyDir)) return;
  await runTheApp(assemblyDir, context, signal);
  if (!signal.aborted) await kept.keep(assemblyDir);
}

async function runTheApp(
  assemblyDir: string,
  context: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<void> {
  const app = spawn(process.execPath, [APP], {
    cwd: repository,
    env: { ...process.env, CDK_OUTDIR: assemblyDir, CDK_CONTEXT_JSON: JSON.stringify(context) },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const kill = () => app.kill();
  signal.addEventListener('abort', kill, { once: true });
  const [said, complained, [code]] = await Promise.all([text(app.stdout), text(app.stderr), once(app, 'exit')]);
  signal.removeEventListener('abort', kill);
  if (code === 0 || signal.aborted) return;
  if (code === WRONG_SETTING_EXIT_CODE) {
    const sentence = complained.trimEnd().split('\n').at(-1) ?? '';
    throw new CliError(
      exitCode.usage,
      sentence,
      'Change it, in --context or cdk.json; the README tells of the settings.',
    );
  }
  throw new CliError(
    exitCode.failure,
    `The CDK app ${APP} cannot be synthesised.`,
    'Mend what it says above, then start again.',
    `${complained}\n${said}`.split('\n').filter((line) => line.trim() !== ''),
  );
}

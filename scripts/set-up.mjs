// Brings a fresh clone to the point where the pinned Node 24 can run it. Runs on Node 20 and later; plain JavaScript,
// because nothing is installed yet when it starts.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export const root = join(import.meta.dirname ?? new URL('.', import.meta.url).pathname, '..');
const lockfile = join(root, 'package-lock.json');
const stamp = join(root, 'node_modules', '.countersign-installed');

/** The Node 24 that the package `node` installed. Everything but these scripts runs on it. */
export const node24 = join(root, 'node_modules', 'node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node');

// Every process that is started from here, and those that they start, keep what they compiled: a command of the command
// line then starts in half the time.
process.env.NODE_COMPILE_CACHE ??= join(root, 'node_modules', '.cache', 'compiled');

/** Installs what the lockfile names, unless that has been done. The stamp is written last, so a broken install is repeated. */
export function install() {
  const digest = createHash('sha256').update(readFileSync(lockfile)).digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === digest && existsSync(node24)) return;
  process.stderr.write('Installing what package-lock.json names (about half a minute, once) …\n');
  const npm = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'inherit'],
    shell: process.platform === 'win32',
  });
  if (npm.status !== 0) {
    process.stderr.write(
      'npm ci failed, so nothing can run yet. Check the connection to your npm registry, then try again.\n',
    );
    process.exit(1);
  }
  if (!existsSync(node24)) {
    process.stderr.write(
      'The package "node" brought no binary. npm must be allowed to run its install script: npm config set ignore-scripts false\n',
    );
    process.exit(1);
  }
  writeFileSync(stamp, digest);
}

/**
 * Runs a file of this repository on Node 24 with this terminal's input and output, and ends as it ends.
 * A signal sent to this process is passed on, so that `kill` on it reaches the one that matters.
 */
export function become(file, args) {
  const child = spawn(node24, [join(root, file), ...args], { stdio: 'inherit' });
  // Ctrl-C reaches the whole process group by itself; passing it on again would count as the second, impatient one.
  process.on('SIGINT', () => {});
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('exit', (code, signal) => {
    if (signal === null) process.exit(code ?? 1);
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  });
}

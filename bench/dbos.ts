import { execFileSync, fork, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, mkdirSync } from 'node:fs';
import { createConnection, createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { ClosedLoop, Latencies } from './closed-loop.ts';
import { inFolder } from './machine.ts';

/** DBOS on a PostgreSQL of its own with its default, durable settings. */
export function dbos(load: Pick<ClosedLoop, 'clients' | 'seconds' | 'warmUpSeconds'>): Promise<Latencies> {
  return inFolder(async (folder) => {
    const { url, stop } = await startPostgres(folder);
    try {
      const subject = fork(join(import.meta.dirname, 'peers', 'dbos.mjs'), [url]);
      await once(subject, 'message');
      subject.send(load);
      const [{ measured }] = (await once(subject, 'message')) as [{ measured: Latencies }];
      subject.kill('SIGKILL');
      return measured;
    } finally {
      await stop();
    }
  });
}

export function hasPostgres(): boolean {
  try {
    execFileSync('which', ['initdb', 'postgres', 'pg_ctl'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

async function startPostgres(folder: string): Promise<{ url: string; stop: () => Promise<void> }> {
  const data = join(folder, 'data');
  mkdirSync(data);
  giveToServer(folder, data);
  execFileSync(...asServer('initdb', ['-D', data, '-A', 'trust', '-U', 'postgres', '--no-instructions']), {
    stdio: 'ignore',
    cwd: '/',
  });
  const port = await freePort();
  const settings = ['listen_addresses=127.0.0.1', `port=${port}`, `unix_socket_directories=${data}`];
  const [command, args] = asServer('postgres', ['-D', data, ...settings.flatMap((setting) => ['-c', setting])]);
  const server = spawn(command, args, { stdio: 'ignore', cwd: '/' });
  await listening(port);
  return { url: `postgresql://postgres@127.0.0.1:${port}/postgres`, stop: () => stopped(server, data) };
}

async function stopped(server: ChildProcess, data: string): Promise<void> {
  execFileSync(...asServer('pg_ctl', ['stop', '-D', data, '-m', 'immediate']), { stdio: 'ignore', cwd: '/' });
  if (server.exitCode === null) await once(server, 'exit');
}

/** PostgreSQL refuses to run as root. */
function asServer(command: string, args: string[]): [string, string[]] {
  return process.getuid?.() === 0 ? ['runuser', ['-u', 'postgres', '--', command, ...args]] : [command, args];
}

function giveToServer(...folders: string[]): void {
  if (process.getuid?.() !== 0) return;
  const id = (kind: string): number => Number(execFileSync('id', [kind, 'postgres'], { encoding: 'utf8' }));
  for (const folder of folders) chownSync(folder, id('-u'), id('-g'));
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}

async function listening(port: number): Promise<void> {
  for (const endsAtMs = Date.now() + 60_000; Date.now() < endsAtMs;) {
    const socket = createConnection(port, '127.0.0.1');
    const isOpen = await new Promise<boolean>((resolve) => {
      socket.once('connect', () => resolve(true));
      socket.once('error', () => resolve(false));
    });
    socket.destroy();
    if (isOpen) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error('PostgreSQL did not listen within a minute');
}

import { spawn } from 'node:child_process';

/**
 * Kills the function instances when the host dies without being able to, as by SIGKILL. An instance that waits for work
 * sees the host go by itself; one that computes or awaits something does not, and would live on as an orphan.
 *
 * A shell of one megabyte holds the other end of a pipe and reads the process groups that live. When the pipe closes, it
 * kills them. It has a session of its own, so what a terminal sends to the host's group does not reach it.
 */
export interface Warden {
  guard(processGroup: number): void;
  release(processGroup: number): void;
  close(): Promise<void>;
}

const PROGRAM = `
groups=' '
while read -r word group; do
  case $word in
    guard) groups="$groups$group " ;;
    release) groups="\${groups%% $group *} \${groups#* $group }" ;;
  esac
done
for group in $groups; do kill -9 "-$group"; done 2>/dev/null
`;

export function startWarden(): Warden {
  if (process.platform === 'win32') return { guard() {}, release() {}, close: () => Promise.resolve() };
  const shell = spawn('/bin/sh', ['-c', PROGRAM], { detached: true, stdio: ['pipe', 'ignore', 'ignore'], env: {} });
  const exited = new Promise<void>((resolve) => shell.once('close', () => resolve()));
  // Without a shell the host still works; only its own sudden death could then leave an instance behind.
  shell.on('error', () => {});
  shell.stdin.on('error', () => {});
  return {
    guard: (processGroup) => void shell.stdin.write(`guard ${processGroup}\n`),
    release: (processGroup) => void shell.stdin.write(`release ${processGroup}\n`),
    close: () => {
      shell.stdin.end();
      return exited;
    },
  };
}

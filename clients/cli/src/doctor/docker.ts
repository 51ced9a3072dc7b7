import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { type Check, fail, ok } from './check.ts';

const run = promisify(execFile);
const ANSWER_TIMEOUT_MS = 15_000;

/** Nothing here needs it; whoever builds images to deploy does, and asks for this. */
export const docker: Check = {
  name: 'Docker',
  async look() {
    try {
      const { stdout } = await run('docker', ['version', '--format', '{{.Server.Version}}'], {
        timeout: ANSWER_TIMEOUT_MS,
      });
      return ok(`server ${stdout.trim()}`);
    } catch (error) {
      const isMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
      return isMissing
        ? fail('is not installed', 'Install it, or another that has its command, to build images for AWS.')
        : fail('is installed, and its server does not answer', 'Start it, and see that you may use it: docker version');
    }
  },
};

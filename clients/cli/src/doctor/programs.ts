import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { repository } from '../repository.ts';
import { type Check, fail, ok } from './check.ts';

const INSTALL = 'Install again what package-lock.json names: npm ci';

/** What `start` bundles functions with: a program of this machine's kind, which npm may have left out. */
export const esbuild: Check = {
  name: 'esbuild',
  async look() {
    try {
      const { transform, version } = await import('esbuild');
      await transform('const one: number = 1', { loader: 'ts' });
      return ok(version);
    } catch {
      return fail('does not run, so functions cannot be bundled', `${INSTALL} (with scripts allowed).`);
    }
  },
};

/** What `npm run deploy` deploys with; `start` goes without. */
export const cdk: Check = {
  name: 'AWS CDK',
  async look() {
    const [library, command] = [versionOf('aws-cdk-lib'), versionOf('aws-cdk')];
    if (library === undefined) return fail('aws-cdk-lib is not there, so no app can be synthesised', `${INSTALL}.`);
    return ok(`aws-cdk-lib ${library}, ${command === undefined ? 'no cdk command' : `cdk ${command}`}`);
  },
};

function versionOf(name: string): string | undefined {
  try {
    const { version }: { version: string } = JSON.parse(
      readFileSync(join(repository, 'node_modules', name, 'package.json'), 'utf8'),
    );
    return version;
  } catch {
    return undefined;
  }
}

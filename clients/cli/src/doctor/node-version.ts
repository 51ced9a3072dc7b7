import { type Check, fail, ok } from './check.ts';

/** The first with everything that is used: SQLite, type stripping, and `using`. */
const MAJOR = 24;

export const nodeVersion: Check = {
  name: 'Node.js',
  async look() {
    const { version, execPath } = process;
    const major = Number(/^v(\d+)/.exec(version)?.[1]);
    if (major >= MAJOR) return ok(`${version} (${execPath})`);
    return fail(
      `${version} (${execPath})`,
      `Run it as \`npx countersign\`, which brings its own Node.js; it needs ${MAJOR} or later.`,
    );
  },
};

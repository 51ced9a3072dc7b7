// npm test: every check there is, or those that --only names. Runs on Node 20 and later; what it starts runs on Node 24.
//   npm test -- --only types,lint     npm test -- clients/cli/test/orders.test.ts
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { install, node24, root } from './set-up.mjs';

const CODE = ['local', 'cloud', 'clients', 'tests', 'scripts', 'bench'].filter((room) => existsSync(join(root, room)));

/** More than a small CI machine has cores, for tests wait as much as they compute; and what is tested as a whole waits most. */
const CONCURRENT_FILES = 3;
const CONCURRENT_WHOLES = 4;

/** A test that hangs must fail before CI gives up on the whole run. */
const TEST_TIMEOUT_MS = 10 * 60_000;

/** In the order of their speed, so that what is quickly known is known first. */
const CHECKS = {
  types: () => tool('typescript/bin/tsc', []),
  lint: () => tool('oxlint/bin/oxlint', ['--type-aware', '--deny-warnings', ...CODE]),
  format: () => tool('prettier/bin/prettier.cjs', ['--check', '--log-level', 'warn', '.']),
  unit: () => nodeTest(CODE.filter((room) => room !== 'tests').flatMap((room) => testFiles(room, /(^|\/)test\//))),
  whole: () => nodeTest(testFiles('tests', /^/), CONCURRENT_WHOLES),
  conformance,
};

/** What is one program each, and runs beside the others. */
const TOOLS = new Set(['types', 'lint', 'format']);

const { names, files } = parseArguments(process.argv.slice(2));
install();
const total = { passed: 0, failed: 0, skipped: 0 };
if (files.length > 0) await check(files.join(' '), () => nodeTest(files));
else {
  // Each of the first three leaves one of two cores idle.
  const begun = new Map(names.filter((name) => TOOLS.has(name)).map((name) => [name, CHECKS[name]()]));
  for (const name of names) await check(name, () => begun.get(name) ?? CHECKS[name]());
}

const nothingRan = total.passed + total.failed === 0;
if (nothingRan) console.log('No test ran.');
console.log(`\n${total.passed} passed, ${total.failed} failed${total.skipped > 0 ? `, ${total.skipped} skipped` : ''}`);
process.exitCode = total.failed > 0 || nothingRan ? 1 : 0;

async function check(name, run) {
  console.log(name);
  const startedAtMs = Date.now();
  const { passed, failed, skipped = 0, why = '' } = await run();
  total.passed += passed;
  total.failed += failed;
  total.skipped += skipped;
  const result =
    passed + failed + skipped === 0
      ? 'nothing to run'
      : `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
  console.log(`  ${why || result} (${((Date.now() - startedAtMs) / 1000).toFixed(1)} s)`);
}

/** A program that counts as one test. What it says is shown where it fails. */
async function tool(path, args) {
  const child = spawn(node24, [join(root, 'node_modules', path), ...args], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [said, complained, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  if (code === 0) return { passed: 1, failed: 0 };
  console.log(`${said}${complained}`.trimEnd());
  return { passed: 0, failed: 1 };
}

async function nodeTest(paths, concurrency = CONCURRENT_FILES) {
  if (paths.length === 0) return { passed: 0, failed: 0 };
  const folder = mkdtempSync(join(tmpdir(), 'countersign-test-'));
  const countsFile = join(folder, 'counts.json');
  const reporter = (name, destination) => [
    `--test-reporter=${join(root, 'scripts', 'reporters', name)}`,
    `--test-reporter-destination=${destination}`,
  ];
  const child = spawn(
    node24,
    [
      '--test',
      `--test-concurrency=${concurrency}`,
      `--test-timeout=${TEST_TIMEOUT_MS}`,
      ...reporter('failures.mjs', 'stdout'),
      ...reporter('counts.mjs', countsFile),
      ...paths,
    ],
    { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] },
  );
  const [code] = await once(child, 'close');
  const counts = existsSync(countsFile) ? readFileSync(countsFile, 'utf8') : '';
  rmSync(folder, { recursive: true });
  return agreed(counts === '' ? { passed: 0, failed: 0 } : JSON.parse(counts), code);
}

/** The recorded cases of the real service, where they are at hand. */
async function conformance() {
  const script = join(root, 'scripts', 'conformance.ts');
  if (!existsSync(script) || !existsSync(join(root, '..', 'shared', 'conformance'))) {
    return { passed: 0, failed: 0, why: 'the recorded cases are not here' };
  }
  const child = spawn(node24, [script], { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] });
  const [said, [code]] = await Promise.all([text(child.stdout), once(child, 'close')]);
  const closing = /^(?:\w+: )?(\d+) passed, (\d+) failed(?:, (\d+) skipped)?$/gm;
  if (code !== 0) console.log(said.replace(closing, '').trimEnd());
  const [, passed = 0, failed = 0, skipped = 0] = [...said.matchAll(closing)].at(-1) ?? [];
  return agreed({ passed: Number(passed), failed: Number(failed), skipped: Number(skipped) }, code);
}

/** Counts that know of no failure do not outweigh an exit code that does. */
function agreed(counts, code) {
  return code === 0 || counts.failed > 0 ? counts : { ...counts, failed: 1 };
}

function testFiles(room, folder) {
  if (!existsSync(join(root, room))) return [];
  return readdirSync(join(root, room), { recursive: true })
    .map((path) => join(room, path).replaceAll('\\', '/'))
    .filter((path) => path.endsWith('.test.ts') && folder.test(path) && !path.includes('node_modules/'))
    .sort();
}

function parseArguments(args) {
  const [first, list = '', ...rest] = args;
  if (first !== '--only') return { names: Object.keys(CHECKS), files: args };
  const names = list.split(',');
  const unknown = names.filter((name) => !Object.hasOwn(CHECKS, name));
  if (unknown.length > 0 || rest.length > 0) {
    const known = Object.keys(CHECKS).join(', ');
    console.error(`--only takes ${known}, separated by commas; not "${[...unknown, ...rest].join(' ')}".`);
    process.exit(2);
  }
  return { names, files: [] };
}

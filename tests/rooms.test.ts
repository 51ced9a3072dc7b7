import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { test } from 'node:test';

const ROOT = dirname(import.meta.dirname);
const HALVES = ['local', 'cloud', 'clients'];

/** The rooms of ARCHITECTURE.md, each with those it may import. */
type Arrows = ReadonlyMap<string, readonly string[]>;

interface SourceFile {
  /** From the root of the repository, with slashes. */
  path: string;
  source: string;
}

test('every import follows an arrow of ARCHITECTURE.md, and goes through the door', () => {
  const arrows = readArrows(readFileSync(join(ROOT, 'ARCHITECTURE.md'), 'utf8'));
  const files = HALVES.flatMap(readSources);
  for (const room of arrows.keys()) {
    const own = files.filter(({ path }) => roomOf(path) === room && !isTest(path));
    assert.ok(own.length > 0, `no source file was looked at in ${room}`);
  }
  const imported = files.flatMap(importsOf).filter((specifier) => specifier.startsWith('../../'));
  assert.ok(imported.length > 10, `only ${imported.length} imports between rooms were seen`);
  assert.deepEqual(
    files.flatMap((file) => wrongImports(file, arrows)),
    [],
  );
});

test('what decides reads no clock, throws no dice and does no I/O', () => {
  const pure = readSources('local').filter(({ path }) => isPure(path));
  for (const place of [
    'local/asl/src/',
    'local/engine/src/transition.ts',
    'local/engine/src/execution.ts',
    'local/engine/src/states/',
  ]) {
    assert.ok(
      pure.some(({ path }) => path.startsWith(place)),
      `no file was looked at in ${place}`,
    );
  }
  assert.deepEqual(pure.flatMap(impurities), []);
});

test('the check itself finds each kind of wrong import, and lets the right ones pass', () => {
  const arrows = readArrows(
    [
      'Text | with | bars',
      '| room | is | may import |',
      '| --- | --- | --- |',
      '| `local/asl` | the language of `cloud/orders` | nothing of ours |',
      '| `local/engine` | engine | `local/asl` |',
      '| `cloud/orders` | orders | nothing of ours |',
      '',
    ].join('\n'),
  );
  assert.deepEqual(
    [...arrows],
    [
      ['local/asl', []],
      ['local/engine', ['local/asl']],
      ['cloud/orders', []],
    ],
  );
  const check = (path: string, source: string, wrong: number) =>
    assert.equal(wrongImports({ path, source }, arrows).length, wrong, `${path}: ${source}`);
  const engine = 'local/engine/src/states/wait.ts';
  check(engine, `import { a } from '../../../asl/src/index.ts';`, 0);
  check(engine, `import type { a } from '../task.ts';\nimport x from 'zod';\nimport { y } from 'node:fs';`, 0);
  check(engine, `import { a } from '../../../asl/src/json.ts';`, 1);
  check(engine, `import type {\n  a,\n  b,\n} from "../../../asl/src/json.ts";`, 1);
  check(engine, `export * from '../../../asl/src/json.ts';`, 1);
  check('local/engine/test/a.test.ts', `import { a } from '../../asl/test/double.ts';`, 0);
  check('local/asl/test/a.test.ts', `import { a } from '../../engine/test/double.ts';`, 1);
  check(engine, `import { a } from '../../../asl/test/double.ts';`, 1);
  check(engine, `import '../../../asl/src/json.ts';`, 1);
  check(engine, `const a = await import('../../../../cloud/orders/src/index.ts');`, 1);
  check(engine, `type A = import('../../../../cloud/orders/src/index.ts').A;`, 1);
  check(engine, `const a = require('../../../asl/src/json.ts');`, 1);
  check(
    engine,
    `import a from '../../../../cloud/orders/src/index.ts';\nimport b from '../../../host/src/index.ts';`,
    2,
  );
  check(engine, `import a from '../../test/world.ts';`, 1);
  check(engine, `import a from '../../../../tests/one-order.ts';`, 1);
  check(engine, `import a from '../../../../cdk.json' with { type: 'json' };`, 0);
  check(engine, `import a from '/local/asl/src/index.ts';`, 1);
  check(engine, `import a from '#asl';`, 1);
  check('local/asl/src/parse.ts', `import { a } from '../../engine/src/index.ts';`, 1);
  check('local/asl/test/parse.test.ts', `import { a } from '../../engine/src/index.ts';`, 0);
  check('local/asl/test/parse.test.ts', `import { a } from '../../engine/src/dispatcher.ts';`, 1);
  check('local/elsewhere/src/index.ts', '', 1);
  check('local/index.ts', '', 1);
  check(engine, `// import { a } from '../../../asl/src/json.ts';\n/* import b from '../../../asl/src/b.ts'; */`, 0);
});

test('the check itself finds each kind of impurity, and only in code', () => {
  const check = (source: string, wrong: number) =>
    assert.equal(impurities({ path: 'local/asl/src/parse.ts', source }).length, wrong, source);
  check(`import { readFileSync } from 'node:fs';`, 1);
  check(`const at = Date.now();`, 1);
  check('const text = `${new Date(0)}`;', 1);
  check(`const dice = Math.random();`, 1);
  check(`setTimeout(wake, 5); setInterval(wake, 5); setImmediate(wake);`, 3);
  check(`process.exit(); performance.now(); fetch(url); crypto.randomUUID();`, 4);
  check(`// Date.now()\n/** Math.random(), process */ const text = 'Date of the process' + "it's fetch";`, 0);
  check(`const expiryDate = state.process; const setTimeoutSeconds = 1;`, 0);
});

function readArrows(architecture: string): Arrows {
  const rows = architecture.split('\n').map((line) => line.split('|').map((cell) => cell.trim()));
  const headAt = rows.findIndex(([, room, , imports]) => room === 'room' && imports === 'may import');
  assert.ok(headAt >= 0, 'ARCHITECTURE.md has no table with the columns "room" and "may import"');
  const end = rows.findIndex((cells, index) => index > headAt && cells.length < 4);
  const body = rows.slice(headAt + 2, end === -1 ? undefined : end);
  const codes = (cell = '') => [...cell.matchAll(/`(?<code>[^`]+)`/gv)].map(({ groups }) => groups?.['code'] ?? '');
  const arrows = new Map(body.map(([, room, , imports]) => [codes(room)[0] ?? '', codes(imports)]));
  const unknown = [...arrows.values()].flat().filter((room) => !arrows.has(room));
  assert.deepEqual(unknown, [], 'a room may import one that the table does not have');
  assert.ok(arrows.size > 0 && !arrows.has(''), 'a row of the table names no room');
  return arrows;
}

function readSources(half: string): SourceFile[] {
  const entries = readdirSync(join(ROOT, half), { recursive: true, encoding: 'utf8' }).map((path) =>
    path.replaceAll('\\', '/'),
  );
  return entries
    .filter((path) => /\.[cm]?[jt]sx?$/v.test(path) && !/(?:^|\/)node_modules\//v.test(path))
    .map((path) => ({ path: `${half}/${path}`, source: readFileSync(join(ROOT, half, path), 'utf8') }));
}

function roomOf(path: string): string {
  return path.split('/', 2).join('/');
}

function isTest(path: string): boolean {
  return path.startsWith(`${roomOf(path)}/test/`);
}

/** Everything that names another module: static, for its effects only, dynamic, as a type, by `require`. */
const IMPORT =
  /(?:\b(?:import|export)\b[^'";]*?\bfrom\s*|\bimport\s*|\b(?:import|require|import\.meta\.resolve)\s*\(\s*)(?<quote>['"])(?<specifier>[^'"]+)\k<quote>/gv;

function importsOf({ source }: SourceFile): string[] {
  return [...withoutComments(source).matchAll(IMPORT)].map(({ groups }) => groups?.['specifier'] ?? '');
}

function wrongImports(file: SourceFile, arrows: Arrows): string[] {
  const { path } = file;
  if (!arrows.has(roomOf(path)) || path.split('/').length < 3) return [`${path} is in no room of ARCHITECTURE.md`];
  return importsOf(file).flatMap((specifier) => {
    const wrong = wrongImport(path, specifier, arrows);
    return wrong === undefined ? [] : [`${path} imports ${specifier}: ${wrong}`];
  });
}

function wrongImport(path: string, specifier: string, arrows: Arrows): string | undefined {
  if (/^(?:\/|#|file:)/v.test(specifier)) return 'imports are relative';
  if (!specifier.startsWith('.')) return undefined;
  const target = posix.join(posix.dirname(path), specifier);
  const [from, to] = [roomOf(path), roomOf(target)];
  if (from === to) return isTest(target) && !isTest(path) ? 'source does not import tests' : undefined;
  if (!arrows.has(to)) {
    const isData = target.endsWith('.json');
    return isTest(path) || isData ? undefined : 'it is in no room of ARCHITECTURE.md';
  }
  // The doubles of a service are the same for whoever is built on the room that calls it.
  if (isTest(path) && isTest(target) && arrows.get(from)?.includes(to)) return undefined;
  if (target !== `${to}/src/index.ts`) return `the door of ${to} is src/index.ts`;
  const isAllowed = isTest(path) || arrows.get(from)?.includes(to);
  return isAllowed ? undefined : `ARCHITECTURE.md draws no arrow from ${from} to ${to}`;
}

function isPure(path: string): boolean {
  return /^local\/(?:asl\/src\/|engine\/src\/(?:states\/|transition\.ts$|execution\.ts$))/v.test(path);
}

const WORLD =
  /\bMath\s*\.\s*random\b|(?<![.\w$])(?:Date|setTimeout|setInterval|setImmediate|process|performance|fetch|crypto)\b(?!\s*:)/gv;

function impurities(file: SourceFile): string[] {
  const modules = importsOf(file).filter((specifier) => specifier.startsWith('node:'));
  const code = withoutComments(file.source).replace(STRING, `''`);
  const names = [...code.matchAll(WORLD)].map(([name]) => name);
  return [...modules, ...names].map((name) => `${file.path} uses ${name}`);
}

/** Templates stay: code stands in them. */
const STRING = /'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"/gv;

/** Strings are stepped over, or the `//` in an address would begin a comment. */
function withoutComments(source: string): string {
  const piece = /(?<kept>'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\.|[^`\\])*`)|\/\*[\s\S]*?\*\/|\/\/[^\n]*/gv;
  return source.replace(piece, (_, kept: string | undefined) => kept ?? ' ');
}

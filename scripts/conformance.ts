// npm run conformance -- --cases DIR [--area A,B] [--id TEXT] [--all] [--json FILE] …
// Runs histories recorded from the real Step Functions against `countersign engine`, with the runner that lies beside the cases.
// A case that uses what this release refuses by name is counted apart, and so is one that docs/features.md says the reason of;
// any other difference is a failure, and so is a reason for a case that passes. With --all every difference is a failure.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { createInterface } from 'node:readline';

/** What becomes of a case. */
const KINDS = ['passed', 'failed', 'known', 'unsupported', 'skipped'] as const;
const root = join(import.meta.dirname, '..');
const [given, cases] = takeCases(process.argv.slice(2));
const runner = join(dirname(cases), 'run.mjs');
if (!existsSync(runner)) {
  console.error(
    `There is no runner at ${runner}. Give the folder of the recorded cases: npm run conformance -- --cases DIR`,
  );
  process.exit(2);
}

const folder = mkdtempSync(join(tmpdir(), 'countersign-conformance-'));
const backendPort = await freePort();
const engine = startEngine(join(folder, 'data'), `http://127.0.0.1:${backendPort}`);
try {
  const endpoint = await ready(engine);
  const report = join(folder, 'report.json');
  const options = ['--endpoint', endpoint, '--cases', cases, '--backend-port', String(backendPort), '--json', report];
  const all = given.includes('--all');
  const output: string[] = [];
  const run = spawn(process.execPath, [runner, ...options, ...given.filter((option) => option !== '--all')], {
    stdio: ['ignore', all ? 'inherit' : 'pipe', 'inherit'],
  });
  if (run.stdout !== null) createInterface({ input: run.stdout }).on('line', (line) => output.push(line));
  const [code] = (await once(run, 'close')) as [number | null];
  if (code === 2 || code === null) {
    console.error(output.join('\n'));
    process.exitCode = 2;
  } else if (all) {
    process.exitCode = code;
  } else {
    process.exitCode = summarize(JSON.parse(readFileSync(report, 'utf8')) as Report);
  }
} finally {
  engine.kill('SIGTERM');
  await once(engine, 'close');
  rmSync(folder, { recursive: true });
}

type Kind = (typeof KINDS)[number];

interface Report {
  readonly cases: readonly {
    readonly id: string;
    readonly area: string;
    readonly result: 'passed' | 'failed' | 'skipped';
    readonly reason?: string;
  }[];
}

/** Prints what differs and a line an area; answers with the exit code. */
function summarize(report: Report): number {
  const areas = new Map<string, Record<Kind, number>>();
  const known = knownDifferences();
  for (const { id, area, result, reason = '' } of report.cases) {
    const count = areas.get(area) ?? { passed: 0, failed: 0, known: 0, unsupported: 0, skipped: 0 };
    areas.set(area, count);
    const isKnown = known.some((pattern) => pattern.test(id));
    const kind = isKnown && result !== 'skipped' ? expectedToDiffer(result) : kindOf(result, reason);
    count[kind]++;
    if (kind !== 'failed') continue;
    const why = result === 'passed' ? 'It passes, but docs/features.md says why it cannot.' : reason;
    console.log(`FAIL ${area} ${id}\n    ${why.split('\n').slice(0, 6).join('\n    ')}`);
  }
  console.log(`\n${'area'.padEnd(16)} ${KINDS.map((column) => column.padStart(11)).join(' ')}`);
  const rows = [...areas].sort(([left], [right]) => left.localeCompare(right));
  for (const [area, count] of rows)
    console.log(`${area.padEnd(16)} ${KINDS.map((column) => String(count[column]).padStart(11)).join(' ')}`);
  const total = (column: Kind): number => rows.reduce((sum, [, count]) => sum + count[column], 0);
  console.log(
    `\n${total('passed')} passed, ${total('failed')} failed, ${total('known') + total('unsupported') + total('skipped')} skipped`,
  );
  return total('failed') === 0 && total('passed') > 0 ? 0 : 1;
}

function expectedToDiffer(result: 'passed' | 'failed'): Kind {
  return result === 'failed' ? 'known' : 'failed';
}

function kindOf(result: 'passed' | 'failed' | 'skipped', reason: string): Kind {
  const refusedByName = /is not supported by this release|UnknownOperationException/.test(reason);
  return result === 'failed' && refusedByName ? 'unsupported' : result;
}

/** The first column of the table below "Recorded cases that differ"; `*` stands for anything. */
function knownDifferences(): RegExp[] {
  const [, section = ''] = readFileSync(join(root, 'docs/features.md'), 'utf8').split('## Recorded cases that differ');
  return [...section.matchAll(/^\| `([^`]+)` \|/gm)].map(([, pattern = '']) => {
    const parts = pattern.split('*').map((part) => RegExp.escape(part));
    return new RegExp(parts.join('.*'), 's');
  });
}

function takeCases(options: readonly string[]): [string[], string] {
  const rest = [...options];
  const at = rest.indexOf('--cases');
  const [, folderGiven] = at < 0 ? [] : rest.splice(at, 2);
  return [rest, resolve(folderGiven ?? join(root, '../shared/conformance/cases'))];
}

function startEngine(dataDir: string, services: string): ChildProcess {
  const main = join(root, 'clients/cli/src/main.ts');
  const options = ['engine', '--port', '0', '--data', dataDir, '--lambda-endpoint', services, '--json'];
  return spawn(process.execPath, [main, ...options], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, AWS_ENDPOINT_URL: services },
  });
}

/** The address in the engine's ready message. */
async function ready(child: ChildProcess): Promise<string> {
  if (child.stdout === null) throw new Error('the engine has no output');
  const lines = createInterface({ input: child.stdout });
  for await (const line of lines) {
    const message = JSON.parse(line) as { event?: string; url?: string };
    if (message.event === 'ready' && message.url !== undefined) {
      child.stdout.resume();
      return message.url;
    }
  }
  throw new Error('the engine ended before it was ready');
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

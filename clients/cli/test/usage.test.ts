import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import type { Command } from 'commander';
import { CliError } from '../src/cli-error.ts';
import { createProgram } from '../src/program.ts';
import { MAIN, runCli } from './run-cli.ts';

/** Each command, by its path. */
function leaves(command: Command, path: readonly string[] = []): string[] {
  return command.commands.length === 0
    ? [path.join(' ')]
    : command.commands.flatMap((each) => leaves(each, [...path, each.name()]));
}

const GROUPS = ['', 'orders', 'executions', 'machines', 'tasks', 'time'];
const COMMANDS = leaves(createProgram());

function commandAt(path: string): Command {
  return path
    .split(' ')
    .filter(Boolean)
    .reduce(
      (command, name) => command.commands.find((each) => each.name() === name) ?? assert.fail(name),
      createProgram(),
    );
}

/** The help as it is for a reader of a pipe. */
function helpOf(path: string): string {
  let help = '';
  const command = commandAt(path).configureOutput({ writeOut: (text) => (help += text), getOutHelpWidth: () => 80 });
  command.outputHelp();
  return help;
}

for (const command of [...GROUPS, ...COMMANDS.filter((path) => path !== 'complete')]) {
  test(`the help of countersign ${command} starts with examples and ends with the exit codes`, () => {
    const help = helpOf(command);
    assert.match(help, /^Examples:\n {2}\$ .*countersign/);
    assert.match(help, new RegExp(`\nUsage: countersign ${command}`));
    assert.match(help, / 0 {2}done\n(?: {2}[1-7] {2}.*\n){7}$/);
    assert.ok(
      help.split('\n').every((line) => line.length <= 110),
      'no line is too long to read',
    );
    if (!GROUPS.includes(command) && command !== 'completion') assert.match(help, /--json /);
  });
}

test('--help is on stdout, and no fault', async () => {
  const { code, stdout, stderr } = await runCli(['orders', 'show', '--help']);
  assert.deepEqual([code, stdout, stderr], [0, helpOf('orders show'), '']);
});

test('start shows its defaults', () => {
  const help = helpOf('start').replaceAll(/\s+/g, ' ');
  for (const shown of ['(default: 3000)', '(default: 4566)', '(default: ".countersign")', '(default: "127.0.0.1")']) {
    assert.ok(help.includes(shown), shown);
  }
});

for (const [args, error, nextStep] of [
  [['ordrs'], "Unknown command 'ordrs'.", 'Did you mean orders?'],
  [['orders', 'lst'], "Unknown command 'lst'.", 'Did you mean list?'],
  [['start', '--no-auth', '--host', '0.0.0.0'], 'would let your whole network in.', 'Leave one of them out.'],
  [['login', '--issuer', 'https://id.example.com'], '--issuer and --client-id belong together.', '--help'],
  [['login', '--callback', 'https://example.com/cb'], 'A callback is on this machine', '`countersign login --help`'],
  [['start', '--prot', '1'], "Unknown option '--prot'.", 'Did you mean --port?'],
  [['orders', 'show'], "Missing required argument 'id'.", '`countersign orders show --help`'],
  [['orders', 'list', 'apples'], "Too many arguments for 'list'", '`countersign orders list --help`'],
  [['start', '--port', '65536'], 'A port is a whole number from 0 to 65535.', '`countersign start --help`'],
  [['start', '--port', '-1'], 'A port is a whole number from 0 to 65535.', '`countersign start --help`'],
  [['start', '--aws-port', '80x'], 'A port is a whole number from 0 to 65535.', '`countersign start --help`'],
  [['engine', '--lambda-endpoint', 'ftp://x'], 'A URL looks like', '`countersign engine --help`'],
  [['orders', 'list', '--limit', '0'], 'A limit is a whole number from 1 to 100.', '`countersign orders list --help`'],
  [['orders', 'submit', 'x', '--idempotency-key', 'a b'], 'visible ASCII', '`countersign orders submit --help`'],
  [['orders', 'confirm', 'x', '--data', '[1]'], 'It is a JSON object', '`countersign orders confirm --help`'],
  [['orders', 'confirm', 'x', '--data', '@/nowhere.json'], 'no such file', '`countersign orders confirm --help`'],
  [['orders', 'confirm', 'x', 'y', '--idempotency-key', 'k'], 'for one order', 'Leave it out'],
  [
    ['orders', 'reassign', 'x'],
    "Required option '--to <person>' not specified.",
    '`countersign orders reassign --help`',
  ],
  [['orders', 'deadline', 'x', 'tomorrow'], '2026-12-01T17:00:00Z', '`countersign orders deadline --help`'],
  [['orders', 'watch', 'x', '--mine'], '--mine is about the list', 'Leave one of them out.'],
  [['orders', 'verify', 'x', '--receipt', 'abc'], '64 hexadecimal digits', '`countersign orders verify --help`'],
  [['orders', 'verify', './nowhere.json'], 'cannot be read', '`countersign orders receipt ID --json`'],
  [['executions', 'list', '--status', 'GONE'], 'RUNNING', '`countersign executions list --help`'],
  [['executions', 'start', 'ORDERS', '--input', '{'], '--input holds no JSON', '@ and a file'],
  [['executions', 'start', 'ORDERS', '--input', '@/nowhere.json'], '--input cannot be read', '@ and a file'],
  [['machines', 'graph'], 'What is to be drawn is missing.', '`countersign machines list`'],
  [['machines', 'graph', 'ORDERS', '--execution', 'x'], 'both cannot be given', 'Leave one of them out.'],
  [['machines', 'graph', './nowhere.json'], 'cannot be read', 'Amazon States Language'],
  [['machines', 'graph', 'ORDERS', '--format', 'png'], 'text, mermaid, svg', '`countersign machines graph --help`'],
  [['completion', 'tcsh'], 'bash, zsh, fish', '`countersign completion --help`'],
  [['doctor', '--port', 'x'], 'A port is', '`countersign doctor --help`'],
  [['tasks', 'succeed'], 'Which task is missing.', '--token-file'],
  [['tasks', 'fail', 'x', '--token-file', '-'], 'two ways to name one task', '--token-file'],
  [['tasks', 'list', '--endpoint', 'aws'], 'AWS does not tell which tasks wait', '--token-file'],
  [['tasks', 'succeed', '--token-file', '/nowhere'], 'The token file cannot be read', 'or - for stdin'],
  [['executions', 'list', '--endpoint', 'here'], 'or aws.', '`countersign executions list --help`'],
] as const) {
  test(`countersign ${args.join(' ')} is wrong usage, and says what would be right`, async () => {
    const end = await createProgram()
      .parseAsync(args, { from: 'user' })
      .then(() => assert.fail('it was taken'))
      .catch((thrown: unknown) => thrown);
    assert.ok(end instanceof CliError, String(end));
    assert.deepEqual([end.exitCode, end.details], [2, []]);
    assert.ok(end.message.includes(error), end.message);
    assert.ok(end.nextStep.includes(nextStep), end.nextStep);
  });
}

test('wrong usage is said on stderr, in two lines', async () => {
  const { code, stdout, stderr } = await runCli(['orders', 'lst']);
  assert.deepEqual([code, stdout], [2, '']);
  assert.match(stderr, /^error: Unknown command 'lst'\.\n→ Did you mean list\? `countersign orders --help` .+\n$/);
});

for (const args of [[], ['orders'], ['executions']]) {
  test(`countersign ${args.join(' ')} alone shows help on stderr and is wrong usage`, async () => {
    const { code, stdout, stderr } = await runCli(args);
    assert.deepEqual([code, stdout], [2, '']);
    assert.match(stderr, /^Examples:/);
  });
}

test('--version is the version of the package', async () => {
  const { default: manifest } = await import('../../../package.json', { with: { type: 'json' } });
  assert.deepEqual(await runCli(['--version']), { code: 0, stdout: `${manifest.version}\n`, stderr: '' });
});

test('colours come only where they are forced: not in a pipe, never with NO_COLOR', async () => {
  const args = ['orders', 'show', 'x', '--url', 'http://127.0.0.1:1'];
  const escape = '\u001B';
  assert.ok(!(await runCli(args)).stderr.includes(escape));
  assert.ok((await runCli(args, { env: { FORCE_COLOR: '1' } })).stderr.includes(escape));
  assert.ok(!(await runCli(args, { env: { NO_COLOR: '1' } })).stderr.includes(escape));
  assert.ok(!(await runCli([...args, '--no-color'])).stderr.includes(escape));
});

test('a command that needs neither engine nor host does not wait for them', () => {
  const telling = `import { registerHooks } from 'node:module';
    registerHooks({ load: (url, context, next) => (console.error(url), next(url, context)) });`;
  const hook = `data:text/javascript,${encodeURIComponent(telling)}`;
  const { stderr } = spawnSync(process.execPath, ['--import', hook, MAIN, '--help'], { encoding: 'utf8' });
  const loaded = stderr.trim().split('\n');
  assert.ok(loaded.some((url) => url.endsWith('clients/cli/src/program.ts')));
  assert.deepEqual(
    loaded.filter((url) => /\/local\/|@aws-sdk|esbuild/.test(url)),
    [],
  );
});

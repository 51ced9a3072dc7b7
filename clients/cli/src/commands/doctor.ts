import type { Command } from 'commander';
import { CliError } from '../cli-error.ts';
import { dataCommand, port } from '../command.ts';
import { type Check, fail, type Finding, type Patient } from '../doctor/check.ts';
import { clock } from '../doctor/clock.ts';
import { dataContent } from '../doctor/data-content.ts';
import { dataFolder } from '../doctor/data-folder.ts';
import { diskSpace } from '../doctor/disk-space.ts';
import { diskSync } from '../doctor/disk-sync.ts';
import { docker } from '../doctor/docker.ts';
import { endpoint } from '../doctor/endpoint.ts';
import { leftovers } from '../doctor/leftovers.ts';
import { nodeVersion } from '../doctor/node-version.ts';
import { ports } from '../doctor/ports.ts';
import { cdk, esbuild } from '../doctor/programs.ts';
import { signedIn } from '../doctor/signed-in.ts';
import { exitCode } from '../exit-code.ts';
import { outputWidth, print, printJson, say, style } from '../output.ts';
import { printableLine } from '../printable.ts';
import { apiUrlOption } from '../sign-in-options.ts';
import { withEndpoint } from '../step-functions-options.ts';
import { padText } from '../text-width.ts';
import { wrapText } from '../wrap-text.ts';

/** In the order in which one mends. A check more is a line more here. */
const CHECKS: readonly Check[] = [
  nodeVersion,
  esbuild,
  cdk,
  clock,
  diskSpace,
  diskSync,
  dataFolder,
  leftovers,
  dataContent,
  ports,
  endpoint,
  signedIn,
];

export function doctor(): Command {
  return withEndpoint(
    dataCommand('countersign doctor', 'Check this machine, and say what to do where something is not well.', [
      'countersign doctor',
      'countersign doctor --data /srv/orders --docker',
      'countersign doctor --json | jq \'.checks[] | select(.status != "ok")\'',
    ]),
  )
    .option('--data <folder>', 'the data folder to look at', '.countersign')
    .option('--port <number>', 'the port that the orders API would have', port, 3000)
    .option('--aws-port <number>', 'the port that the AWS endpoint would have', port, 4566)
    .addOption(apiUrlOption())
    .option('--repair', 'put right what follows from the rest of the data')
    .option('--docker', 'also whether Docker is there, which only building images needs')
    .action(examine);
}

async function examine(patient: Patient & { json?: true }): Promise<void> {
  const found: (Finding & { name: string })[] = [];
  for (const check of patient.docker ? [...CHECKS, docker] : CHECKS) {
    const finding = { name: check.name, ...(await look(check, patient)) };
    found.push(finding);
    if (!patient.json) print(findingText(finding));
  }
  if (patient.json) printJson({ checks: found });
  const [failed, warned] = (['fail', 'warn'] as const).map(
    (each) => found.filter(({ status }) => status === each).length,
  );
  if (failed) {
    throw new CliError(
      exitCode.failure,
      `${failed} of ${found.length} checks ${failed === 1 ? 'has' : 'have'} failed.`,
      'Do what stands under each, then look again: countersign doctor',
    );
  }
  if (!patient.json) say(warned ? 'It runs; what is marked ! could be better.' : 'All is well.');
}

/** A check that itself goes wrong must not keep the others from being told. */
async function look(check: Check, patient: Patient): Promise<Finding> {
  try {
    return await check.look(patient);
  } catch (error) {
    if (error instanceof CliError) return fail(error.message, error.nextStep);
    const found = `could not be checked: ${error instanceof Error ? error.message : String(error)}`;
    return { status: 'warn', found, nextStep: 'Report it, with the command that you gave.' };
  }
}

const NAME_WIDTH = 14;
const INDENT = ' '.repeat(NAME_WIDTH + 4);

function findingText({ name, status, found, nextStep }: Finding & { name: string }): string {
  const mark = { ok: style('green', '✓'), warn: style('yellow', '!'), fail: style('red', '✗') }[status];
  const width = outputWidth() - INDENT.length;
  const [first = '', ...rest] = wrapText(printableLine(found), width);
  return [
    `${mark} ${padText(name, NAME_WIDTH)}  ${first}`,
    ...rest.map((line) => INDENT + line),
    ...(nextStep === undefined ? [] : wrapText(`→ ${printableLine(nextStep)}`, width).map((line) => INDENT + line)),
  ].join('\n');
}

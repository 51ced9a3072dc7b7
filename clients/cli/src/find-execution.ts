import type { ListStateMachinesOutput, SFN, StateMachineListItem } from '@aws-sdk/client-sfn';
import { CliError } from './cli-error.ts';
import { exitCode } from './exit-code.ts';

/** Every state machine there is, page by page. */
export async function stateMachines(client: SFN): Promise<StateMachineListItem[]> {
  const machines: StateMachineListItem[] = [];
  let nextToken: string | undefined;
  do {
    const page: ListStateMachinesOutput = await client.listStateMachines({ nextToken, maxResults: 1000 });
    machines.push(...(page.stateMachines ?? []));
    nextToken = page.nextToken;
  } while (nextToken !== undefined);
  return machines;
}

/** Every standard state machine. Express ones keep no executions to look at. */
export async function standardStateMachines(client: SFN): Promise<StateMachineListItem[]> {
  const machines = await stateMachines(client);
  return machines.filter((machine) => machine.type !== 'EXPRESS');
}

/** The ARN for what a person gave: an ARN as it is, or the name of one of the state machines that are listed. */
export async function findStateMachine(client: SFN, arnOrName: string, list = stateMachines): Promise<string> {
  if (arnOrName.startsWith('arn:')) return arnOrName;
  const machines = await list(client);
  const found = machines.find(({ name }) => name === arnOrName)?.stateMachineArn;
  if (found !== undefined) return found;
  throw new CliError(
    exitCode.notFound,
    `There is no state machine named "${arnOrName}".`,
    machines.length === 0
      ? 'There is none at all yet: `countersign start` brings one.'
      : `There are: ${machines.map(({ name }) => name).join(', ')}.`,
  );
}

/** The ARN for what a person gave: an ARN as it is, or an execution's name, looked for in each state machine. */
export async function findExecution(client: SFN, arnOrName: string): Promise<string> {
  if (arnOrName.startsWith('arn:')) return arnOrName;
  const found: string[] = [];
  for (const machine of await standardStateMachines(client)) {
    const executionArn = executionArnOf(machine.stateMachineArn ?? '', arnOrName);
    if (await exists(client, executionArn)) found.push(executionArn);
  }
  const [only] = found;
  if (only !== undefined && found.length === 1) return only;
  if (only === undefined) {
    throw new CliError(
      exitCode.notFound,
      `There is no execution named "${arnOrName}".`,
      '`countersign executions list` shows what is there.',
    );
  }
  throw new CliError(
    exitCode.usage,
    `More than one state machine has an execution named "${arnOrName}".`,
    'Give the ARN of the one you mean.',
    found,
  );
}

/** @see Step Functions Developer Guide, "Amazon Resource Names": both ARNs differ in their type and the name at the end. */
function executionArnOf(stateMachineArn: string, name: string): string {
  return `${stateMachineArn.replace(':stateMachine:', ':execution:')}:${name}`;
}

async function exists(client: SFN, executionArn: string): Promise<boolean> {
  try {
    await client.describeExecution({ executionArn });
    return true;
  } catch (error) {
    if (error instanceof Error && error.name === 'ExecutionDoesNotExist') return false;
    throw error;
  }
}

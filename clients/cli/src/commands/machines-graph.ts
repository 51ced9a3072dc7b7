import type { SFN } from '@aws-sdk/client-sfn';
import { type Command, Option } from 'commander';
import { CliError } from '../cli-error.ts';
import { exitCode } from '../exit-code.ts';
import { findExecution, findStateMachine } from '../find-execution.ts';
import { graphMermaid } from '../graph/draw-mermaid.ts';
import type { DressAs } from '../graph/draw-text.ts';
import { type GraphMarks, graphMarks, NO_MARKS } from '../graph/graph-marks.ts';
import { parseStateGraph } from '../graph/state-graph.ts';
import { outputWidth, print, printJson, style } from '../output.ts';
import { isDefinitionFile, readDefinition } from '../read-definition.ts';
import { eventsAfter } from '../read-history.ts';
import { NO_VISITS, withEvents } from '../state-visits.ts';
import { askStepFunctions } from '../step-functions-error.ts';
import { stepFunctions, stepFunctionsCommand, type StepFunctionsOptions } from '../step-functions-options.ts';

interface GraphOptions extends StepFunctionsOptions {
  format: 'text' | 'mermaid' | 'svg';
  execution?: string;
}

export function machinesGraph(): Command {
  return stepFunctionsCommand('machines graph', 'Draw a state machine, and the way that an execution has taken.', [
    'countersign machines graph ORDERS',
    'countersign machines graph --execution apples-1',
    'countersign machines graph ORDERS --format svg > orders.svg',
    'countersign machines graph ./flow.asl.json --format mermaid',
  ])
    .argument(
      '[machine]',
      "the state machine's name or ARN; or a file with a definition, as ./flow.asl.json; - reads stdin",
    )
    .option('--execution <execution>', 'mark the way that this execution has taken; draws what it runs')
    .addOption(
      new Option('--format <format>', 'boxes for a terminal, a Mermaid flowchart, or an SVG picture')
        .choices(['text', 'mermaid', 'svg'])
        .default('text'),
    )
    .action(graph);
}

interface Drawn {
  readonly definition: string;
  readonly marks: GraphMarks;
}

async function graph(machine: string | undefined, options: GraphOptions): Promise<void> {
  const { definition, marks } = await whatToDraw(machine, options);
  const drawn = await draw(definition, marks, options);
  if (options.json) printJson({ format: options.format, graph: drawn });
  else print(drawn);
}

async function whatToDraw(machine: string | undefined, options: GraphOptions): Promise<Drawn> {
  const { execution } = options;
  if (machine !== undefined && execution !== undefined) {
    throw new CliError(
      exitCode.usage,
      'An execution knows its state machine, so both cannot be given.',
      'Leave one of them out.',
    );
  }
  if (machine !== undefined && isDefinitionFile(machine))
    return { definition: await readDefinition(machine), marks: NO_MARKS };
  if (machine === undefined && execution === undefined) {
    throw new CliError(
      exitCode.usage,
      'What is to be drawn is missing.',
      'Name a state machine (`countersign machines list`), a file, or an --execution.',
    );
  }
  const client = await stepFunctions(options);
  const found = await askStepFunctions(options, () =>
    execution === undefined ? ofMachine(client, machine ?? '') : ofExecution(client, execution),
  );
  client.destroy();
  return found;
}

async function ofMachine(client: SFN, machine: string): Promise<Drawn> {
  const stateMachineArn = await findStateMachine(client, machine);
  const { definition = '' } = await client.describeStateMachine({ stateMachineArn });
  return { definition, marks: NO_MARKS };
}

async function ofExecution(client: SFN, execution: string): Promise<Drawn> {
  const executionArn = await findExecution(client, execution);
  const { definition = '' } = await client.describeStateMachineForExecution({ executionArn });
  const events = await eventsAfter(client, executionArn, 0);
  return { definition, marks: graphMarks(withEvents(NO_VISITS, events)) };
}

async function draw(definition: string, marks: GraphMarks, { format }: GraphOptions): Promise<string> {
  const stateGraph = parseStateGraph(definition);
  if (format === 'mermaid') return graphMermaid(stateGraph, marks);
  // Loaded here, so that other commands do not wait for what lays out.
  const { graphText } = await import('../graph/draw-text.ts');
  const { graphSvg } = await import('../graph/draw-svg.ts');
  return format === 'svg' ? graphSvg(stateGraph, marks) : graphText(stateGraph, marks, outputWidth(), dressings());
}

/** One function a colour, so that what is dressed alike is known by it. */
function dressings(): DressAs {
  const made = new Map<string, (text: string) => string>();
  return (colour) => {
    const dress = made.get(colour) ?? ((text: string) => style(colour, text));
    made.set(colour, dress);
    return dress;
  };
}

import type {
  ValidateStateMachineDefinitionDiagnostic,
  ValidateStateMachineDefinitionOutput,
} from '@aws-sdk/client-sfn';
import { type Command, Option } from 'commander';
import { CliError } from '../cli-error.ts';
import { exitCode } from '../exit-code.ts';
import { type Place, placeOf } from '../json-places.ts';
import { print, printJson, say, style } from '../output.ts';
import { withOwnStepFunctions } from '../own-step-functions.ts';
import { printable } from '../printable.ts';
import { readDefinition } from '../read-definition.ts';
import { askStepFunctions } from '../step-functions-error.ts';
import { stepFunctions, stepFunctionsCommand, type StepFunctionsOptions } from '../step-functions-options.ts';

interface ValidateOptions extends StepFunctionsOptions {
  type: 'STANDARD' | 'EXPRESS';
}

export function machinesValidate(): Command {
  return stepFunctionsCommand(
    'machines validate',
    'Tell what is wrong with a definition, each fault with its line. Nothing has to run for it.',
    [
      'countersign machines validate ./flow.asl.json',
      'countersign machines show ORDERS --definition | countersign machines validate -',
      'countersign machines validate ./flow.asl.json --endpoint aws',
    ],
  )
    .argument('<file>', 'a file with a definition in Amazon States Language; - reads stdin')
    .addOption(
      new Option('--type <type>', 'the type of the state machine').choices(['STANDARD', 'EXPRESS']).default('STANDARD'),
    )
    .action(validate);
}

type Diagnostic = ValidateStateMachineDefinitionDiagnostic & Partial<Place>;

async function validate(file: string, options: ValidateOptions): Promise<void> {
  const definition = await readDefinition(file);
  // Whoever names a Step Functions wants to hear that one; else the rules that this program itself runs by are asked.
  const isNamed = options.endpoint !== undefined || options.profile !== undefined;
  const diagnosis = isNamed
    ? await diagnose(definition, options.type, options)
    : await withOwnStepFunctions((own) => diagnose(definition, options.type, own));
  const diagnostics = (diagnosis.diagnostics ?? [])
    .map((diagnostic): Diagnostic => ({ ...diagnostic, ...placeOf(definition, diagnostic.location) }))
    .sort((a, b) => (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0));
  report(file, { ...diagnosis, diagnostics }, options);
}

async function diagnose(
  definition: string,
  type: ValidateOptions['type'],
  options: StepFunctionsOptions,
): Promise<ValidateStateMachineDefinitionOutput> {
  const client = await stepFunctions(options);
  try {
    return await askStepFunctions(
      options,
      () => client.validateStateMachineDefinition({ definition, type, severity: 'WARNING', maxResults: 100 }),
      { ValidationException: 'A definition has at most 1 MiB, and is not empty.' },
    );
  } finally {
    client.destroy();
  }
}

interface Diagnosis extends Omit<ValidateStateMachineDefinitionOutput, 'diagnostics'> {
  readonly diagnostics: readonly Diagnostic[];
}

function report(file: string, { result, diagnostics, truncated = false }: Diagnosis, { json }: ValidateOptions): void {
  const name = file === '-' ? 'stdin' : file;
  if (json) printJson({ result, diagnostics, truncated });
  else for (const diagnostic of diagnostics) print(diagnosticLine(name, diagnostic));
  if (truncated && !json) say('There are more; these are the first 100.');
  const errors = diagnostics.filter(({ severity }) => severity === 'ERROR').length;
  if (result !== 'OK') {
    throw new CliError(
      exitCode.failure,
      `${name} is no valid definition: ${errors} ${errors === 1 ? 'error' : 'errors'}.`,
      'Mend what is said above; https://states-language.net has the language.',
    );
  }
  if (!json) say(`${name} is a valid definition.`);
}

/** As compilers write it, so that editors find the place. */
function diagnosticLine(name: string, { severity, code, message, location, line, column }: Diagnostic): string {
  const place = line === undefined ? name : `${name}:${line}:${column ?? 1}`;
  const kind = severity === 'ERROR' ? style('red', 'error') : style('yellow', 'warning');
  const where = location === undefined || location.startsWith('[Source') ? '' : ` (${location})`;
  // Where it is no JSON, the second line repeats the text and the place.
  const [sentence = ''] = (message ?? '').split('\n', 1);
  return `${printable(place)} ${kind} ${printable(`${code ?? ''}: ${sentence}${where}`)}`;
}

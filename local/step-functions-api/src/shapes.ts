import {
  InvalidDefinition,
  InvalidExecutionInput,
  InvalidName,
  InvalidOutput,
  StepFunctionsError,
  ValidationException,
} from '../../engine/src/index.ts';
import { isTooDeep, TOO_DEEP } from './json-depth.ts';

// Names and limits are those of the service's API model, version 2016-11-23.

export const Arn = { type: 'string', min: 1, max: 256 } as const;
export const LongArn = { type: 'string', min: 1, max: 2000 } as const;

/** White space, brackets, wildcards, special and control characters, lone surrogates, what is no character. */
const FORBIDDEN_IN_NAMES = /[\s<>{}[\]?*"#%\\^|~`$&,;:/\p{Cc}\p{Cs}\ufffe\uffff\u{10ffff}]/u;

export const RoleArn = {
  ...Arn,
  check(arn: string) {
    const isRole = /^arn:[^:]+:iam::[0-9]{12}:role\/./.test(arn);
    if (!isRole) throw new StepFunctionsError('InvalidArn', `Invalid Role Arn: '${arn}'`);
  },
} as const;

export const Name = {
  type: 'string',
  min: 1,
  max: 80,
  check(name: string) {
    if (FORBIDDEN_IN_NAMES.test(name)) throw new InvalidName(name);
  },
} as const;

export const DefinitionText = { type: 'string', min: 1, max: 1_048_576, sensitive: true } as const;

export const Definition = {
  ...DefinitionText,
  check(definition: string) {
    if (isTooDeep(definition)) throw new InvalidDefinition(`INVALID_JSON_DESCRIPTION: ${TOO_DEEP}`);
  },
} as const;

export const ExecutionInput = { type: 'string', sensitive: true, check: payload(InvalidExecutionInput) } as const;
export const TaskOutput = { type: 'string', sensitive: true, check: payload(InvalidOutput) } as const;

/** JSON text of whatever a test of a state brings along. */
export const TestData = { type: 'string', max: 262_144, sensitive: true, check: payload(ValidationException) } as const;

/** The model does not call it sensitive. We do: whoever has the token can answer for the task. */
export const TaskToken = { type: 'string', min: 1, max: 2048, sensitive: true } as const;

export const SensitiveError = { type: 'string', max: 256, sensitive: true } as const;
export const SensitiveCause = { type: 'string', max: 32_768, sensitive: true } as const;
export const TraceHeader = { type: 'string', max: 256, pattern: /\p{ASCII}*/u } as const;

export const TestStateStateName = { type: 'string', min: 1, max: 80, sensitive: true } as const;

export const StateMachineType = { type: 'string', enum: ['STANDARD', 'EXPRESS'] } as const;
export const ExecutionStatus = {
  type: 'string',
  enum: ['RUNNING', 'SUCCEEDED', 'FAILED', 'TIMED_OUT', 'ABORTED', 'PENDING_REDRIVE'],
} as const;
export const ExecutionRedriveFilter = { type: 'string', enum: ['REDRIVEN', 'NOT_REDRIVEN'] } as const;
export const IncludedData = { type: 'string', enum: ['ALL_DATA', 'METADATA_ONLY'] } as const;
export const VersionDescription = { type: 'string', max: 256, sensitive: true } as const;

/** Printable ASCII. */
export const ClientToken = { type: 'string', min: 1, max: 64, pattern: /[!-~]+/ } as const;
export const MaxConcurrency = { type: 'integer', min: 0 } as const;
export const ToleratedFailurePercentage = { type: 'float', min: 0, max: 100 } as const;
export const ToleratedFailureCount = { type: 'long', min: 0 } as const;

export const PageSize = { type: 'integer', min: 0, max: 1000 } as const;
export const PageToken = { type: 'string', min: 1, max: 1024 } as const;
export const ListExecutionsPageToken = { type: 'string', min: 1, max: 3096 } as const;

/** The name of an alias, which can never be taken for the number of a version. */
export const CharacterRestrictedName = {
  type: 'string',
  min: 1,
  max: 80,
  // Written as the model writes it, because error messages repeat it.
  pattern: /^(?=.*[a-zA-Z_\-\.])[a-zA-Z0-9_\-\.]+$/, // oxlint-disable-line no-useless-escape -- see above
} as const;
export const AliasDescription = { type: 'string', max: 256, sensitive: true } as const;
export const RoutingConfigurationList = {
  type: 'list',
  min: 1,
  max: 2,
  member: {
    type: 'structure',
    members: {
      stateMachineVersionArn: { ...Arn, required: true },
      weight: { type: 'integer', min: 0, max: 100, required: true },
    },
  },
} as const;

const TagKey = {
  type: 'string',
  min: 1,
  max: 128,
  check(key: string) {
    checkTagText(key);
    if (/^aws:/i.test(key))
      throw new ValidationException(`Tag keys that begin with aws: belong to AWS; given: '${key}'`);
  },
} as const;
const TagValue = { type: 'string', max: 256, check: checkTagText } as const;
export const TagKeyList = { type: 'list', member: { type: 'string', min: 1, max: 128 } } as const;
export const TagList = {
  type: 'list',
  member: { type: 'structure', members: { key: { ...TagKey, required: true }, value: TagValue } },
} as const;

function checkTagText(text: string): void {
  if (/^[\p{L}\p{N}\p{Z}_.:/=+\-@]*$/u.test(text)) return;
  throw new ValidationException(
    `Tags may only contain Unicode letters, digits, white space, or these symbols: _ . : / = + - @; given: '${text}'`,
  );
}

/** Step Functions quotas, "Maximum input or output size for a task, state, or execution". */
const PAYLOAD_BYTES_MAX = 262_144;

function payload(Refusal: new (detail: string) => Error): (text: string) => void {
  return (text) => {
    // A UTF-16 unit takes at most three bytes: short texts need no counting.
    if (text.length * 3 > PAYLOAD_BYTES_MAX && Buffer.byteLength(text) > PAYLOAD_BYTES_MAX) {
      throw new Refusal(`The text is longer than ${PAYLOAD_BYTES_MAX} bytes of UTF-8`);
    }
    if (isTooDeep(text)) throw new Refusal(TOO_DEEP);
  };
}

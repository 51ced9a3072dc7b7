import type { Json, JsonObject } from './json.ts';

/**
 * A state machine as its author wrote it: these types describe the JSON of a definition that `parseDefinition` accepted,
 * field by field and in the specification's own spelling. Nothing is translated, so a reader can hold the two side by side;
 * paths and templates are compiled where they are used, once (see `json-path.ts` and `payload-template.ts`).
 *
 * @see https://states-language.net/spec.html
 */
export interface StateMachineDefinition extends StateGraph {
  readonly Comment?: string;
  readonly Version?: string;
  readonly QueryLanguage?: QueryLanguage;
  /** Seconds from the start of the execution; then it ends as TIMED_OUT. */
  readonly TimeoutSeconds?: number;
}

/** What a state machine, a branch of a Parallel and an ItemProcessor have in common. */
export interface StateGraph {
  readonly StartAt: string;
  readonly States: Readonly<Record<string, State>>;
}

export type QueryLanguage = 'JSONPath' | 'JSONata';

export type State =
  TaskState | PassState | ChoiceState | WaitState | SucceedState | FailState | ParallelState | MapState;

/** A text that holds a JSONPath. */
export type Path = string;
/** A path that names exactly one place. */
export type ReferencePath = string;
/** In a JSONata state: the value itself, or a text `{% … %}` that gives it. */
export type OrExpression<T> = T | string;

interface CommonFields {
  readonly Comment?: string;
  readonly QueryLanguage?: QueryLanguage;
  /** JSONPath. Absent means `$`; `null` means an empty object. */
  readonly InputPath?: Path | null;
  readonly OutputPath?: Path | null;
  /** JSONata. */
  readonly Output?: Json;
  readonly Assign?: JsonObject;
}

/** Where the machine goes after the state: exactly one of the two is there. */
interface Transition {
  readonly Next?: string;
  readonly End?: boolean;
}

interface ResultFields {
  readonly ResultSelector?: JsonObject;
  readonly ResultPath?: ReferencePath | null;
}

interface ErrorFields {
  readonly Retry?: readonly Retrier[];
  readonly Catch?: readonly Catcher[];
}

export interface TaskState extends CommonFields, Transition, ResultFields, ErrorFields {
  readonly Type: 'Task';
  readonly Resource: string;
  readonly Parameters?: Json;
  readonly Arguments?: Json;
  readonly TimeoutSeconds?: OrExpression<number>;
  readonly TimeoutSecondsPath?: Path;
  readonly HeartbeatSeconds?: OrExpression<number>;
  readonly HeartbeatSecondsPath?: Path;
  readonly Credentials?: JsonObject;
}

export interface PassState extends CommonFields, Transition {
  readonly Type: 'Pass';
  readonly Result?: Json;
  readonly ResultPath?: ReferencePath | null;
  readonly Parameters?: Json;
}

export interface ChoiceState extends CommonFields {
  readonly Type: 'Choice';
  readonly Choices: readonly ChoiceRule[];
  readonly Default?: string;
}

/** A rule at the top of `Choices`; below `And`, `Or` and `Not` it has no `Next`. Exactly one operator is there. */
export interface ChoiceRule {
  readonly Comment?: string;
  readonly Next?: string;
  readonly Assign?: JsonObject;
  readonly Output?: Json;
  /** JSONata. */
  readonly Condition?: OrExpression<boolean>;
  readonly And?: readonly ChoiceRule[];
  readonly Or?: readonly ChoiceRule[];
  readonly Not?: ChoiceRule;
  readonly Variable?: Path;
  /** A comparison such as `StringEquals`, with its operand. */
  readonly [comparison: string]: Json | ChoiceRule | readonly ChoiceRule[] | undefined;
}

export interface WaitState extends CommonFields, Transition {
  readonly Type: 'Wait';
  readonly Seconds?: OrExpression<number>;
  readonly SecondsPath?: Path;
  readonly Timestamp?: string;
  readonly TimestampPath?: Path;
}

export interface SucceedState extends CommonFields {
  readonly Type: 'Succeed';
}

export interface FailState extends CommonFields {
  readonly Type: 'Fail';
  readonly Error?: string;
  readonly ErrorPath?: Path;
  readonly Cause?: string;
  readonly CausePath?: Path;
}

export interface ParallelState extends CommonFields, Transition, ResultFields, ErrorFields {
  readonly Type: 'Parallel';
  readonly Branches: readonly StateGraph[];
  readonly Parameters?: Json;
  readonly Arguments?: Json;
}

export interface MapState extends CommonFields, Transition, ResultFields, ErrorFields {
  readonly Type: 'Map';
  readonly ItemProcessor?: ItemProcessor;
  /** The older name of `ItemProcessor`. */
  readonly Iterator?: ItemProcessor;
  readonly ItemsPath?: Path;
  readonly Items?: OrExpression<readonly Json[] | JsonObject>;
  readonly ItemSelector?: Json;
  /** The older name of `ItemSelector`. */
  readonly Parameters?: Json;
  readonly ItemReader?: ItemReader;
  readonly ItemBatcher?: ItemBatcher;
  readonly ResultWriter?: ResultWriter;
  readonly MaxConcurrency?: OrExpression<number>;
  readonly MaxConcurrencyPath?: Path;
  readonly ToleratedFailurePercentage?: OrExpression<number>;
  readonly ToleratedFailurePercentagePath?: Path;
  readonly ToleratedFailureCount?: OrExpression<number>;
  readonly ToleratedFailureCountPath?: Path;
  readonly Label?: string;
}

export interface ItemProcessor extends StateGraph {
  readonly ProcessorConfig?: {
    readonly Mode?: 'INLINE' | 'DISTRIBUTED';
    readonly ExecutionType?: 'STANDARD' | 'EXPRESS';
  };
}

/** Where the items of a distributed Map come from: an object in S3, or a list of the objects in a bucket. */
export interface ItemReader {
  readonly Comment?: string;
  readonly Resource: string;
  readonly Parameters?: Json;
  readonly Arguments?: OrExpression<JsonObject>;
  readonly ReaderConfig?: ReaderConfig;
}

export interface ReaderConfig {
  readonly InputType?: 'CSV' | 'JSON' | 'JSONL' | 'MANIFEST' | 'PARQUET';
  readonly ManifestType?: 'ATHENA_DATA' | 'S3_INVENTORY';
  readonly Transformation?: 'NONE' | 'LOAD_AND_FLATTEN';
  readonly CSVDelimiter?: 'COMMA' | 'PIPE' | 'SEMICOLON' | 'SPACE' | 'TAB';
  readonly CSVHeaderLocation?: 'FIRST_ROW' | 'GIVEN';
  readonly CSVHeaders?: readonly string[];
  /** A JSON pointer to the array in a larger document. */
  readonly ItemsPointer?: string;
  readonly MaxItems?: OrExpression<number>;
  readonly MaxItemsPath?: Path;
}

export interface ItemBatcher {
  readonly BatchInput?: Json;
  readonly MaxItemsPerBatch?: OrExpression<number>;
  readonly MaxItemsPerBatchPath?: Path;
  readonly MaxInputBytesPerBatch?: OrExpression<number>;
  readonly MaxInputBytesPerBatchPath?: Path;
}

/** Where the results of a distributed Map go, how they are written, or both. */
export interface ResultWriter {
  readonly Resource?: string;
  readonly Parameters?: Json;
  readonly Arguments?: OrExpression<JsonObject>;
  readonly WriterConfig?: {
    readonly OutputType?: 'JSON' | 'JSONL';
    readonly Transformation?: 'NONE' | 'COMPACT' | 'FLATTEN';
  };
}

export interface Retrier {
  readonly Comment?: string;
  readonly ErrorEquals: readonly string[];
  /** Seconds before the first retry. Default 1. */
  readonly IntervalSeconds?: number;
  /** Default 3; 0 means never. */
  readonly MaxAttempts?: number;
  /** Default 2. */
  readonly BackoffRate?: number;
  readonly MaxDelaySeconds?: number;
  /** Default NONE. FULL draws the delay evenly between 0 and what it would have been. */
  readonly JitterStrategy?: 'FULL' | 'NONE';
}

export interface Catcher {
  readonly Comment?: string;
  readonly ErrorEquals: readonly string[];
  readonly Next: string;
  readonly ResultPath?: ReferencePath | null;
  readonly Output?: Json;
  readonly Assign?: JsonObject;
}

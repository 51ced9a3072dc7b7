/** A state to be tested, alone. Payloads are JSON text. @see Step Functions API Reference, TestState */
export interface TestState {
  /** One state; with `stateName`, a whole state machine. */
  readonly definition: string;
  /** A state of the definition, however deep it stands in branches and item processors. */
  readonly stateName?: string;
  readonly roleArn?: string;
  /** `{}` where absent. */
  readonly input?: string;
  /** The variables that the state finds, by name. */
  readonly variables?: string;
  /** What the state sees instead of the context object that it would be given. */
  readonly context?: string;
  /** `INFO` where absent. */
  readonly inspectionLevel?: InspectionLevel;
  /** Shows what a connection adds to the request of an HTTP task, too. */
  readonly revealSecrets?: boolean;
  readonly mock?: Mock;
  readonly stateConfiguration?: StateConfiguration;
}

export type InspectionLevel = 'INFO' | 'DEBUG' | 'TRACE';
export type FieldValidationMode = 'STRICT' | 'PRESENT' | 'NONE';

/** What comes of the state's work, which is then not done: a result or an error. */
export interface Mock {
  readonly result?: string;
  readonly errorOutput?: { readonly error?: string; readonly cause?: string };
  /** How closely a result has to keep to the API model of the service. `STRICT` where absent. */
  readonly fieldValidationMode?: FieldValidationMode;
}

/** What has happened to the state before, or within it. */
export interface StateConfiguration {
  /** Retries made by the retrier that knows the mocked error. */
  readonly retrierRetryCount?: number;
  /** The state within a Map or Parallel that the mocked error comes from. */
  readonly errorCausedByState?: string;
  readonly mapIterationFailureCount?: number;
  /** What ItemReader finds, as it stands in the object. */
  readonly mapItemReaderData?: string;
}

export interface TestedState {
  readonly status: 'SUCCEEDED' | 'FAILED' | 'RETRIABLE' | 'CAUGHT_ERROR';
  readonly output?: string;
  readonly error?: string;
  readonly cause?: string;
  readonly nextState?: string;
  /** At the levels DEBUG and TRACE. */
  readonly inspectionData?: InspectionData;
}

/** How data went through the state. Payloads are JSON text. */
export interface InspectionData {
  readonly input?: string;
  readonly afterArguments?: string;
  readonly afterInputPath?: string;
  readonly afterParameters?: string;
  readonly result?: string;
  readonly afterResultSelector?: string;
  readonly afterResultPath?: string;
  /** At the level TRACE, of an HTTP task. */
  readonly request?: InspectionDataRequest;
  readonly response?: InspectionDataResponse;
  readonly variables?: string;
  readonly errorDetails?: InspectionErrorDetails;
  readonly afterItemsPath?: string;
  readonly afterItemSelector?: string;
  readonly afterItemBatcher?: string;
  readonly afterItemsPointer?: string;
  readonly toleratedFailureCount?: number;
  readonly toleratedFailurePercentage?: number;
  readonly maxConcurrency?: number;
}

export interface InspectionDataRequest {
  readonly protocol: string;
  readonly method: string;
  readonly url: string;
  /** `[name: value, …]` */
  readonly headers: string;
  readonly body?: string;
}

export interface InspectionDataResponse {
  readonly protocol: string;
  readonly statusCode: string;
  readonly statusMessage: string;
  readonly headers: string;
  readonly body?: string;
}

/** Who handles the state's failure, by place in Retry and Catch. */
export interface InspectionErrorDetails {
  readonly catchIndex?: number;
  readonly retryIndex?: number;
  readonly retryBackoffIntervalSeconds?: number;
}

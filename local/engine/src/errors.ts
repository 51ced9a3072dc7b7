/**
 * What a caller did wrong, by the names of the Step Functions API. The wire turns each into an error body in one place.
 * A failing task is none of these: that is a value, routed by Retry and Catch.
 *
 * @see Step Functions API Reference, "Errors" of each action
 */
export class StepFunctionsError extends Error {
  override readonly name: string;
  /** Further members of the error body, such as `resourceName`. */
  readonly fields: Readonly<Record<string, string>>;

  constructor(name: string, message: string, fields: Readonly<Record<string, string>> = {}) {
    super(message);
    this.name = name;
    this.fields = fields;
  }
}

export class InvalidArn extends StepFunctionsError {
  constructor(detail: string) {
    super('InvalidArn', `Invalid Arn: '${detail}'`);
  }
}

export class InvalidName extends StepFunctionsError {
  constructor(given: string) {
    super('InvalidName', `Invalid Name: '${given}'`);
  }
}

export class InvalidDefinition extends StepFunctionsError {
  /** `message` as `describeProblems` gives it. */
  constructor(message: string) {
    super('InvalidDefinition', message);
  }
}

export class InvalidExecutionInput extends StepFunctionsError {
  constructor(detail: string) {
    super('InvalidExecutionInput', `Invalid State Machine Execution Input: '${detail}'`);
  }
}

export class InvalidOutput extends StepFunctionsError {
  constructor(detail: string) {
    super('InvalidOutput', `Invalid Output: '${detail}'`);
  }
}

/** The token was never issued by this engine, or is malformed. */
export class InvalidToken extends StepFunctionsError {
  constructor() {
    super('InvalidToken', "Invalid Token: 'Invalid token'");
  }
}

/** The token was issued once, and its task is closed: answered, timed out, retried, stopped or ended with its execution. */
export class TaskTimedOut extends StepFunctionsError {
  constructor() {
    super('TaskTimedOut', "Task Timed Out: 'Provided task does not exist anymore'");
  }
}

export class StateMachineDoesNotExist extends StepFunctionsError {
  constructor(stateMachineArn: string) {
    super('StateMachineDoesNotExist', `State Machine Does Not Exist: '${stateMachineArn}'`);
  }
}

export class StateMachineTypeNotSupported extends StepFunctionsError {
  constructor() {
    super('StateMachineTypeNotSupported', 'This operation is not supported by this type of state machine');
  }
}

export class StateMachineAlreadyExists extends StepFunctionsError {
  constructor(stateMachineArn: string) {
    super('StateMachineAlreadyExists', `State Machine Already Exists: '${stateMachineArn}'`);
  }
}

export class StateMachineDeleting extends StepFunctionsError {
  constructor(stateMachineArn: string) {
    super('StateMachineDeleting', `State Machine is being deleted: '${stateMachineArn}'`);
  }
}

export class ExecutionDoesNotExist extends StepFunctionsError {
  constructor(executionArn: string) {
    super('ExecutionDoesNotExist', `Execution Does Not Exist: '${executionArn}'`);
  }
}

export class ExecutionAlreadyExists extends StepFunctionsError {
  constructor(executionArn: string) {
    super('ExecutionAlreadyExists', `Execution Already Exists: '${executionArn}'`);
  }
}

export class ExecutionNotRedrivable extends StepFunctionsError {
  constructor(reason: string) {
    super('ExecutionNotRedrivable', reason);
  }
}

/** The store cannot take more at the moment, as when the disk is full. Nothing was accepted; the caller may try again. */
export class ServiceUnavailable extends StepFunctionsError {
  constructor(detail: string) {
    super('ServiceUnavailable', detail);
  }
}

/** A request that breaks the constraints of the service's model. A `reason` is one of the API's ValidationExceptionReasons. */
export class ValidationException extends StepFunctionsError {
  constructor(message: string, reason?: string) {
    super('ValidationException', message, reason === undefined ? {} : { reason });
  }
}

/** What is asked for contradicts what is there. */
export class ConflictException extends StepFunctionsError {
  constructor(message: string) {
    super('ConflictException', message);
  }
}

export class ServiceQuotaExceededException extends StepFunctionsError {
  constructor(message: string) {
    super('ServiceQuotaExceededException', message);
  }
}

export class ResourceNotFound extends StepFunctionsError {
  constructor(resourceName: string) {
    super('ResourceNotFound', `Resource not found: '${resourceName}'`, { resourceName });
  }
}

export class TooManyTags extends StepFunctionsError {
  constructor(resourceName: string, tagCountMax: number) {
    super('TooManyTags', `A resource may have at most ${tagCountMax} tags: '${resourceName}'`, { resourceName });
  }
}

export class ActivityDoesNotExist extends StepFunctionsError {
  constructor(activityArn: string) {
    super('ActivityDoesNotExist', `Activity Does Not Exist: '${activityArn}'`);
  }
}

export class ActivityAlreadyExists extends StepFunctionsError {
  constructor(activityArn: string) {
    super('ActivityAlreadyExists', `Activity Already Exists: '${activityArn}'`);
  }
}

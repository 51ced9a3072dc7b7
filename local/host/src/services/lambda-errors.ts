/**
 * What the Lambda API refuses, by its names. An error of the function itself is none of these: that is an answer, with
 * `functionError` set.
 *
 * @see Lambda API Reference, "Invoke", Errors
 */
export class LambdaError extends Error {
  override readonly name: string;
  readonly statusCode: number;
  /** The members of the error body besides its type. Lambda spells some of them with a capital. */
  readonly body: Readonly<Record<string, string>>;

  constructor(name: string, statusCode: number, body: Readonly<Record<string, string>>) {
    super(body['message'] ?? body['Message'] ?? name);
    this.name = name;
    this.statusCode = statusCode;
    this.body = body;
  }
}

export class ResourceNotFoundException extends LambdaError {
  constructor(functionArn: string) {
    super('ResourceNotFoundException', 404, { Type: 'User', Message: `Function not found: ${functionArn}` });
  }
}

type ThrottleReason = 'ReservedFunctionConcurrentInvocationLimitExceeded' | 'ConcurrentInvocationLimitExceeded';

export class TooManyRequestsException extends LambdaError {
  constructor(reason: ThrottleReason) {
    super('TooManyRequestsException', 429, { Type: 'User', Reason: reason, message: 'Rate Exceeded.' });
  }
}

export class RequestTooLargeException extends LambdaError {
  constructor(message: string) {
    super('RequestTooLargeException', 413, { Type: 'User', message });
  }
}

export class InvalidRequestContentException extends LambdaError {
  constructor(message: string) {
    super('InvalidRequestContentException', 400, { Type: 'User', message });
  }
}

export class ValidationException extends LambdaError {
  constructor(value: string, member: string, constraint: string) {
    const message = `1 validation error detected: Value '${value}' at '${member}' failed to satisfy constraint: ${constraint}`;
    super('ValidationException', 400, { message });
  }
}

/** Lambda, not the function, is at fault: an instance could not be started, or the service is closing. */
export class ServiceException extends LambdaError {
  constructor(message: string) {
    super('ServiceException', 500, { Type: 'Service', Message: message });
  }
}

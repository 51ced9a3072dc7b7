/** A refusal in the words of an AWS service; its message is for whoever called. */
export class AwsError extends Error {
  /** Such as `ResourceNotFoundException`. */
  readonly code: string;
  readonly statusCode: number;

  constructor(code: string, message: string, statusCode = 400) {
    super(message);
    this.name = 'AwsError';
    this.code = code;
    this.statusCode = statusCode;
  }
}

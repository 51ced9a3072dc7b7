import type { AccessRefused, RefusalReason } from '../iam/caller.ts';

/** The error codes this service answers with, each with its HTTP status. S3 API Reference, "Error responses". */
const STATUS_OF = {
  AccessDenied: 403,
  BadDigest: 400,
  EntityTooLarge: 400,
  IncompleteBody: 400,
  InternalError: 500,
  InvalidAccessKeyId: 403,
  InvalidArgument: 400,
  InvalidDigest: 400,
  InvalidRange: 416,
  InvalidRequest: 400,
  InvalidURI: 400,
  KeyTooLongError: 400,
  MalformedXML: 400,
  MetadataTooLarge: 400,
  MethodNotAllowed: 405,
  MissingContentLength: 411,
  NoSuchBucket: 404,
  NoSuchKey: 404,
  NoSuchVersion: 404,
  NotImplemented: 501,
  PreconditionFailed: 412,
  SignatureDoesNotMatch: 403,
  SlowDown: 503,
  XAmzContentSHA256Mismatch: 400,
} as const;

export type S3ErrorCode = keyof typeof STATUS_OF;

/** What a caller is told. The fields become elements of the error document, beside Code, Message and RequestId. */
export class S3Error extends Error {
  override readonly name = 'S3Error';
  readonly code: S3ErrorCode;
  readonly fields: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    code: S3ErrorCode,
    message: string,
    fields: Readonly<Record<string, string>> = {},
    headers: Readonly<Record<string, string>> = {},
  ) {
    super(message);
    this.code = code;
    this.fields = fields;
    this.headers = headers;
  }

  get status(): number {
    return STATUS_OF[this.code];
  }
}

export function noSuchKey(key: string, headers: Readonly<Record<string, string>> = {}): S3Error {
  return new S3Error('NoSuchKey', 'The specified key does not exist.', { Key: key }, headers);
}

export function preconditionFailed(condition: string): S3Error {
  const message = 'At least one of the pre-conditions you specified did not hold';
  return new S3Error('PreconditionFailed', message, { Condition: condition });
}

/** @param what names the operation, the parameter or the header that is missing here. */
export function notImplemented(what: string): S3Error {
  return new S3Error('NotImplemented', `This S3 on your machine does not implement ${what}.`);
}

const CODE_OF: Readonly<Record<RefusalReason, S3ErrorCode>> = {
  signature: 'SignatureDoesNotMatch',
  key: 'InvalidAccessKeyId',
  expired: 'AccessDenied',
  denied: 'AccessDenied',
};

/** S3 puts the resource that was denied in quotes. */
export function refusedByAccess({ reason, message, resource }: AccessRefused): S3Error {
  return new S3Error(CODE_OF[reason], resource === '' ? message : message.replace(resource, () => `"${resource}"`));
}

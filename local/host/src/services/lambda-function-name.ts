import { ResourceNotFoundException, ValidationException } from './lambda-errors.ts';

export interface FunctionReference {
  functionName: string;
  qualifier: string | undefined;
}

/** A name, `account:function:name`, or an ARN, each with or without a qualifier. Lambda API Reference, "Invoke", FunctionName. */
const PATTERN =
  /^(?:arn:aws[a-z\-]*:lambda:(?<region>[a-z]{2}(?:-[a-z]+)+-\d):)?(?:(?<accountId>\d{12}):)?(?:function:)?(?<name>[a-zA-Z0-9\-_]+)(?::(?<qualifier>\$LATEST|[a-zA-Z0-9\-_]+))?$/v;

const REFERENCE_LENGTH_MAX = 170;

/**
 * @throws {ValidationException} if this names no function at all.
 * @throws {ResourceNotFoundException} if it names one of another account or region.
 */
export function parseFunctionReference(reference: string, region: string, accountId: string): FunctionReference {
  const { name, qualifier, ...place } = PATTERN.exec(reference)?.groups ?? {};
  if (name === undefined || reference.length > REFERENCE_LENGTH_MAX) {
    throw new ValidationException(
      reference,
      'functionName',
      `Member must satisfy regular expression pattern: ${PATTERN.source}`,
    );
  }
  const isElsewhere = (place['region'] ?? region) !== region || (place['accountId'] ?? accountId) !== accountId;
  if (isElsewhere) throw new ResourceNotFoundException(reference);
  return { functionName: name, qualifier };
}

import { StepFunctionsError } from '../../engine/src/index.ts';
import { ProtocolError } from './errors.ts';

/** The one place where an error becomes what the client sees. Clients go by what follows the `#`. */
export function errorAnswer(error: unknown): { status: number; body: string } {
  if (error instanceof StepFunctionsError) {
    const { name, message, fields } = error;
    const status = name === 'ServiceUnavailable' ? 503 : 400;
    return { status, body: JSON.stringify({ ...fields, __type: `com.amazonaws.states#${name}`, message }) };
  }
  const { name, status, message } = error instanceof ProtocolError ? error : INTERNAL_FAILURE;
  return { status, body: JSON.stringify({ __type: `com.amazon.coral.service#${name}`, message }) };
}

/** Says nothing of the cause, which stands in the log. */
const INTERNAL_FAILURE = new ProtocolError(
  'InternalFailure',
  500,
  'The request could not be processed because of an error of the service',
);

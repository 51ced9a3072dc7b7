import { findJsonFault, type Json } from '../../asl/src/index.ts';

/** Reads JSON that a caller sent. What is none is refused in the words of the service, whose parser is Jackson. */
export function parseJsonText(text: string, refuse: (detail: string) => Error): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    const { message = 'The text is not JSON' } = findJsonFault(text) ?? {};
    throw refuse(`${exceptionOf(message)}: ${message}`);
  }
}

function exceptionOf(message: string): string {
  if (message.startsWith('No content')) return 'com.fasterxml.jackson.databind.exc.MismatchedInputException';
  return message.startsWith('Unexpected end-of-input')
    ? 'com.fasterxml.jackson.core.io.JsonEOFException'
    : 'com.fasterxml.jackson.core.JsonParseException';
}

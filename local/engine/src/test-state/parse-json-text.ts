import type { Json } from '../../../asl/src/index.ts';

export function parseJsonText(text: string, refuse: (detail: string) => Error): Json {
  try {
    return JSON.parse(text) as Json;
  } catch (error) {
    throw refuse((error as Error).message);
  }
}

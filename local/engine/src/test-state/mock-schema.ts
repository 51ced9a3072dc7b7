import type { Json } from '../../../asl/src/index.ts';
import type { FieldValidationMode } from './api.ts';

export function mockResultFault(_resource: string, _result: Json, _mode: FieldValidationMode): string | undefined {
  return undefined;
}

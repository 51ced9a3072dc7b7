import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isArray, isObject, type Json, type JsonObject } from '../src/json.ts';

/** The cases recorded from Step Functions, which lie beside the project where it is developed. */
const FOLDER = fileURLToPath(new URL('../../../../shared/conformance/cases', import.meta.url));

/** Why a test that compares with the recordings cannot run here, or `false`. */
export const noRecordings = existsSync(FOLDER) ? false : 'there are no recorded cases beside the project';

export interface RecordedExecution {
  readonly id: string;
  readonly definition: JsonObject;
  readonly input: Json;
  readonly expect: JsonObject;
}

/** The recorded executions of an area that were started with an input. */
export function recordedExecutions(area: string): RecordedExecution[] {
  return readdirSync(join(FOLDER, area)).flatMap((file) => {
    const { cases }: { cases: RecordedCase[] } = JSON.parse(readFileSync(join(FOLDER, area, file), 'utf8'));
    return cases.flatMap(asExecution);
  });
}

export interface RecordedDescription {
  readonly id: string;
  readonly definition: JsonObject;
  /** Empty where the service named none. */
  readonly variableReferences: Readonly<Record<string, readonly string[]>>;
}

/** What DescribeStateMachine answered in the scripts of an area. */
export function recordedDescriptions(area: string): RecordedDescription[] {
  return readdirSync(join(FOLDER, area)).flatMap((file) => {
    const { cases }: { cases: RecordedCase[] } = JSON.parse(readFileSync(join(FOLDER, area, file), 'utf8'));
    return cases.flatMap(({ id, steps }) =>
      (isArray(steps) ? steps : []).flatMap((step) => (typeof id === 'string' ? asDescription(id, step) : [])),
    );
  });
}

function asDescription(id: string, step: Json): RecordedDescription[] {
  if (!isObject(step) || step['op'] !== 'DescribeStateMachine' || !isObject(step['expect'])) return [];
  const { definition, variableReferences = {} } = step['expect'];
  if (!isObject(definition)) return [];
  return [{ id, definition, variableReferences: variableReferences as RecordedDescription['variableReferences'] }];
}

type RecordedCase = { readonly [key: string]: Json };

function asExecution(recorded: RecordedCase): RecordedExecution[] {
  const { id, definition, definitionText, input, expect } = recorded;
  const parsed: Json | undefined = typeof definitionText === 'string' ? JSON.parse(definitionText) : definition;
  if (typeof id !== 'string' || typeof input !== 'string' || !isObject(parsed) || !isObject(expect)) return [];
  return [{ id, definition: parsed, input: JSON.parse(input), expect }];
}

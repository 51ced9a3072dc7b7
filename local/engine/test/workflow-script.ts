import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { isObject, type Json, type JsonObject } from '../../asl/src/index.ts';
import type { StateMachineType } from '../src/index.ts';

export const WORKFLOWS = join(import.meta.dirname, 'workflows');

/** What stands beside a sample: `saga-trip.runs.json` beside `saga-trip.asl.json`. */
export interface Script {
  readonly kinds: readonly string[];
  /** The state machines that it starts. */
  readonly children?: readonly Child[];
  readonly runs: readonly Run[];
}

export interface Child {
  /** Of the state machine, and of the file that its definition is in. */
  readonly name: string;
  /** @default STANDARD */
  readonly type?: StateMachineType;
}

/** One execution: what it is given, how the world answers it, and what has to become of it. */
export interface Run {
  readonly title: string;
  readonly input: Json;
  /** What is in Amazon S3 beforehand: the lines of each object, by `bucket/key`. */
  readonly objects?: Readonly<Record<string, readonly string[]>>;
  /** What the calls of a task are answered, by the name of its state. */
  readonly tasks?: Readonly<Record<string, readonly Answer[]>>;
  /** What the worker of an activity does, by the name of the activity. */
  readonly activities?: Readonly<Record<string, readonly Answer[]>>;
  /** The members are those of `OBSERVED` in workflows.test.ts; each that is there has to be so. */
  readonly expected: JsonObject;
}

/** The first answer that fits a call and is not used up is the call's. One that is never used is a mistake of the script. */
export interface Answer {
  /** Which parameters it is for: the members that are given have to be so, others may be there. @default any */
  readonly when?: Json;
  /** How often. @default as often as it fits */
  readonly times?: number;
  /** @default 0 */
  readonly takesSeconds?: number;
  /** @default {} */
  readonly output?: Json;
  readonly error?: string;
  readonly cause?: string;
  /** What is sent with the task token that the parameters hold. */
  readonly later?: readonly Callback[];
}

export interface Callback {
  /** After the call was made. */
  readonly afterSeconds: number;
  readonly success?: Json;
  readonly failure?: { readonly error?: string; readonly cause?: string };
  readonly heartbeat?: true;
  /** The exception that it is answered with. @default it is accepted */
  readonly refused?: string;
}

export function workflowNames(): string[] {
  return filesEndingWith('.runs.json');
}

export function definitionNames(): string[] {
  return filesEndingWith('.asl.json');
}

export function definitionText(name: string): string {
  return readFileSync(join(WORKFLOWS, `${name}.asl.json`), 'utf8');
}

export function commentOf(name: string): string {
  const { Comment: comment } = JSON.parse(definitionText(name)) as { Comment?: string };
  return comment ?? '';
}

export function readScript(name: string): Script {
  const script = JSON.parse(readFileSync(join(WORKFLOWS, `${name}.runs.json`), 'utf8')) as Script;
  // A member that is misspelt would check nothing, and say so to nobody.
  knowAll(script, ['kinds', 'children', 'runs']);
  for (const child of script.children ?? []) knowAll(child, ['name', 'type']);
  for (const run of script.runs) {
    knowAll(run, ['title', 'input', 'objects', 'tasks', 'activities', 'expected']);
    for (const answer of [run.tasks, run.activities].flatMap((some) => Object.values(some ?? {})).flat()) {
      knowAll(answer, ['when', 'times', 'takesSeconds', 'output', 'error', 'cause', 'later']);
      for (const callback of answer.later ?? [])
        knowAll(callback, ['afterSeconds', 'success', 'failure', 'heartbeat', 'refused']);
    }
  }
  return script;
}

/** Whether a value has all that a pattern has: members are looked up, everything else is compared. */
export function fits(pattern: Json, value: Json | undefined): boolean {
  if (!isObject(pattern)) return isDeepStrictEqual(pattern, value);
  return isObject(value) && Object.entries(pattern).every(([member, part]) => fits(part, value[member]));
}

function filesEndingWith(ending: string): string[] {
  const files = readdirSync(WORKFLOWS).filter((file) => file.endsWith(ending));
  return files.map((file) => file.slice(0, -ending.length)).sort();
}

function knowAll(given: object, known: readonly string[]): void {
  const unknown = Object.keys(given).filter((member) => !known.includes(member));
  if (unknown.length > 0)
    throw new Error(`a script has no member ${unknown.join(', ')}; it may have ${known.join(', ')}`);
}

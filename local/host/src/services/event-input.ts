import type { Json } from '../template.ts';
import { isList, isObject } from '../template.ts';

/** What a target is given in place of the event. */
export type TargetInput =
  | { readonly kind: 'event' }
  | { readonly kind: 'constant'; readonly text: string }
  | { readonly kind: 'path'; readonly path: string }
  | { readonly kind: 'template'; readonly paths: Readonly<Record<string, string>>; readonly template: string };

/** What a template may name without a path of its own. */
export interface TemplateContext {
  readonly ruleArn: string;
  readonly ruleName: string;
  readonly ingestionTime: string;
}

/**
 * The text a target gets for an event.
 *
 * @see EventBridge User Guide, "Input transformation"
 */
export function targetInput(input: TargetInput, event: Json, context: TemplateContext): string {
  switch (input.kind) {
    case 'event':
      return JSON.stringify(event);
    case 'constant':
      return input.text;
    case 'path':
      return JSON.stringify(valueAt(event, input.path) ?? null);
    case 'template':
      return filled(input.template, (name) => named(name, input.paths, event, context));
  }
}

const PATH = /^\$(?:\.[^.\[\]]+|\[\d+\]|\['[^']+'\])*$/v;

/** EventBridge takes dots and indices, and no other JSON path. */
export function isEventPath(path: string): boolean {
  return PATH.test(path);
}

function valueAt(event: Json, path: string): Json | undefined {
  let value: Json | undefined = event;
  for (const [, name, index, quoted] of path.matchAll(/\.([^.\[\]]+)|\[(\d+)\]|\['([^']+)'\]/gv)) {
    const key = name ?? quoted;
    if (key !== undefined) value = isObject(value) && Object.hasOwn(value, key) ? value[key] : undefined;
    else value = isList(value) ? value[Number(index)] : undefined;
  }
  return value;
}

function named(
  name: string,
  paths: Readonly<Record<string, string>>,
  event: Json,
  context: TemplateContext,
): Json | undefined {
  switch (name) {
    case 'aws.events.rule-arn':
      return context.ruleArn;
    case 'aws.events.rule-name':
      return context.ruleName;
    case 'aws.events.event.ingestion-time':
      return context.ingestionTime;
    case 'aws.events.event.json':
      return event;
    case 'aws.events.event':
      return isObject(event) ? Object.fromEntries(Object.entries(event).filter(([key]) => key !== 'detail')) : event;
    default: {
      const path = Object.hasOwn(paths, name) ? paths[name] : undefined;
      return path === undefined ? undefined : valueAt(event, path);
    }
  }
}

/** Between quotes a value becomes part of that string; elsewhere it is JSON. One that the event lacks is nothing or null. */
function filled(template: string, valueOf: (name: string) => Json | undefined): string {
  let isInString = false;
  return template.replace(/\\[\s\S]|"|<([\w.\-]+)>/gv, (token, name: string | undefined) => {
    if (token === '"') isInString = !isInString;
    if (name === undefined) return token;
    const value = valueOf(name);
    if (!isInString) return JSON.stringify(value ?? null);
    const text = typeof value === 'string' ? value : value === undefined ? '' : JSON.stringify(value);
    return JSON.stringify(text).slice(1, -1);
  });
}

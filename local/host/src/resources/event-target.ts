import { z } from 'zod';
import { text, withoutEffect } from '../properties.ts';
import type { DeclaredResource } from '../service.ts';
import { isEventPath, type TargetInput } from '../services/event-input.ts';
import { templateError } from '../template.ts';

/** What the ARN of a receiver that runs here begins with, after its partition, and which carrier brings things there. */
const KINDS: readonly (readonly [pattern: RegExp, kind: string])[] = [
  [/^arn:aws:lambda:[^:]*:[^:]*:function:/v, 'lambda'],
  [/^arn:aws:states:[^:]*:[^:]*:stateMachine:/v, 'states'],
  [/^arn:aws:sns:/v, 'sns'],
  [/^arn:aws:logs:[^:]*:[^:]*:log-group:/v, 'logs'],
  [/^arn:aws:events:[^:]*:[^:]*:event-bus\//v, 'events'],
];

export function carrierOf(arn: string, resource: DeclaredResource, place: string): string {
  const [, kind] = KINDS.find(([pattern]) => pattern.test(arn)) ?? [];
  if (kind !== undefined) return kind;
  const known = 'functions, state machines, topics, log groups and event buses receive events here';
  throw templateError(
    resource.stack.name,
    `Resources.${resource.logicalId}.Properties.${place}`,
    `${known}, not ${arn}`,
  );
}

export const EventTarget = z.strictObject({
  Id: text,
  Arn: text,
  Input: text.optional(),
  InputPath: text.pipe(z.string().refine(isEventPath, { error: 'it is no path of dots and indices' })).optional(),
  InputTransformer: z
    .strictObject({
      InputPathsMap: z
        .record(z.string(), z.string().refine(isEventPath, { error: 'it is no path of dots and indices' }))
        .default({}),
      InputTemplate: text,
    })
    .optional(),
  RoleArn: text.optional(),
  // Everything is tried for 24 hours here, and what cannot be delivered is said in the log.
  DeadLetterConfig: withoutEffect,
  RetryPolicy: withoutEffect,
});

export function targetInputOf({ Input, InputPath, InputTransformer }: z.infer<typeof EventTarget>): TargetInput {
  if (InputTransformer !== undefined) {
    const { InputPathsMap: paths, InputTemplate: template } = InputTransformer;
    return { kind: 'template', paths, template };
  }
  if (Input !== undefined) return { kind: 'constant', text: Input };
  return InputPath === undefined ? { kind: 'event' } : { kind: 'path', path: InputPath };
}

import { z } from 'zod';
import type { NameResource } from '../physical-name.ts';
import { parseProperties, text, withoutEffect } from '../properties.ts';
import type { CreatedResource, DeclaredResource } from '../service.ts';
import { compileEventPattern, InvalidEventPattern } from '../services/event-pattern.ts';
import { InvalidSchedule, parseSchedule } from '../services/event-schedule.ts';
import type { EventsService } from '../services/events.ts';
import { isList, isObject, templateError, type Json } from '../template.ts';
import { carrierOf, EventTarget, targetInputOf } from './event-target.ts';

const EventBusProperties = z.strictObject({
  Name: text.pipe(z.string().regex(/^[\/.\-_A-Za-z0-9]{1,256}$/v, { error: 'it is no name for an event bus' })),
  DeadLetterConfig: withoutEffect,
  Description: withoutEffect,
  KmsKeyIdentifier: withoutEffect,
  LogConfig: withoutEffect,
  Policy: withoutEffect,
  Tags: withoutEffect,
});

const RuleProperties = z.strictObject({
  Name: text.pipe(z.string().regex(/^[.\-_A-Za-z0-9]{1,64}$/v, { error: 'it is no name for a rule' })).optional(),
  EventBusName: text.default('default'),
  EventPattern: z.json().optional(),
  ScheduleExpression: text.optional(),
  State: z.enum(['ENABLED', 'DISABLED', 'ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS']).default('ENABLED'),
  Targets: z.array(EventTarget).default([]),
  Description: withoutEffect,
  RoleArn: withoutEffect,
  Tags: withoutEffect,
});

export interface EventsContext {
  readonly events: Pick<EventsService, 'createBus' | 'createRule'>;
  readonly nameResource: NameResource;
}

export function createEventBus({ events, nameResource }: EventsContext, resource: DeclaredResource): CreatedResource {
  const { Name } = parseProperties(EventBusProperties, resource);
  const name = nameResource(resource, Name, { maxLength: 256 });
  events.createBus(name);
  const { region, accountId } = resource.stack.environment;
  return { ref: name, attributes: { Name: name, Arn: `arn:aws:events:${region}:${accountId}:event-bus/${name}` } };
}

export function createEventRule({ events, nameResource }: EventsContext, resource: DeclaredResource): CreatedResource {
  const { Name, EventBusName, State, Targets, ...when } = parseProperties(RuleProperties, resource);
  const busName = EventBusName.startsWith('arn:') ? EventBusName.slice(EventBusName.indexOf('/') + 1) : EventBusName;
  const name = nameResource(resource, Name, { maxLength: 64 });
  const { region, accountId } = resource.stack.environment;
  const isOnDefaultBus = busName === 'default';
  const arn = `arn:aws:events:${region}:${accountId}:rule/${isOnDefaultBus ? '' : `${busName}/`}${name}`;
  const targets = Targets.map((target, index) => ({
    id: target.Id,
    kind: carrierOf(target.Arn, resource, `Targets.${index}.Arn`),
    receiver: target.Arn,
    input: targetInputOf(target),
    ...(target.RoleArn !== undefined && { roleArn: target.RoleArn }),
  }));
  const times = timesOf(when, resource);
  if (State !== 'DISABLED') events.createRule({ name, arn, busName, targets, ...times });
  return { ref: isOnDefaultBus ? name : `${busName}|${name}`, attributes: { Arn: arn } };
}

function timesOf(
  { EventPattern, ScheduleExpression }: Pick<z.infer<typeof RuleProperties>, 'EventPattern' | 'ScheduleExpression'>,
  { stack, logicalId }: DeclaredResource,
) {
  const place = `Resources.${logicalId}.Properties`;
  try {
    if (EventPattern === undefined && ScheduleExpression === undefined) {
      throw templateError(stack.name, place, 'a rule has an EventPattern or a ScheduleExpression');
    }
    return {
      ...(EventPattern !== undefined && { matches: compileEventPattern(EventPattern), ...sourcesOf(EventPattern) }),
      ...(ScheduleExpression !== undefined && {
        schedule: { expression: ScheduleExpression, times: parseSchedule(ScheduleExpression) },
      }),
    };
  } catch (error) {
    if (error instanceof InvalidEventPattern) throw templateError(stack.name, `${place}.EventPattern`, error.message);
    if (error instanceof InvalidSchedule) throw templateError(stack.name, `${place}.ScheduleExpression`, error.message);
    throw error;
  }
}

/** The sources that a pattern names as they are; nothing where it describes them otherwise, or not at all. */
function sourcesOf(pattern: Json): { sources?: readonly string[] } {
  const source = isObject(pattern) ? pattern['source'] : undefined;
  if (!isList(source)) return {};
  const sources = source.filter((one) => typeof one === 'string');
  return sources.length === source.length ? { sources } : {};
}

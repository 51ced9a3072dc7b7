import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { NameResource } from '../physical-name.ts';
import { parseProperties, text, withoutEffect } from '../properties.ts';
import type { Access } from '../iam/access.ts';
import type { CreatedResource, DeclaredResource } from '../service.ts';
import type { Delivery } from '../services/deliveries.ts';
import { InvalidSchedule, parseSchedule, type Schedule } from '../services/event-schedule.ts';
import { mayDeliver } from '../services/message-permissions.ts';
import type { Messaging } from '../services/messaging.ts';
import { isObject, templateError } from '../template.ts';
import { carrierOf } from './event-target.ts';

const Instant = text.pipe(z.string().refine((date) => !Number.isNaN(Date.parse(date)), { error: 'it is no instant' }));

const ScheduleProperties = z.strictObject({
  Name: text.pipe(z.string().regex(/^[\-_.0-9A-Za-z]{1,64}$/v, { error: 'it is no name for a schedule' })).optional(),
  GroupName: text.default('default'),
  ScheduleExpression: text,
  ScheduleExpressionTimezone: text.default('UTC'),
  StartDate: Instant.optional(),
  EndDate: Instant.optional(),
  State: z.enum(['ENABLED', 'DISABLED']).default('ENABLED'),
  Target: z.strictObject({
    Arn: text,
    Input: text.optional(),
    RoleArn: text,
    // Everything is tried for 24 hours here, and what cannot be delivered is said in the log.
    DeadLetterConfig: withoutEffect,
    RetryPolicy: withoutEffect,
  }),
  // It fires at the beginning of its window.
  FlexibleTimeWindow: withoutEffect,
  ActionAfterCompletion: withoutEffect,
  Description: withoutEffect,
  KmsKeyArn: withoutEffect,
});
type Target = z.infer<typeof ScheduleProperties>['Target'];

const GroupProperties = z.strictObject({ Name: text.optional(), Tags: withoutEffect });

export interface SchedulerContext {
  readonly messaging: Pick<Messaging, 'schedules' | 'addDeliveries'>;
  readonly access: Access;
  readonly nameResource: NameResource;
}

export function createSchedule(context: SchedulerContext, resource: DeclaredResource): CreatedResource {
  const properties = parseProperties(ScheduleProperties, resource);
  const { ScheduleExpression, ScheduleExpressionTimezone: zone, StartDate, EndDate, State } = properties;
  const name = context.nameResource(resource, properties.Name, { maxLength: 64 });
  const { region, accountId } = resource.stack.environment;
  const arn = `arn:aws:scheduler:${region}:${accountId}:schedule/${properties.GroupName}/${name}`;
  const schedule = timesOf(ScheduleExpression, zone, resource);
  const delivery = deliveryOf(properties.Target, resource);
  const errand = { service: 'scheduler.amazonaws.com', sourceArn: arn, roleArn: properties.Target.RoleArn };
  if (State === 'ENABLED') {
    context.messaging.schedules.declare({
      name: arn,
      expression: [ScheduleExpression, zone, StartDate ?? '', EndDate ?? ''].join(' '),
      schedule,
      ...(StartDate !== undefined && { startMs: Date.parse(StartDate) }),
      ...(EndDate !== undefined && { endMs: Date.parse(EndDate) }),
      fire: (dueAtMs) => {
        if (!mayDeliver(context.access, errand, delivery.kind, delivery.receiver)) return;
        const id = randomUUID();
        const payload = withContext(delivery.payload, { id, arn, at: new Date(dueAtMs).toISOString() });
        context.messaging.addDeliveries([{ ...delivery, payload, id: `${id}/${arn}` }]);
      },
    });
  }
  return { ref: name, attributes: { Arn: arn } };
}

export function createScheduleGroup({ nameResource }: SchedulerContext, resource: DeclaredResource): CreatedResource {
  const { Name } = parseProperties(GroupProperties, resource);
  const name = nameResource(resource, Name, { maxLength: 64 });
  const { region, accountId } = resource.stack.environment;
  return {
    ref: name,
    attributes: { Arn: `arn:aws:scheduler:${region}:${accountId}:schedule-group/${name}`, State: 'ACTIVE' },
  };
}

function timesOf(expression: string, timeZone: string, { stack, logicalId }: DeclaredResource): Schedule {
  try {
    return parseSchedule(expression, timeZone);
  } catch (error) {
    if (!(error instanceof InvalidSchedule)) throw error;
    throw templateError(stack.name, `Resources.${logicalId}.Properties.ScheduleExpression`, error.message);
  }
}

/** Universal targets name an action; of those, StartExecution alone runs here. */
function deliveryOf({ Arn, Input = '{}' }: Target, resource: DeclaredResource): Omit<Delivery, 'id'> {
  if (Arn !== 'arn:aws:scheduler:::aws-sdk:sfn:startExecution') {
    return { kind: carrierOf(Arn, resource, 'Target.Arn'), receiver: Arn, payload: Input };
  }
  const request = parseInput(Input);
  if (isObject(request) && typeof request['StateMachineArn'] === 'string') {
    const { StateMachineArn: receiver, Input: input = '{}' } = request;
    return { kind: 'states', receiver, payload: typeof input === 'string' ? input : JSON.stringify(input) };
  }
  const place = `Resources.${resource.logicalId}.Properties.Target.Input`;
  throw templateError(resource.stack.name, place, 'it must be JSON with a StateMachineArn');
}

function parseInput(input: string) {
  const result = z.json().safeParse(parsed(input));
  return result.data;
}

function parsed(input: string): unknown {
  try {
    return JSON.parse(input);
  } catch {
    return undefined;
  }
}

/** @see EventBridge Scheduler User Guide, "Adding context attributes" */
function withContext(input: string, { id, arn, at }: { id: string; arn: string; at: string }): string {
  return input
    .replaceAll('<aws.scheduler.execution-id>', id)
    .replaceAll('<aws.scheduler.schedule-arn>', arn)
    .replaceAll('<aws.scheduler.scheduled-time>', `${at.slice(0, 19)}Z`)
    .replaceAll('<aws.scheduler.attempt-number>', '1');
}

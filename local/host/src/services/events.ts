import { randomUUID } from 'node:crypto';
import type { RequestListener } from 'node:http';
import { z } from 'zod';
import type { Environment } from '../cloud-assembly.ts';
import { openToAll, type Access } from '../iam/access.ts';
import type { Log } from '../log.ts';
import type { Json, JsonObject } from '../template.ts';
import { awsJsonListener } from './aws-actions.ts';
import { AwsError } from './aws-error.ts';
import type { Carrier, Delivery } from './deliveries.ts';
import { targetInput, type TargetInput } from './event-input.ts';
import type { EventPattern } from './event-pattern.ts';
import type { Schedule } from './event-schedule.ts';
import { mayDeliver, toPutEvents, type Errand } from './message-permissions.ts';
import type { MessageWrites } from './message-store.ts';
import type { ScheduledWork } from './schedules.ts';

/** An event as a target sees it. @see EventBridge User Guide, "Event structure" */
export type EventBridgeEvent = JsonObject & { readonly id: string };

/** What a service says when something of its own has changed. */
export interface ServiceEvent {
  /** Such as `aws.ecs`. */
  readonly source: string;
  readonly 'detail-type': string;
  readonly resources: readonly string[];
  readonly detail: JsonObject;
}

export interface RuleTarget {
  readonly id: string;
  /** What deliveries of that kind call this receiver. */
  readonly kind: string;
  readonly receiver: string;
  readonly input: TargetInput;
  /** What EventBridge brings it as. @default as itself */
  readonly roleArn?: string;
}

export interface EventRule {
  readonly name: string;
  readonly arn: string;
  readonly busName: string;
  /** Absent from a rule that only has a schedule. */
  readonly matches?: EventPattern;
  /** The sources that it is for; absent where others may match as well. */
  readonly sources?: readonly string[];
  readonly schedule?: { readonly expression: string; readonly times: Schedule };
  readonly targets: readonly RuleTarget[];
}

/** EventBridge of this machine: what is put is delivered at least once, whatever becomes of the process. */
export interface EventsService {
  createBus(name: string): void;
  createRule(rule: EventRule): void;
  /**
   * Puts an event of a service of this machine on the default bus, in a transaction under way. Where no rule wants it, that
   * writes nothing.
   */
  emit(event: ServiceEvent): void;
  /** Whether an event of this source may match a rule of the default bus; where none can, nobody needs to make one. */
  wants(source: string): boolean;
  /** `AWSEvents.PutEvents`; the answer means that the deliveries are on disk. */
  handle: RequestListener;
  /** Takes an event that a rule passes on to another bus. */
  readonly carryToBus: Carrier;
}

export interface EventsOptions {
  readonly environment: Environment;
  readonly writes: MessageWrites;
  /** In a transaction under way. */
  readonly addDeliveries: (deliveries: readonly Delivery[]) => void;
  readonly declareSchedule: (work: ScheduledWork) => void;
  readonly now: () => number;
  /** Who may do what. @default everybody everything */
  readonly access?: Access;
  readonly log: Log;
}

/** EventBridge quotas: entries and bytes of one PutEvents. */
const ENTRIES_MAX = 10;
const BYTES_MAX = 262_144;

const DEFAULT_BUS = 'default';

export function createEvents(options: EventsOptions): EventsService {
  const { environment, writes, addDeliveries, declareSchedule, now, log, access = openToAll } = options;
  const rulesOf = new Map<string, EventRule[]>([[DEFAULT_BUS, []]]);

  function deliveriesFor(event: EventBridgeEvent, busName: string, isForwarded = false): Delivery[] {
    const matching = (rulesOf.get(busName) ?? []).filter(({ matches }) => matches?.(event));
    return matching.flatMap((rule) => deliveriesOf(rule, event, isForwarded));
  }

  function deliveriesOf(rule: EventRule, event: EventBridgeEvent, isForwarded = false): Delivery[] {
    const context = { ruleArn: rule.arn, ruleName: rule.name, ingestionTime: isoSeconds(now()) };
    return rule.targets
      .filter(({ kind }) => !(isForwarded && kind === 'events'))
      .filter((target) => mayDeliver(access, errandOf(rule, target), target.kind, target.receiver))
      .map(({ id, kind, receiver, input }) => ({
        id: `${event.id}/${rule.arn}/${id}`,
        kind,
        receiver,
        // A bus takes events, so what goes there stays one.
        payload: kind === 'events' ? JSON.stringify(event) : targetInput(input, event, context),
      }));
  }

  async function putEvents(input: unknown): Promise<Json> {
    const entries = parsePutEvents(input);
    for (const { EventBusName } of entries) refuseOtherAccount(EventBusName);
    const accepted = entries.map((entry) => accept(entry));
    const deliveries = accepted.flatMap((one) => ('event' in one ? deliveriesFor(one.event, one.busName) : []));
    if (deliveries.length > 0) await writes.write(() => addDeliveries(deliveries));
    return {
      FailedEntryCount: accepted.filter((one) => 'ErrorCode' in one).length,
      Entries: accepted.map((one) => ('event' in one ? { EventId: one.event.id } : one)),
    };
  }

  /** Its buses have policies that nobody here knows, and without one that lets this account in, all of the request is denied. */
  function refuseOtherAccount(bus: string | undefined): void {
    const accountId = BUS_ARN.exec(bus ?? '')?.groups?.['accountId'];
    if (accountId === undefined || accountId === environment.accountId) return;
    const what = `events:PutEvents on resource: ${bus}`;
    const why = 'because no resource-based policy allows the events:PutEvents action';
    throw new AwsError('AccessDeniedException', `Not authorized to perform: ${what} ${why}`);
  }

  /** The name of a bus; of one that is elsewhere its ARN, which is the name of none here. */
  function busHere(nameOrArn: string): string {
    const { region, accountId, name } = BUS_ARN.exec(nameOrArn)?.groups ?? {};
    const isHere = region === environment.region && accountId === environment.accountId;
    return isHere && name !== undefined ? name : nameOrArn;
  }

  function accept(entry: Entry): { event: EventBridgeEvent; busName: string } | EntryError {
    const detail = parseEntry(entry);
    if ('ErrorCode' in detail) return detail;
    const busName = busHere(entry.EventBusName ?? DEFAULT_BUS);
    // As on AWS, where an event for a bus that does not exist is taken and goes nowhere.
    if (!rulesOf.has(busName)) log.warn('events.bus-unknown', { busName });
    const event = {
      version: '0',
      id: randomUUID(),
      'detail-type': entry.DetailType ?? '',
      source: entry.Source ?? '',
      account: environment.accountId,
      time: isoSeconds(entry.Time === undefined ? now() : entry.Time * 1000),
      region: environment.region,
      resources: entry.Resources,
      detail: detail.detail,
    };
    log.debug('events.put', { busName, id: event.id, source: event.source, detailType: event['detail-type'] });
    return { event, busName };
  }

  function scheduledEvent({ arn }: EventRule, dueAtMs: number): EventBridgeEvent {
    const { accountId, region } = environment;
    const about = { version: '0', id: randomUUID(), 'detail-type': 'Scheduled Event', source: 'aws.events' };
    return { ...about, account: accountId, time: isoSeconds(dueAtMs), region, resources: [arn], detail: {} };
  }

  return {
    createBus: (name) => void rulesOf.set(name, rulesOf.get(name) ?? []),
    createRule(rule) {
      rulesOf.set(rule.busName, [...(rulesOf.get(rule.busName) ?? []), rule]);
      const { schedule } = rule;
      if (schedule === undefined) return;
      declareSchedule({
        name: rule.arn,
        expression: schedule.expression,
        schedule: schedule.times,
        fire: (dueAtMs) => addDeliveries(deliveriesOf(rule, scheduledEvent(rule, dueAtMs))),
      });
    },
    wants: (source) =>
      (rulesOf.get(DEFAULT_BUS) ?? []).some(
        ({ matches, sources }) => matches !== undefined && (sources?.includes(source) ?? true),
      ),
    emit(said) {
      const { accountId, region } = environment;
      const about = { version: '0', id: randomUUID(), account: accountId, time: isoSeconds(now()), region };
      const deliveries = deliveriesFor({ ...about, ...said }, DEFAULT_BUS);
      if (deliveries.length > 0) addDeliveries(deliveries);
    },
    handle: awsJsonListener({
      name: 'events',
      log,
      access,
      permissions: toPutEvents(environment),
      bytesMax: BYTES_MAX * 8,
      actions: { PutEvents: putEvents, DescribeConnection: noConnection },
    }),
    // What came from a bus goes to no third one, as on AWS; so no event can go in circles.
    async carryToBus({ receiver, payload }) {
      // It was written here, and checked before.
      const event = JSON.parse(payload) as EventBridgeEvent; // oxlint-disable-line typescript/no-unsafe-type-assertion -- ours
      const busName = busHere(receiver);
      if (!rulesOf.has(busName)) log.warn('events.bus-unknown', { busName });
      const deliveries = deliveriesFor(event, busName, true);
      await writes.write(() => addDeliveries(deliveries));
    },
  };
}

function errandOf({ arn: sourceArn }: EventRule, { roleArn }: RuleTarget): Errand {
  return { service: 'events.amazonaws.com', sourceArn, ...(roleArn !== undefined && { roleArn }) };
}

/** HTTP tasks ask for the connections that the host was not given a file of. */
function noConnection(): never {
  throw new AwsError('ResourceNotFoundException', 'There are no connections here.');
}

/** EventBridge API Reference, PutEventsRequestEntry: EventBusName. */
const BUS = /^(?:arn:aws[\w\-]*:events:[a-z]+-[a-z]+-[\w\-]+:\d{12}:event-bus\/)?[\/.\-_A-Za-z0-9]+$/v;
const BUS_ARN = /^arn:aws[\w\-]*:events:(?<region>[^:]+):(?<accountId>\d{12}):event-bus\/(?<name>.+)$/v;

const PutEvents = z.object({
  Entries: z
    .array(
      z.object({
        Source: z.string().optional(),
        DetailType: z.string().optional(),
        Detail: z.string().optional(),
        EventBusName: z.string().max(1600).regex(BUS, { error: 'it is no name of an event bus' }).optional(),
        Resources: z.array(z.string()).default([]),
        /** Epoch seconds. */
        Time: z.number().optional(),
        TraceHeader: z.string().optional(),
      }),
    )
    .min(1)
    .max(ENTRIES_MAX),
});
type Entry = z.infer<typeof PutEvents>['Entries'][number];

type EntryError = { readonly ErrorCode: string; readonly ErrorMessage: string };

function parsePutEvents(input: unknown): readonly Entry[] {
  const result = PutEvents.safeParse(input);
  if (!result.success) {
    const [issue] = result.error.issues;
    const place = (issue?.path ?? []).join('.');
    throw new AwsError('ValidationException', `1 validation error detected: ${place}: ${issue?.message ?? ''}.`);
  }
  const bytes = result.data.Entries.reduce((total, entry) => total + entryBytes(entry), 0);
  if (bytes > BYTES_MAX) {
    throw new AwsError('ValidationException', 'Total size of the entries in the request is over the limit.');
  }
  return result.data.Entries;
}

/** EventBridge User Guide, "Calculating PutEvents event entry size". */
function entryBytes({ Source = '', DetailType = '', Detail = '', Resources, Time }: Entry): number {
  const texts = [Source, DetailType, Detail, ...Resources];
  return texts.reduce((total, text) => total + Buffer.byteLength(text), Time === undefined ? 0 : 14);
}

function parseEntry({ Source, DetailType, Detail }: Entry): { detail: JsonObject } | EntryError {
  const required = { Source, DetailType, Detail };
  for (const [name, value] of Object.entries(required)) {
    if (value !== undefined && value !== '') continue;
    const reason = `Parameter ${name} is not valid. Reason: ${name} is a required argument.`;
    return { ErrorCode: 'InvalidArgument', ErrorMessage: reason };
  }
  if (Source?.startsWith('aws.')) {
    return { ErrorCode: 'NotAuthorizedForSourceException', ErrorMessage: 'Not authorized for the source.' };
  }
  const detail = parseDetail(Detail ?? '');
  return detail === undefined ? { ErrorCode: 'MalformedDetail', ErrorMessage: 'Detail is malformed.' } : { detail };
}

/** Deeper than events are, and shallow enough for every walk over one. */
const NESTING_MAX = 1000;

function parseDetail(text: string): JsonObject | undefined {
  if (nesting(text) > NESTING_MAX) return undefined;
  try {
    const detail: unknown = JSON.parse(text);
    const isRecord = typeof detail === 'object' && detail !== null && !Array.isArray(detail);
    return isRecord ? (detail as JsonObject) : undefined; // oxlint-disable-line typescript/no-unsafe-type-assertion -- it is JSON
  } catch {
    return undefined;
  }
}

function nesting(text: string): number {
  let depth = 0;
  let deepest = 0;
  for (const [bracket] of text.matchAll(/[\[\]\{\}]/gv)) {
    depth += bracket === '[' || bracket === '{' ? 1 : -1;
    deepest = Math.max(deepest, depth);
  }
  return deepest;
}

function isoSeconds(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}

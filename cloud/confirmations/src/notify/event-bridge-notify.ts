import { EventBridgeClient, PutEventsCommand, type PutEventsRequestEntry } from '@aws-sdk/client-eventbridge';
import { withDirectCalls } from '../direct/direct-calls.ts';
import { EVENT_BRIDGE_CALLS } from '../direct/json-calls.ts';
import type { Notice, Notify } from '../notice.ts';
import { type Report, tracer } from '../observe.ts';
import { attempt } from './attempt.ts';

export interface EventBridgeNotify {
  readonly eventBridge: Pick<EventBridgeClient, 'send'>;
  readonly eventBusName: string;
  readonly url: string;
  readonly report: Report;
}

const SOURCE = 'countersign.confirmations';

/** The names that rules match; `link` is for its person and for no bus. */
const DETAIL_TYPES: Readonly<Record<Exclude<Notice['about'], 'link'>, string>> = {
  requested: 'Confirmation requested',
  reminder: 'Confirmation reminder',
  escalated: 'Confirmation escalated',
  reassigned: 'Confirmation reassigned',
  'deadline-moved': 'Confirmation deadline moved',
  decided: 'Confirmation decided',
};

/** EventBridge takes 256 KB a call, and a rule's targets may take less. Who needs a larger subject finds it at `url`. */
const SUBJECT_BYTES_MAX = 64 * 1024;

export function openEventBridge(): EventBridgeClient {
  const client = tracer.captureAWSv3Client(new EventBridgeClient({ cacheMiddleware: true }));
  return withDirectCalls(client, 'EventBridge', EVENT_BRIDGE_CALLS);
}

/**
 * Puts each notice on an event bus, for rules to bring on: to a chat, a queue, another system.
 *
 * The detail is `{ id, to, url, deadline?, decision?, subject? }`; no event holds a link that could answer.
 */
export function eventBridgeNotify({ eventBridge, eventBusName, url, report }: EventBridgeNotify): Notify {
  return async (notices) => {
    // One event a call: two subjects may be more than a call takes, and there is seldom more than one.
    for (const notice of notices) {
      if (notice.about === 'link') continue;
      const DetailType = DETAIL_TYPES[notice.about];
      const entry = { EventBusName: eventBusName, Source: SOURCE, DetailType, Detail: detailOf(notice, url) };
      await attempt('event-bridge', notice, report, async () => await put(eventBridge, entry));
    }
  };
}

function detailOf({ id, to, deadline, decision, subject }: Notice, url: string): string {
  const isSmall = subject !== undefined && Buffer.byteLength(JSON.stringify(subject)) < SUBJECT_BYTES_MAX;
  return JSON.stringify({ id, to, url: `${url}/${id}`, deadline, decision, ...(isSmall && { subject }) });
}

async function put(eventBridge: Pick<EventBridgeClient, 'send'>, entry: PutEventsRequestEntry): Promise<void> {
  const { Entries = [] } = await eventBridge.send(new PutEventsCommand({ Entries: [entry] }));
  // The call succeeds also where an event does not.
  const { ErrorCode, ErrorMessage = 'no reason given' } = Entries[0] ?? {};
  if (ErrorCode !== undefined) throw new Error(`${ErrorCode}: ${ErrorMessage}`);
}

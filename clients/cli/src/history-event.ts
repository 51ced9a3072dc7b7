import type { HistoryEvent } from '@aws-sdk/client-sfn';

/** An event's details as names and texts. Each kind of event keeps its own in a member such as `taskFailedEventDetails`. */
export function eventDetails(event: HistoryEvent): [name: string, value: string][] {
  return Object.entries(event)
    .filter(([member]) => member.endsWith('EventDetails'))
    .flatMap(([, details]) => Object.entries(Object(details)))
    .filter(([name, value]) => !/^(?:input|output)Details$/.test(name) && value !== undefined)
    .map(([name, value]) => [name, typeof value === 'string' ? value : JSON.stringify(value)]);
}

/** What an event is about, in one line: the state it enters or leaves, the resource it calls, the error it met. */
export function eventSubject(event: HistoryEvent): string {
  const details = new Map(eventDetails(event));
  const error = [details.get('error'), details.get('cause')].filter(Boolean).join(': ');
  const call = [details.get('resourceType'), details.get('resource')].filter(Boolean).join(' ');
  return error || details.get('name') || call;
}

import { Instant } from '../instants.tsx';
import { readable } from '../words.ts';
import { isoOf } from './instants.ts';
import { JsonView } from './json-view.tsx';
import { detailsOf, textOf } from './visits.ts';
import type { HistoryEvent } from './workflow.ts';

/** Members that are JSON text, and those that may be. */
const JSON_MEMBERS: readonly string[] = ['input', 'output', 'parameters', 'taskCredentials', 'cause'];
/** They say whether a text was cut, which none is here. */
const UNTOLD: readonly string[] = ['inputDetails', 'outputDetails'];

/** What an event is about, in a few words: a state, a resource, an error. */
export function subjectOf(event: HistoryEvent): string {
  const details = detailsOf(event);
  const [name, resource, error] = ['name', 'resource', 'error'].map((member) => textOf(details, member));
  const index = details['index'];
  const place = typeof index === 'number' ? `#${index}` : '';
  const what = [textOf(details, 'resourceType'), resource].filter((each) => each !== '').join(' ');
  return [name, place, what, error].filter((each) => each !== '').join(' · ');
}

export function EventDetailsView({ event }: { event: HistoryEvent }) {
  const details = Object.entries(detailsOf(event)).filter(([name]) => !UNTOLD.includes(name));
  const texts = details.filter(([name, value]) => JSON_MEMBERS.includes(name) && typeof value === 'string');
  const facts = details.filter(([name, value]) => !JSON_MEMBERS.includes(name) || typeof value !== 'string');
  return (
    <div class="event-details">
      <dl class="facts">
        <div>
          <dt>At</dt>
          <dd>
            <Instant at={isoOf(event.timestamp)} />
          </dd>
        </div>
        {event.previousEventId !== undefined && event.previousEventId > 0 && (
          <div>
            <dt>After event</dt>
            <dd>{event.previousEventId}</dd>
          </div>
        )}
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{readable(name)}</dt>
            <dd>{typeof value === 'string' ? value : JSON.stringify(value)}</dd>
          </div>
        ))}
      </dl>
      {texts.map(([name, value]) => (
        <JsonView key={name} label={readable(name)} text={String(value)} />
      ))}
    </div>
  );
}

import { isDueWithinADay, spanText } from './time-text.ts';
import { now } from './state.ts';

const FULL = new Intl.DateTimeFormat(undefined, { dateStyle: 'full', timeStyle: 'medium' });
const SHORT = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' });

export function Instant({ at }: { at: string }) {
  return (
    <time dateTime={at} title={FULL.format(Date.parse(at))}>
      {SHORT.format(Date.parse(at))}
    </time>
  );
}

/** Ticks. */
export function TimeLeft({ until }: { until: string }) {
  const leftMs = Date.parse(until) - now.value;
  const isSoon = isDueWithinADay(until, now.value);
  return (
    <time dateTime={until} title={FULL.format(Date.parse(until))} class={isSoon ? 'soon' : ''}>
      {leftMs <= 0 ? 'due now' : `${spanText(leftMs)} left`}
    </time>
  );
}

/** Ticks. */
export function Age({ since }: { since: string }) {
  return (
    <time dateTime={since} title={FULL.format(Date.parse(since))}>
      {spanText(now.value - Date.parse(since))}
    </time>
  );
}

import type { Draft } from '../draft.ts';
import { effectiveApprovers } from '../eligibility.ts';
import type { Request } from '../request-state.ts';
import { addSpan, timetable } from '../schedule.ts';

/** Writes down what time has brought: reminders, the escalation, and what holds after the deadline. */
export function passTime(draft: Draft): void {
  remind(draft);
  escalate(draft);
  passDeadline(draft);
}

/**
 * Ends what nobody has answered in time, and what could be undone. Nobody is to be told of an end that the record does not
 * know: the write of it is what keeps a late answer, or a late undoing, from coming between.
 */
export function passDeadline(draft: Draft): void {
  const { request } = draft.state;
  if (request?.decided?.isEffective === false && draft.at >= request.decided.effectiveAt) {
    return draft.add({ type: 'took-effect' });
  }
  if (request?.opened === undefined || request.decided !== undefined || draft.at < request.opened.deadline) return;
  const { schedule, deadline } = request.opened;
  const { atDeadline = 'expire', escalation } = schedule;
  if (atDeadline === 'escalate' && escalation?.extension !== undefined && !request.opened.isExtended) {
    if (request.escalatedTo.length === 0) draft.add({ type: 'escalated', to: escalation.to });
    const to = new Date(addSpan(Date.parse(deadline), escalation.extension, schedule)).toISOString();
    draft.add({ type: 'deadline-moved', from: deadline, to, reason: 'Nobody had answered; it was escalated.' });
    return passDeadline(draft);
  }
  const decision = atDeadline === 'reject' || atDeadline === 'confirm' ? atDeadline : 'expired';
  draft.add({ type: 'decided', decision, effectiveAt: draft.at, reason: `The deadline passed at ${deadline}.` });
}

/** When time next brings something, in epoch milliseconds: a reminder, the escalation, the deadline, or the end of a hold. */
export function nextDueMs({ opened, decided, remindersSent, escalatedTo }: Request): number | undefined {
  if (decided !== undefined) return Date.parse(decided.effectiveAt);
  if (opened === undefined) return undefined;
  const { remindersMs, escalationMs } = timetable(
    opened.schedule,
    Date.parse(opened.since),
    Date.parse(opened.deadline),
  );
  const reminderMs = remindersMs[remindersSent];
  return Math.min(
    Date.parse(opened.deadline),
    reminderMs ?? Infinity,
    escalatedTo.length === 0 ? (escalationMs ?? Infinity) : Infinity,
  );
}

/** If nobody looked for a long time, several reminders are one. */
function remind(draft: Draft): void {
  const { request } = draft.state;
  if (request?.opened === undefined || request.decided !== undefined || draft.at >= request.opened.deadline) return;
  const { schedule, since, deadline } = request.opened;
  const { remindersMs } = timetable(schedule, Date.parse(since), Date.parse(deadline));
  const nth = remindersMs.filter((atMs) => atMs <= Date.parse(draft.at)).length;
  if (nth > request.remindersSent) draft.add({ type: 'reminded', nth, to: effectiveApprovers(request) });
}

function escalate(draft: Draft): void {
  const { request } = draft.state;
  if (request?.opened === undefined || request.decided !== undefined || request.escalatedTo.length > 0) return;
  const { schedule, since } = request.opened;
  const { escalationMs } = timetable(schedule, Date.parse(since));
  if (schedule.escalation === undefined || escalationMs === undefined || Date.parse(draft.at) < escalationMs) return;
  draft.add({ type: 'escalated', to: schedule.escalation.to });
}

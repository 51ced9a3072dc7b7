import { effectiveApprovers } from './eligibility.ts';
import type { Notice } from './notice.ts';
import type { Entry } from './record.ts';
import { type Request, stageOf } from './request-state.ts';

/** To whom it was put, and who asked: they hear how it ended. */
export function decidedNotice(id: string, request: Request, subject: unknown): Notice {
  const { requester, decided } = request;
  const { people = [], ...approvers } = effectiveApprovers(request);
  const all = requester === undefined ? people : [...new Set([...people, requester])];
  return {
    id,
    about: 'decided',
    to: { ...approvers, ...(all.length > 0 && { people: all }) },
    ...(decided && { decision: decided.decision }),
    subject,
  };
}

/** What the entries that were just written mean for people. */
export function noticesOf(id: string, added: readonly Entry[], request: Request, subject: unknown): Notice[] {
  const about = { id, subject, ...(request.opened && { deadline: request.opened.deadline }) };
  return added.flatMap(({ event }): Notice[] => {
    switch (event.type) {
      case 'opened':
        // Answered before it was asked: nobody is to be asked any more.
        return request.decided !== undefined ? [] : [{ ...about, about: 'requested', to: effectiveApprovers(request) }];
      case 'answered':
        // The stage is complete: now it is for the next.
        return request.decided !== undefined || event.stage >= stageOf(request)
          ? []
          : [{ ...about, about: 'requested', to: effectiveApprovers(request) }];
      case 'reminded':
        return [{ ...about, about: 'reminder', to: event.to }];
      case 'escalated':
        return [{ ...about, about: 'escalated', to: event.to }];
      case 'reassigned':
        return [{ ...about, about: 'reassigned', to: { people: [event.to] } }];
      case 'deadline-moved':
        return [{ ...about, about: 'deadline-moved', to: effectiveApprovers(request) }];
      default:
        return [];
    }
  });
}

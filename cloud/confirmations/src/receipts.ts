import { effectiveApprovers, whyNot } from './eligibility.ts';
import type { Actor, Answer } from './events.ts';
import type { Pending, Receipt, Settlement } from './http/contract.ts';
import {
  type Decided,
  decidedBy,
  type GivenAnswer,
  type Request,
  type RequestState,
  stageOf,
} from './request-state.ts';

const STATUS = {
  confirm: 'CONFIRMED',
  reject: 'REJECTED',
  expired: 'EXPIRED',
  withdrawn: 'WITHDRAWN',
} as const;

export function statusOf({ decided }: Pick<Request, 'decided'>): Receipt['status'] {
  return decided === undefined ? 'AWAITING_CONFIRMATION' : STATUS[decided.decision];
}

/** What whoever has answered gets to keep. */
export function receiptOf(id: string, state: RequestState, answer: Answer, by: Actor): Receipt {
  const { request, early, head = '' } = state;
  const own = (request?.answers ?? early).findLast((one) => one.by.person === by.person);
  const decided = request?.decided;
  // Once it is decided, everybody is told of the answer that decided, be it their own or another's.
  const told: Answer = decided?.answers.at(-1) ?? own ?? answer;
  const people = decided === undefined ? [] : decidedBy(decided);
  return {
    id,
    status: request === undefined ? 'AWAITING_CONFIRMATION' : statusOf(request),
    decision: told.decision,
    ...(told.comment !== undefined && { comment: told.comment }),
    ...(told.data !== undefined && { data: told.data }),
    decidedAt: decided?.decidedAt ?? own?.at ?? '',
    ...(people.length > 0 && { decidedBy: people }),
    ...(decided && decided.effectiveAt > decided.decidedAt && { effectiveAt: decided.effectiveAt }),
    ...(request && decided === undefined && { confirmations: progressOf(request) }),
    receipt: decided?.hash ?? own?.hash ?? head,
  };
}

/** How far the confirmations of the present stage have come. Stages are counted from 1. */
export function progressOf({ stages, answers }: Pick<Request, 'stages' | 'answers'>): Pending['confirmations'] {
  const index = Math.min(stageOf({ stages, answers }), stages.length - 1);
  const isGiven = ({ stage, decision }: GivenAnswer) => stage === index && decision === 'confirm';
  return {
    stage: index + 1,
    stages: stages.length,
    given: answers.filter(isGiven).length,
    needed: stages[index]?.needed ?? 1,
  };
}

/** What is asked, for somebody who looks. */
export function pendingOf(request: Request, actor: Actor): Pending {
  const { policy, opened } = request;
  const hasAnswered = request.answers.some(({ by }) => by.person === actor.person);
  return {
    ...(opened && { deadline: opened.deadline }),
    approvers: effectiveApprovers(request),
    confirmations: progressOf(request),
    ...(policy.owner !== undefined && { owner: policy.owner }),
    ...(policy.commentRequired && { commentRequired: policy.commentRequired }),
    ...(policy.form && { form: policy.form }),
    ...(policy.holdSeconds !== undefined && { holdSeconds: policy.holdSeconds }),
    mayAnswer: request.decided === undefined && !hasAnswered && whyNot(request, actor) === undefined,
  };
}

/** How a request was settled, for whoever looks. */
export function settlementOf(decided: Decided): Settlement {
  const { decision, decidedAt, effectiveAt, answers, reason } = decided;
  const people = decidedBy(decided);
  const comment = answers.findLast((answer) => answer.comment !== undefined)?.comment;
  const data = answers.findLast((answer) => answer.data !== undefined)?.data;
  return {
    decision,
    decidedAt,
    ...(people.length > 0 && { decidedBy: people }),
    ...(comment !== undefined && { comment }),
    ...(data !== undefined && { data }),
    ...(reason !== undefined && { reason }),
    ...(effectiveAt > decidedAt && { effectiveAt }),
  };
}

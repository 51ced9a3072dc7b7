import type { Notice } from '../notice.ts';
import { describeApprovers } from '../policy.ts';
import type { Request } from '../request-state.ts';
import { plainText } from './plain-text.ts';

/** One line, as the subject of a mail. Ids are plain ASCII without spaces, so this is as well. */
export function headline({ id, about, decision = '' }: Notice): string {
  return HEADLINES[about].replace('{id}', id).replace('{outcome}', OUTCOMES[decision] ?? 'decided');
}

const HEADLINES: Readonly<Record<Notice['about'], string>> = {
  requested: 'Please answer: {id}',
  reminder: 'Reminder: {id} still waits for an answer',
  escalated: 'Escalated to you: {id} waits for an answer',
  reassigned: 'Given to you: {id} waits for an answer',
  'deadline-moved': 'New deadline: {id}',
  decided: '{id} was {outcome}',
  link: 'Your link to answer {id}',
};

const OUTCOMES: Readonly<Record<string, string>> = {
  confirm: 'confirmed',
  reject: 'rejected',
  expired: 'closed: nobody answered in time',
  withdrawn: 'withdrawn',
};

/** Who asks, what about, until when; of what is decided, how it ended. Paragraphs, without how to answer. */
export function story(notice: Notice, request: Request | undefined): string[] {
  const subject = notice.subject === undefined ? [] : [plainText(notice.subject)];
  return notice.about === 'decided' ? [ending(notice, request), ...subject] : [asking(notice, request), ...subject];
}

function asking(notice: Notice, request: Request | undefined): string {
  const { id, deadline = request?.opened?.deadline } = notice;
  const who = request?.requester;
  const asks = who === undefined ? `"${id}" waits for an answer.` : `"${id}" waits for an answer; ${who} asks for it.`;
  const times = deadline === undefined ? '' : ` There is time until ${instant(deadline, request)}.`;
  const comment = request?.policy.commentRequired ?? [];
  const needs = comment.length === 0 ? '' : ` To ${comment.join(' or to ')}, say why in a comment.`;
  return `${asks}${times}${needs}`;
}

function ending({ id, decision = '' }: Notice, request: Request | undefined): string {
  const answers = request?.decided?.answers ?? [];
  const who = answers.flatMap(({ by }) => by.person ?? []);
  const by = who.length === 0 ? '' : ` by ${who.join(' and ')}`;
  const because = request?.decided?.reason;
  const comment = answers.findLast((answer) => answer.comment !== undefined)?.comment;
  return [
    `"${id}" was ${OUTCOMES[decision] ?? 'decided'}${by}. There is nothing left to answer.`,
    ...(because === undefined ? [] : [because]),
    ...(comment === undefined ? [] : [`They said: ${comment}`]),
  ].join('\n');
}

/** For who has a link of their own. */
export function answerByLink(address: string): string[] {
  return [
    `To answer, open this page. Nothing is decided before you press a button there:`,
    address,
    'The link is yours alone: whoever has it can answer in your name, so do not forward it. It works once.',
  ];
}

/** For who signs in. */
export function answerSignedIn({ id, to }: Notice, url: string): string[] {
  return [
    `This is for ${describeApprovers(to)}. To answer, sign in, or use the command line:`,
    `countersign orders show ${id}\ncountersign orders confirm ${id}\ncountersign orders reject ${id}`,
    `What stands about it, for programs: ${url}`,
  ];
}

/** In the time zone of the request's calendar: `Thursday, 26 November 2026 at 09:00 CET`. */
function instant(iso: string, request: Request | undefined): string {
  const timeZone = request?.opened?.schedule.calendar?.timeZone ?? 'UTC';
  const date = new Intl.DateTimeFormat('en-GB', { dateStyle: 'full', timeZone }).format(new Date(iso));
  const time = new Intl.DateTimeFormat('en-GB', {
    hour: '2-digit',
    minute: '2-digit',
    timeZoneName: 'short',
    timeZone,
  }).format(new Date(iso));
  return `${date} at ${time}`;
}

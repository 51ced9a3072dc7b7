import { randomUUID } from 'node:crypto';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { z } from 'zod';
import type { Environment } from '../cloud-assembly.ts';
import { openToAll, type Access } from '../iam/access.ts';
import { AccessRefused, type Permission } from '../iam/caller.ts';
import type { Log } from '../log.ts';
import { awsQueryListener, formList } from './aws-actions.ts';
import { AwsError } from './aws-error.ts';
import { toSendMail } from './message-permissions.ts';
import type { MailDraft, Outbox } from './outbox.ts';
import { readRequestBody } from './request-body.ts';

/** SES of this machine: whatever is sent is put into the outbox, and an answer means that it is there. */
export interface SesService {
  /** SES API v2, under `/v2/email/`. */
  readonly handleV2: RequestListener;
  /** The first SES API: `SendEmail` and `SendRawEmail`. */
  readonly handleV1: RequestListener;
  /** A domain or an address of its own that mails are sent as. Any other may be sent as, too. */
  addIdentity(name: string): void;
}

const NAMESPACE = 'http://ses.amazonaws.com/doc/2010-12-01/';

/** SES quotas: a message with its attachments after base64. */
const BYTES_MAX = 41_943_040;
const RECIPIENTS_MAX = 50;

const Addresses = z.array(z.string()).default([]);
const Text = z.object({ Data: z.string(), Charset: z.string().optional() });
const SendEmail = z.object({
  FromEmailAddress: z.string().optional(),
  Destination: z.object({ ToAddresses: Addresses, CcAddresses: Addresses, BccAddresses: Addresses }).optional(),
  ReplyToAddresses: Addresses,
  Content: z.object({
    Simple: z
      .object({
        Subject: Text,
        Body: z.object({ Text: Text.optional(), Html: Text.optional() }),
        Headers: z.array(z.object({ Name: z.string(), Value: z.string() })).default([]),
        Attachments: z.array(z.unknown()).default([]),
      })
      .optional(),
    Raw: z.object({ Data: z.base64() }).optional(),
    Template: z.unknown().optional(),
  }),
});

export interface SesOptions {
  readonly outbox: Outbox;
  readonly environment: Environment;
  /** Who may do what. @default everybody everything */
  readonly access?: Access;
  readonly log: Log;
}

export function createSes({ outbox, environment, log, access = openToAll }: SesOptions): SesService {
  const identities = new Set<string>();
  const needs = toSendMail(environment, (name) => identities.has(name));

  function toSend(draft: MailDraft): Permission[] {
    const recipients = [...(draft.to ?? []), ...(draft.cc ?? []), ...(draft.bcc ?? [])];
    return needs(draft.raw === undefined ? 'SendEmail' : 'SendRawEmail', draft.from, recipients);
  }

  function send(draft: MailDraft): string {
    const recipients = [...(draft.to ?? []), ...(draft.cc ?? []), ...(draft.bcc ?? [])];
    if (recipients.length > RECIPIENTS_MAX) throw new AwsError('MessageRejected', 'Recipient count exceeds 50.');
    for (const address of [draft.from, ...recipients]) requireAddress(address);
    const messageId = `${randomUUID()}-000000`;
    outbox.put(draft, messageId);
    return messageId;
  }

  async function answerV2(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const reply = (status: number, body: object, headers: Record<string, string> = {}) => {
      response.writeHead(status, { 'content-type': 'application/json', ...headers });
      response.end(JSON.stringify(body));
    };
    try {
      const [path] = (request.url ?? '/').split('?', 1);
      if (request.method !== 'POST' || path !== '/v2/email/outbound-emails') {
        throw new AwsError('UnknownOperationException', 'Of SES API v2, SendEmail alone runs here.', 404);
      }
      const body = await readRequestBody(request, BYTES_MAX).catch(() => 'gone' as const);
      if (body === 'gone') return;
      if (body === undefined) throw new AwsError('BadRequestException', 'The message is too long.', 413);
      const caller = access.callerOf(request, body);
      const draft = draftOf(parseSendEmail(body.toString()));
      access.require(caller, toSend(draft));
      reply(200, { MessageId: send(draft) });
    } catch (thrown) {
      const error = thrown instanceof AccessRefused ? refusedByAccess(thrown) : thrown;
      if (!(error instanceof AwsError)) log.error('ses.failed', { error });
      const told = error instanceof AwsError ? error : new AwsError('InternalServiceError', 'An internal error.', 500);
      reply(told.statusCode, { message: told.message }, { 'x-amzn-errortype': told.code });
    }
  }

  return {
    handleV2: (request, response) => void answerV2(request, response),
    handleV1: awsQueryListener({
      name: 'ses',
      log,
      namespace: NAMESPACE,
      bytesMax: BYTES_MAX,
      access,
      permissions: (action, input) => toSend(FIRST_API_DRAFTS[action]?.(formOf(input)) ?? { from: '', subject: '' }),
      deniedCode: 'AccessDenied',
      actions: {
        SendEmail: (input) => ({ MessageId: send(firstApiDraft(formOf(input))) }),
        SendRawEmail: (input) => ({ MessageId: send(firstApiRawDraft(formOf(input))) }),
      },
    }),
    addIdentity: (name) => void identities.add(name),
  };
}

const FIRST_API_DRAFTS: Readonly<Record<string, (form: ReadonlyMap<string, string>) => MailDraft>> = {
  SendEmail: firstApiDraft,
  SendRawEmail: firstApiRawDraft,
};

function refusedByAccess({ reason, message }: AccessRefused): AwsError {
  const codes = { denied: 'AccessDeniedException', key: 'UnrecognizedClientException' };
  return new AwsError(
    reason === 'denied' || reason === 'key' ? codes[reason] : 'InvalidSignatureException',
    message,
    403,
  );
}

function parseSendEmail(text: string): z.infer<typeof SendEmail> {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    throw new AwsError('BadRequestException', 'The body is not JSON.');
  }
  const result = SendEmail.safeParse(body);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new AwsError('BadRequestException', `${(issue?.path ?? []).join('.')}: ${issue?.message ?? ''}`);
}

function draftOf({ FromEmailAddress, Destination, ReplyToAddresses, Content }: z.infer<typeof SendEmail>): MailDraft {
  const { Simple, Raw } = Content;
  const envelope = {
    to: Destination?.ToAddresses ?? [],
    cc: Destination?.CcAddresses ?? [],
    bcc: Destination?.BccAddresses ?? [],
    replyTo: ReplyToAddresses,
  };
  if (Raw !== undefined) return rawDraft(Raw.Data, FromEmailAddress, envelope);
  if (Simple === undefined) {
    throw new AwsError('BadRequestException', 'Content must be Simple or Raw: templates do not run here.');
  }
  if (Simple.Attachments.length > 0) {
    throw new AwsError('BadRequestException', 'Attachments are kept here as parts of a raw message only.');
  }
  const { Text: text, Html: html } = Simple.Body;
  return {
    ...envelope,
    from: FromEmailAddress ?? '',
    subject: Simple.Subject.Data,
    headers: Simple.Headers.map(({ Name: name, Value: value }) => ({ name, value })),
    ...(text !== undefined && { text: text.Data }),
    ...(html !== undefined && { html: html.Data }),
  };
}

/** The envelope wins; without one the addresses are those of the message itself. */
function rawDraft(base64: string, from: string | undefined, envelope: Omit<MailDraft, 'from' | 'subject'>): MailDraft {
  const raw = Buffer.from(base64, 'base64').toString('utf8');
  const headers = headersOf(raw);
  const addresses = (name: string) =>
    (headers.get(name) ?? '')
      .split(',')
      .map((one) => one.trim())
      .filter(Boolean);
  const isAddressed = [envelope.to, envelope.cc, envelope.bcc].some((list) => (list ?? []).length > 0);
  const inMessage = { to: addresses('to'), cc: addresses('cc'), bcc: addresses('bcc') };
  return {
    ...envelope,
    ...(!isAddressed && inMessage),
    from: from ?? headers.get('from') ?? '',
    subject: headers.get('subject') ?? '',
    raw,
  };
}

/** Continued lines are joined; of a header that comes twice the first counts. */
function headersOf(raw: string): ReadonlyMap<string, string> {
  const [head = ''] = raw.split(/\r?\n\r?\n/v, 1);
  const lines = head.replaceAll(/\r?\n[ \t]+/gv, ' ').split(/\r?\n/v);
  const entries = lines.map((line) => {
    const at = line.indexOf(':');
    return [line.slice(0, Math.max(at, 0)).toLowerCase(), line.slice(at + 1).trim()] as const;
  });
  return new Map(entries.toReversed());
}

function firstApiDraft(form: ReadonlyMap<string, string>): MailDraft {
  const text = form.get('Message.Body.Text.Data');
  const html = form.get('Message.Body.Html.Data');
  return {
    from: form.get('Source') ?? '',
    to: texts(form, 'Destination.ToAddresses.member'),
    cc: texts(form, 'Destination.CcAddresses.member'),
    bcc: texts(form, 'Destination.BccAddresses.member'),
    replyTo: texts(form, 'ReplyToAddresses.member'),
    subject: form.get('Message.Subject.Data') ?? '',
    ...(text !== undefined && { text }),
    ...(html !== undefined && { html }),
  };
}

function firstApiRawDraft(form: ReadonlyMap<string, string>): MailDraft {
  return rawDraft(form.get('RawMessage.Data') ?? '', form.get('Source'), { to: texts(form, 'Destinations.member') });
}

function texts(form: ReadonlyMap<string, string>, name: string): string[] {
  return formList(form, name).flatMap((entry) => entry.get('') ?? []);
}

/** An address, or a name and an address in angle brackets; no line of a header can be smuggled in. */
function requireAddress(address: string): void {
  if (/^(?:[^\r\n<>]*<[^\s<>@]+@[^\s<>@]+>|[^\s<>@]+@[^\s<>@]+)$/v.test(address)) return;
  throw new AwsError('BadRequestException', `${JSON.stringify(address.slice(0, 320))} is no address.`);
}

function formOf(input: unknown): ReadonlyMap<string, string> {
  if (!(input instanceof Map)) throw new TypeError('a query request is a form');
  return input;
}

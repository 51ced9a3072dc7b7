import { randomUUID } from 'node:crypto';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { openToAll, type Access } from '../iam/access.ts';
import { AccessRefused, type Permission, type RefusalReason } from '../iam/caller.ts';
import type { Log } from '../log.ts';
import type { Json } from '../template.ts';
import { AwsError } from './aws-error.ts';
import { readRequestBody } from './request-body.ts';
import { xmlText } from './xml-text.ts';

/** Performs one action of a service: what came is unread, what it gives is the answer's members. */
export type Action = (input: unknown) => Json | Promise<Json>;

export interface ActionsOptions {
  readonly actions: Readonly<Record<string, Action>>;
  /** What log lines begin with, such as `events`. */
  readonly name: string;
  readonly log: Log;
  /** @default 1 MiB */
  readonly bytesMax?: number;
  /** Who may do what. @default everybody everything */
  readonly access?: Access;
  /** What a call of an action needs. What came is unread, so whatever is amiss with it is found later. @default nothing */
  readonly permissions?: (action: string, input: unknown) => readonly Permission[];
}

const BYTES_MAX = 1_048_576;

/**
 * Speaks AWS JSON 1.1: the action is in the header `X-Amz-Target`, input and output are bodies.
 *
 * @see https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html
 */
export function awsJsonListener(options: ActionsOptions): RequestListener {
  return listener(options, {
    refused: REFUSED_AS_JSON,
    async read(request) {
      const [, action = ''] = String(request.headers['x-amz-target']).split('.');
      const body = await bodyOf(request, options);
      if (body === undefined) return undefined;
      return { action, body, input: parseJson(body.length === 0 ? '{}' : body.toString()) };
    },
    write: (_action, output) => ({ type: 'application/x-amz-json-1.1', body: JSON.stringify(output) }),
    writeError({ code, message }) {
      return { type: 'application/x-amz-json-1.1', body: JSON.stringify({ __type: code, message, Message: message }) };
    },
  });
}

/**
 * Speaks the REST form of AWS JSON, for services whose actions are paths that are posted to.
 *
 * @see https://smithy.io/2.0/aws/protocols/aws-restjson1-protocol.html
 */
export function awsRestJsonListener(options: ActionsOptions): RequestListener {
  return listener(options, {
    refused: REFUSED_AS_REST,
    async read(request) {
      const [path = ''] = (request.url ?? '').split('?', 1);
      const body = await bodyOf(request, options);
      if (body === undefined) return undefined;
      const action = request.method === 'POST' ? path : `${request.method} ${path}`;
      return { action, body, input: parseJson(body.length === 0 ? '{}' : body.toString()) };
    },
    write: (_action, output) => ({ type: 'application/json', body: JSON.stringify(output) }),
    writeError: ({ message }) => ({ type: 'application/json', body: JSON.stringify({ message }) }),
  });
}

/**
 * Speaks AWS query: action and input are a form, the answer is XML. Lists of the form (`Name.member.1`) stay as they came:
 * the action reads them with {@link formList}.
 *
 * @see https://smithy.io/2.0/aws/protocols/aws-query-protocol.html
 */
export function awsQueryListener(
  options: ActionsOptions & { readonly namespace: string; readonly deniedCode: string },
): RequestListener {
  const document = (root: string, content: string) => `<${root} xmlns="${options.namespace}">${content}</${root}>`;
  return listener(options, {
    refused: {
      signature: ['SignatureDoesNotMatch', 403],
      key: ['InvalidClientTokenId', 403],
      expired: ['SignatureDoesNotMatch', 403],
      denied: [options.deniedCode, 403],
    },
    async read(request) {
      const body = await bodyOf(request, options);
      if (body === undefined) return undefined;
      const form = new Map(new URLSearchParams(body.toString()));
      return { action: form.get('Action') ?? '', body, input: form };
    },
    write(action, output, requestId) {
      const metadata = `<ResponseMetadata>${xmlText('RequestId', requestId)}</ResponseMetadata>`;
      const result = `<${action}Result>${xmlMembers(output)}</${action}Result>`;
      return { type: 'text/xml', body: document(`${action}Response`, result + metadata) };
    },
    writeError({ code, message, statusCode }, requestId) {
      const fault = xmlText('Type', statusCode < 500 ? 'Sender' : 'Receiver');
      const error = `<Error>${fault}${xmlText('Code', code)}${xmlText('Message', message)}</Error>`;
      return { type: 'text/xml', body: document('ErrorResponse', error + xmlText('RequestId', requestId)) };
    },
  });
}

/** A list of texts or structures in a form; each entry has what follows its number, or `''` for a text. */
export function formList(form: ReadonlyMap<string, string>, name: string): ReadonlyMap<string, string>[] {
  const entries = new Map<number, Map<string, string>>();
  for (const [key, value] of form) {
    const [, number, member = ''] = new RegExp(`^${name}\\.(\\d{1,4})(?:\\.(.+))?$`, 'v').exec(key) ?? [];
    if (number === undefined) continue;
    const entry = entries.get(Number(number)) ?? new Map<string, string>();
    entries.set(Number(number), entry.set(member, value));
  }
  return [...entries].toSorted(([one], [other]) => one - other).map(([, entry]) => entry);
}

interface Answer {
  readonly type: string;
  readonly body: string;
}

interface Protocol {
  /** Undefined where the client has gone, and there is nobody to answer. */
  read(request: IncomingMessage): Promise<{ action: string; input: unknown; body: Buffer } | undefined>;
  /** Its error for a request that is not let in. */
  readonly refused: Readonly<Record<RefusalReason, AwsErrorHead>>;
  write(action: string, output: Json, requestId: string): Answer;
  writeError(error: AwsError, requestId: string): Answer;
}

type AwsErrorHead = readonly [code: string, statusCode: number];

const REFUSED_AS_JSON: Protocol['refused'] = {
  signature: ['InvalidSignatureException', 403],
  key: ['UnrecognizedClientException', 403],
  expired: ['InvalidSignatureException', 403],
  denied: ['AccessDeniedException', 400],
};

const REFUSED_AS_REST: Protocol['refused'] = { ...REFUSED_AS_JSON, denied: ['AccessDeniedException', 403] };

function listener(options: ActionsOptions, protocol: Protocol): RequestListener {
  const { actions, name, log, access = openToAll, permissions = () => [] } = options;
  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const requestId = randomUUID();
    const send = (status: number, { type, body }: Answer, headers: Record<string, string> = {}) => {
      response.writeHead(status, { 'content-type': type, 'x-amzn-requestid': requestId, ...headers });
      response.end(body);
    };
    try {
      const call = await protocol.read(request);
      if (call === undefined) return;
      const perform = Object.hasOwn(actions, call.action) ? actions[call.action] : undefined;
      if (perform === undefined) {
        throw new AwsError(
          'UnknownOperationException',
          `${name}: ${JSON.stringify(call.action.slice(0, 100))} does not run here.`,
        );
      }
      access.require(access.callerOf(request, call.body), permissions(call.action, call.input));
      send(200, protocol.write(call.action, await perform(call.input), requestId));
    } catch (thrown) {
      const error = thrown instanceof AccessRefused ? refusal(thrown, protocol) : thrown;
      if (!(error instanceof AwsError)) log.error(`${name}.failed`, { requestId, error });
      const told = error instanceof AwsError ? error : new AwsError('InternalFailure', 'An internal error.', 500);
      send(told.statusCode, protocol.writeError(told, requestId), { 'x-amzn-errortype': told.code });
    }
  }
  return (request, response) => void answer(request, response);
}

function refusal({ reason, message }: AccessRefused, { refused }: Protocol): AwsError {
  const [code, statusCode] = refused[reason];
  return new AwsError(code, message, statusCode);
}

async function bodyOf(request: IncomingMessage, { bytesMax = BYTES_MAX }: ActionsOptions): Promise<Buffer | undefined> {
  const body = await readRequestBody(request, bytesMax).catch(() => 'gone' as const);
  if (body === 'gone') return undefined;
  if (body === undefined) throw new AwsError('ValidationException', `A request may have ${bytesMax} bytes.`, 413);
  return body;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Where it ends is not said: the text may be a secret.
    throw new AwsError('SerializationException', 'The body is not JSON.');
  }
}

/** Objects become elements, lists become elements of `member`. */
function xmlMembers(output: Json): string {
  if (typeof output !== 'object' || output === null) return '';
  if (Array.isArray(output)) return output.map((one: Json) => `<member>${xmlMembers(one)}</member>`).join('');
  return Object.entries(output)
    .map(([name, value]: [string, Json]) =>
      typeof value === 'object' ? `<${name}>${xmlMembers(value)}</${name}>` : xmlText(name, value),
    )
    .join('');
}

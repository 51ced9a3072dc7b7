import type { HostIdentity } from '../../../local/host/src/index.ts';
import { CONSOLE_PATH } from './console-pages.ts';
import { durationText } from './duration-text.ts';
import { style } from './output.ts';
import { readyTitle } from './server-voice.ts';
import { signInWords, tokenCommand } from './sign-in-words.ts';
import { facts } from './table.ts';

export interface RunningApp {
  readonly apis: readonly { readonly logicalId: string; readonly url: string }[];
  readonly awsUrl: string;
  readonly outboxUrl?: string;
  readonly dataDir: string;
  readonly identity: HostIdentity;
  readonly timeTravel?: { readonly offsetSeconds: number };
  readonly ignored: readonly { readonly logicalId: string; readonly type: string }[];
}

/** What a person reads when the host is ready: where things are, what is not there, and what to try. */
export function readyWords(app: RunningApp, isOurs: boolean): string {
  return [
    readyTitle(isOurs ? 'Countersign is ready.' : 'The app is ready.'),
    '',
    facts(
      [
        ...app.apis.map(
          ({ logicalId, url }, index) => [isOurs && index === 0 ? '  Orders API' : `  ${logicalId}`, url] as const,
        ),
        ...(isOurs && app.apis[0] ? [['  Console', `${app.apis[0].url}${CONSOLE_PATH}`] as const] : []),
        ['  AWS endpoint', `${app.awsUrl}  (AWS_ENDPOINT_URL for the AWS CLI and SDKs)`],
        ...signInWords(app).map((words) => ['  Sign in', words] as const),
        ...(app.outboxUrl === undefined ? [] : [['  Outbox', `${app.outboxUrl}  (mails are kept, not sent)`] as const]),
        ['  Data folder', app.dataDir],
        ...(app.timeTravel === undefined
          ? []
          : [['  Time travel', timeTravelText(app.timeTravel.offsetSeconds)] as const]),
        ...(app.ignored.length === 0 ? [] : [['  Not run here', ignoredText(app)] as const]),
      ],
      (name) => style('dim', name),
    ),
    '',
    'Try:',
    ...(isOurs ? firstOrder(app) : [`  AWS_ENDPOINT_URL=${app.awsUrl} aws stepfunctions list-state-machines`]),
    '',
    style('dim', 'Ctrl-C stops it. What waits goes on at the next start.'),
  ].join('\n');
}

function firstOrder({ apis, identity }: RunningApp): string[] {
  const url = apis[0]?.url ?? '';
  const isAsked = identity.auth === 'enforced' && identity.apis.some((api) => api.url === url);
  const json = "-H 'content-type: application/json'";
  const who = isAsked ? ` -H "authorization: Bearer $(${tokenCommand(url)})"` : '';
  return [
    `  curl -X POST ${url}/orders${who} ${json} -d '{"orderId":"apples-1","orderDetails":"two crates of apples"}'`,
    `  curl -X POST ${url}/orders/apples-1/confirmation${who} ${json} -d '{"decision":"confirm"}'`,
  ];
}

function timeTravelText(offsetSeconds: number): string {
  const offset = offsetSeconds === 0 ? '' : `, +${durationText(offsetSeconds * 1000)}`;
  return `on${offset}  (countersign time advance 3d)`;
}

/** Each type once, with how many there are: `AWS::IAM::Role (6), AWS::IAM::Policy (5)`. */
function ignoredText({ ignored }: RunningApp): string {
  const counts = Map.groupBy(ignored, ({ type }) => type);
  return [...counts].map(([type, each]) => (each.length === 1 ? type : `${type} (${each.length})`)).join(', ');
}

import type { Environment } from '../cloud-assembly.ts';
import type { HostTime } from '../time/host-time.ts';
import type { Context } from './context.ts';
import type { Principal } from './principals.ts';

export interface Circumstances {
  readonly principal: Principal;
  /** On behalf of what a service calls. */
  readonly sourceArn: string | undefined;
  readonly environment: Environment;
  readonly time: HostTime;
}

type Value = (circumstances: Circumstances) => string | undefined;

const ofRole =
  (value: (role: Extract<Principal, { readonly kind: 'role' }>) => string): Value =>
  ({ principal }) =>
    principal.kind === 'role' ? value(principal) : undefined;

/** What every request has. @see IAM User Guide, "AWS global condition context keys" */
const KEYS: ReadonlyMap<string, Value> = new Map<string, Value>([
  ['aws:principalarn', ofRole(({ roleArn }) => roleArn)],
  ['aws:principalaccount', ofRole(({ accountId }) => accountId)],
  ['aws:principaltype', ofRole(() => 'AssumedRole')],
  ['aws:principalisawsservice', ({ principal }) => String(principal.kind === 'service')],
  ['aws:principalservicename', ({ principal }) => (principal.kind === 'service' ? principal.service : undefined)],
  ['aws:viaawsservice', () => 'false'],
  ['aws:requestedregion', ({ environment }) => environment.region],
  ['aws:resourceaccount', ({ environment }) => environment.accountId],
  ['aws:sourcearn', ({ sourceArn }) => sourceArn],
  ['aws:sourceaccount', ({ sourceArn, environment }) => (sourceArn === undefined ? undefined : environment.accountId)],
  ['aws:currenttime', ({ time }) => new Date(time.now()).toISOString()],
  ['aws:epochtime', ({ time }) => String(Math.floor(time.now() / 1000))],
  ['aws:sourceip', () => '127.0.0.1'],
  // What goes from this machine to itself crosses no network; on AWS the same calls go over TLS.
  ['aws:securetransport', () => 'true'],
  ['s3:tlsversion', () => '1.3'],
]);

export function globalContext(circumstances: Circumstances): Context {
  return (key) => {
    const value = KEYS.get(key)?.(circumstances);
    return value === undefined ? undefined : [value];
  };
}

/** What requests to the services here may have besides; a value that one has not is absent, as on AWS. */
const SERVICE_KEYS: readonly string[] = [
  'events:detail-type',
  'events:source',
  'iam:passedtoservice',
  'kms:viaservice',
  's3:delimiter',
  's3:if-match',
  's3:if-none-match',
  's3:max-keys',
  's3:prefix',
  's3:x-amz-content-sha256',
  's3:x-amz-copy-source',
  's3:x-amz-metadata-directive',
  's3:x-amz-server-side-encryption',
  's3:x-amz-storage-class',
  'secretsmanager:secretid',
  'secretsmanager:versionid',
  'secretsmanager:versionstage',
  'ses:fromaddress',
  'ses:recipients',
  'states:statemachinequalifier',
];

const SERVICES: ReadonlySet<string> = new Set(['aws', ...SERVICE_KEYS.map((key) => key.split(':', 1)[0] ?? '')]);

/** Whether a condition may ask for it. A key of a service that does not run here is never asked for, and so may be any. */
export function isKnownKey(key: string): boolean {
  return KEYS.has(key) || SERVICE_KEYS.includes(key) || !SERVICES.has(key.split(':', 1)[0] ?? '');
}

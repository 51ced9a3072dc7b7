import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { createLog, startHost, type Host, type LogFields } from '../local/host/src/index.ts';
import { Grants, inWords, type Grant } from './permissions/grants.ts';
import { JOURNEY_CONTEXT, orderJourneys, type Journey } from './permissions/order-journeys.ts';

// One host, and the policies of our app: each grant is taken away while the journey that needs it is made.

/** What no order can show to be needed on this machine, and why it is granted all the same. */
const SHOWN_BY_NO_ORDER: readonly (readonly [why: string, grants: (grant: Grant) => boolean])[] = [
  [
    "the platform writes a function's log, and Step Functions its own: here all of it is in the host's log",
    isAbout('logs:'),
  ],
  ['nothing is traced here', isAbout('xray:')],
  [
    'a wait that somebody removes in the moment before it is read has to be missing, and not forbidden',
    ({ of, action }) => action === 's3:ListBucket' && of.includes('StoreTaskTokenRole'),
  ],
  ["S3 writes the access log of the store's bucket, and does not on this machine", isFor('logging.s3.amazonaws.com')],
  [
    'the CDK grants the versions and aliases of a function with it, and tasks call the function itself',
    ({ action, resource }) => action === 'lambda:InvokeFunction' && resource.endsWith(':*'),
  ],
  [
    'the CDK lets an API invoke its function for each route, and the permission for `ANY /{proxy+}` covers the others',
    ({ source = '' }) => source.includes('apigateway.amazonaws.com') && !/\/\*\/\*"/v.test(source),
  ],
];

const folder = mkdtempSync(join(tmpdir(), 'iam-'));
const grants = new Grants();
const denials: Denial[] = [];
let host: Host;
let journeys: Readonly<Record<string, Journey>>;
/** The first journey that each grant was used in. */
const neededBy = new Map<Grant, string>();

interface Denial {
  readonly message: string;
  readonly fields: LogFields;
}

before(async () => {
  const assemblyDir = join(folder, 'cdk.out');
  const app = join(import.meta.dirname, '../cloud/app/bin/app.ts');
  const env = { ...process.env, CDK_OUTDIR: assemblyDir, CDK_CONTEXT_JSON: JSON.stringify(JOURNEY_CONTEXT) };
  await promisify(execFile)(process.execPath, [app], { env });
  host = await startHost({
    assemblyDir,
    dataDir: join(folder, 'data'),
    host: '127.0.0.1',
    port: 0,
    awsPort: 0,
    auth: 'off',
    timeTravel: true,
    policies: grants.policies,
    log: createLog({ form: 'json', level: 'warn', write: (line) => noteDenial(JSON.parse(line) as LogFields) }),
  });
  journeys = orderJourneys(host, grants);
});
after(async () => {
  await host.close();
  rmSync(folder, { recursive: true });
});

function noteDenial(fields: LogFields): void {
  if (fields['event'] === 'iam.denied') denials.push({ message: String(fields['message']), fields });
}

test('with all that the template grants, every journey comes to its end', async () => {
  for (const [index, [name, journey]] of Object.entries(journeys).entries()) {
    await journey(`with-all-${index}`);
    for (const grant of grants.used) if (!neededBy.has(grant)) neededBy.set(grant, name);
  }
});

test('each grant is needed by an order, or it is said why it is there', () => {
  const unexplained = grants.all.filter((grant) => !neededBy.has(grant) && whyUnused(grant) === undefined);
  assert.deepEqual(unexplained.map(inWords), []);
  assert.ok(neededBy.size > 30, `only ${neededBy.size} grants were used`);
});

test('without any one of them, the order that needs it is stopped for that reason', async (t) => {
  grants.missed.clear();
  let number = 0;
  for (const [grant, name] of neededBy) {
    number += 1;
    await t.test(`${name}: ${inWords(grant)}`, async () => {
      const journey = journeys[name];
      assert.ok(journey !== undefined);
      const enough = new AbortController();
      let ended: Promise<string> | undefined;
      const outcome = await grants.without(grant, () => {
        ended = journey(`without-${number}`, enough.signal).then(
          () => 'it came to its end all the same',
          (error: unknown) => `it went wrong for another reason: ${String(error)}`,
        );
        return Promise.race([untilMissed(grant, enough.signal), ended]);
      });
      enough.abort();
      await ended;
      assert.ok(grants.missed.has(grant), outcome);
      const denial = denialFor(grant);
      assert.ok(
        denial !== undefined,
        `it is not in the log, where is: ${denials.map(({ message }) => message).join('\n')}`,
      );
      assert.match(denial.message, /because no (?:identity|resource)-based policy allows the [A-Za-z0-9:]+ action$/v);
      const allowed = { Effect: 'Allow', Action: grant.action };
      assert.partialDeepStrictEqual(denial.fields, { statementToAdd: allowed });
      if (grant.source === undefined) assert.match(String(denial.fields['role']), /^CountersignOrders\//v);
    });
  }
});

async function untilMissed(grant: Grant, signal: AbortSignal): Promise<string> {
  while (!grants.missed.has(grant) && !signal.aborted) await new Promise((resolve) => setTimeout(resolve, 5));
  return 'it was missed';
}

/** The denial of what this grant allows, to whom it allows it. It is said once. */
function denialFor({ of, action, source = '' }: Grant): Denial | undefined {
  return denials.find(({ message }) => {
    const [, service = ''] = /^Service: (\S+) /v.exec(message) ?? [];
    const isWhose = service === '' ? message.includes(`:assumed-role/${of}/`) : source.includes(`"${service}"`);
    return isWhose && message.includes(`perform: ${action} on resource: `);
  });
}

function whyUnused(grant: Grant): string | undefined {
  return SHOWN_BY_NO_ORDER.find(([, isSuch]) => isSuch(grant))?.[0];
}

function isAbout(service: string): (grant: Grant) => boolean {
  return ({ action }) => action.startsWith(service);
}

function isFor(service: string): (grant: Grant) => boolean {
  return ({ source = '' }) => source.includes(`"${service}"`);
}

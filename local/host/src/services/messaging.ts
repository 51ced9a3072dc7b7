import { systemClock } from '../../../engine/src/index.ts';
import type { Environment } from '../cloud-assembly.ts';
import type { DataDir } from '../data-dir.ts';
import type { Log } from '../log.ts';
import { carryToLambda, carryToLog, carryToStepFunctions } from './carriers.ts';
import { createDeliveries, type Carrier, type Deliveries } from './deliveries.ts';
import { createEvents } from './events.ts';
import type { LambdaService } from './lambda.ts';
import { createMessageWrites, openMessageDatabase } from './message-store.ts';
import { openOutbox, type MailDraft } from './outbox.ts';
import { outboxPage } from './outbox-page.ts';
import { createSchedules, type ScheduledWork } from './schedules.ts';
import { createSecrets } from './secrets.ts';
import { createSes } from './ses.ts';
import { createSns } from './sns.ts';
import { carryOverHttp } from './sns-http.ts';

/** Where one time stands for another in tests. Each has one sleeper, so there are two. */
export interface MessagingClocks {
  readonly deliveries: ReturnType<typeof systemClock>;
  readonly schedules: ReturnType<typeof systemClock>;
}

export interface MessagingOptions {
  readonly dataDir: Pick<DataDir, 'resolve'>;
  readonly environment: Environment;
  readonly lambda: Pick<LambdaService, 'invoke'>;
  readonly awsUrl: string;
  readonly log: Log;
  /** @default the machine's */
  readonly clocks?: MessagingClocks;
}

export type Messaging = ReturnType<typeof openMessaging>;

/** The services that pass things on: events, notifications, mails and the rotation of secrets, over one file of deliveries. */
export function openMessaging(options: MessagingOptions) {
  const { dataDir, environment, lambda, awsUrl, log } = options;
  const clocks = options.clocks ?? { deliveries: systemClock(), schedules: systemClock() };
  const database = openMessageDatabase(dataDir.resolve('messages.sqlite'));
  const writes = createMessageWrites(database);
  const now = () => clocks.deliveries.now();
  const schedules = createSchedules({ database, writes, clock: clocks.schedules, log });
  const carriers: Record<string, Carrier> = {
    lambda: carryToLambda(lambda),
    states: carryToStepFunctions(awsUrl),
    logs: carryToLog(log),
    http: carryOverHttp,
    events: (delivery) => events.carryToBus(delivery),
    sns: (delivery) => sns.carryToTopic(delivery),
    mail: ({ id, payload }) => Promise.resolve(void outbox.put(JSON.parse(payload) as MailDraft, id)), // oxlint-disable-line typescript/no-unsafe-type-assertion -- the outbox parses it
    rotation: (delivery) => secrets.carryRotation(delivery),
  };
  const deliveries: Deliveries = createDeliveries({ database, writes, carriers, clock: clocks.deliveries, log });
  const shared = {
    environment,
    writes,
    addDeliveries: deliveries.add.bind(deliveries),
    declareSchedule: (work: ScheduledWork) => schedules.declare(work),
    now,
    log,
  };
  const outbox = openOutbox({ dir: dataDir.resolve('outbox'), now, log });
  const events = createEvents(shared);
  const sns = createSns(shared);
  const ses = createSes({ outbox, log });
  const secrets = createSecrets({
    ...shared,
    file: dataDir.resolve('secrets.json'),
    invoke: (request) => lambda.invoke(request),
  });
  return {
    events,
    sns,
    ses,
    secrets,
    outbox,
    outboxPage: outboxPage(outbox),
    deliveries,
    schedules,
    addDeliveries: shared.addDeliveries,
    /** Called when every receiver exists: what was left undone is delivered, and clocks run. */
    async start() {
      await secrets.start();
      await schedules.start();
      deliveries.start();
    },
    /** Nothing further is begun. */
    stop() {
      schedules.stop();
      deliveries.stop();
    },
    /** After whoever receives deliveries has been closed: then none is under way for long. */
    async close() {
      await deliveries.rest();
      writes.close();
      database.close();
    },
  };
}

import type { Environment } from '../cloud-assembly.ts';
import type { DataDir } from '../data-dir.ts';
import { openToAll, type Access } from '../iam/access.ts';
import type { Log } from '../log.ts';
import { machineTime, type HostTime } from '../time/host-time.ts';
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

export interface MessagingOptions {
  readonly dataDir: Pick<DataDir, 'resolve'>;
  readonly environment: Environment;
  readonly lambda: Pick<LambdaService, 'invoke'>;
  readonly awsUrl: string;
  /** The names, without port, that a browser may call the outbox by. */
  readonly allowedHosts: readonly string[];
  /** Who may do what. @default everybody everything */
  readonly access?: Access;
  readonly log: Log;
  /** Told of each mail that is in the outbox. @default nobody is */
  readonly onMail?: () => void;
  /** @default the machine's */
  readonly time?: HostTime;
}

export type Messaging = ReturnType<typeof openMessaging>;

/** The services that pass things on: events, notifications, mails and the rotation of secrets, over one file of deliveries. */
export function openMessaging(options: MessagingOptions) {
  const { dataDir, environment, lambda, awsUrl, allowedHosts, log, time = machineTime, access = openToAll } = options;
  const database = openMessageDatabase(dataDir.resolve('messages.sqlite'));
  const writes = createMessageWrites(database);
  const now = () => time.now();
  const schedules = createSchedules({ database, writes, time, log });
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
  const deliveries: Deliveries = createDeliveries({ database, writes, carriers, clock: time.clock('Delivery'), log });
  const shared = {
    environment,
    writes,
    addDeliveries: deliveries.add.bind(deliveries),
    declareSchedule: (work: ScheduledWork) => schedules.declare(work),
    now,
    access,
    log,
  };
  const outbox = openOutbox({
    dir: dataDir.resolve('outbox'),
    now,
    log,
    ...(options.onMail && { onMail: options.onMail }),
  });
  const events = createEvents(shared);
  const sns = createSns(shared);
  const ses = createSes({ outbox, environment, access, log });
  const secrets = createSecrets({
    ...shared,
    file: dataDir.resolve('secrets.json'),
    invoke: (request) => lambda.invoke(request),
  });
  return {
    /** The file of all that is on its way, for what has to be kept together with the events that tell of it. */
    database,
    writes,
    events,
    sns,
    ses,
    secrets,
    outbox,
    outboxPage: outboxPage(outbox, allowedHosts),
    deliveries,
    schedules,
    addDeliveries: shared.addDeliveries,
    /** Called when every receiver exists: what was left undone is delivered, and clocks run. */
    async start() {
      await secrets.start();
      await schedules.start();
      deliveries.start();
    },
    /** Nothing is on its way; something may be due again later. */
    isResting: () => deliveries.isResting() && writes.isResting(),
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

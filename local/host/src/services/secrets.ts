import { createHash, randomUUID } from 'node:crypto';
import type { RequestListener } from 'node:http';
import { z } from 'zod';
import { openToAll, type Access } from '../iam/access.ts';
import type { Log } from '../log.ts';
import type { Json } from '../template.ts';
import { awsJsonListener, type Action } from './aws-actions.ts';
import { AwsError } from './aws-error.ts';
import { DeliveryFailed, type Carrier, type Delivery } from './deliveries.ts';
import type { Schedule } from './event-schedule.ts';
import type { InvokeRequest, InvokeResponse } from './lambda.ts';
import { mayDeliver, toUseSecrets } from './message-permissions.ts';
import type { MessageWrites } from './message-store.ts';
import { PasswordShape, randomPassword } from './random-password.ts';
import type { ScheduledWork } from './schedules.ts';
import { openSecretStore, type Secret, type SecretVersion } from './secret-store.ts';

export interface DeclaredSecret {
  readonly name: string;
  readonly arn: string;
  readonly description?: string;
  /** What the template says of the value. Under a new key the secret gets a new value. */
  readonly valueKey: string;
  /** Called where the secret has none yet, or another key. */
  readonly makeValue: () => string;
}

export interface DeclaredRotation {
  readonly secretId: string;
  /** An ARN or a name. */
  readonly functionArn: string;
  readonly schedule?: { readonly expression: string; readonly times: Schedule };
  readonly isImmediate: boolean;
}

/**
 * Secrets Manager of this machine. Values are in one file that nobody but this user may read, and in the answers to who
 * asks for them: in no log and in no error.
 */
export interface SecretsService {
  createSecret(declared: DeclaredSecret): void;
  rotate(declared: DeclaredRotation): void;
  /** `secretsmanager.GetSecretValue` and its neighbours. */
  handle: RequestListener;
  /** The text of a secret, for `{{resolve:secretsmanager:…}}`. @throws {AwsError} as GetSecretValue does. */
  secretString(secretId: string, versionStage?: string, versionId?: string): string;
  /** Makes the four calls of a rotation. @see Secrets Manager User Guide, "Lambda rotation functions" */
  readonly carryRotation: Carrier;
  /** Begins the rotations that the template wants at once. */
  start(): Promise<void>;
}

export interface SecretsOptions {
  /** `undefined` keeps nothing. */
  readonly file: string | undefined;
  readonly writes: MessageWrites;
  readonly addDeliveries: (deliveries: readonly Delivery[]) => void;
  readonly declareSchedule: (work: ScheduledWork) => void;
  readonly invoke: (request: InvokeRequest) => Promise<InvokeResponse>;
  readonly now: () => number;
  /** Who may do what. @default everybody everything */
  readonly access?: Access;
  readonly log: Log;
}

const CURRENT = 'AWSCURRENT';
const PREVIOUS = 'AWSPREVIOUS';
const PENDING = 'AWSPENDING';

/** Secrets Manager quotas, "Secret value size". */
const VALUE_BYTES_MAX = 65_536;
/** And versions without a stage: older ones go. */
const DEPRECATED_MAX = 20;

const ROTATION_STEPS = ['createSecret', 'setSecret', 'testSecret', 'finishSecret'];
const ROTATION_RETRY_DELAYS_MS = [60_000, 300_000, 3_600_000];

const ById = z.object({ SecretId: z.string() });
const GetValue = ById.extend({ VersionId: z.string().optional(), VersionStage: z.string().optional() });
const PutValue = ById.extend({
  ClientRequestToken: z.string().min(32).max(64).optional(),
  SecretString: z.string().optional(),
  SecretBinary: z.string().optional(),
  VersionStages: z.array(z.string()).min(1).default([CURRENT]),
});
const UpdateStage = ById.extend({
  VersionStage: z.string(),
  MoveToVersionId: z.string().optional(),
  RemoveFromVersionId: z.string().optional(),
});
const Rotate = ById.extend({
  ClientRequestToken: z.string().min(32).max(64).optional(),
  RotationLambdaARN: z.string().optional(),
  RotateImmediately: z.boolean().default(true),
});

export function createSecrets(options: SecretsOptions): SecretsService {
  const { file, writes, addDeliveries, declareSchedule, invoke, now, log, access = openToAll } = options;
  const store = openSecretStore(file);
  const rotations = new Map<string, DeclaredRotation>();

  function secretOf(secretId: string): Secret {
    const secret = store.find(secretId);
    if (secret !== undefined) return secret;
    throw new AwsError('ResourceNotFoundException', "Secrets Manager can't find the specified secret.");
  }

  function save(secret: Secret, versions: readonly SecretVersion[]): void {
    const unstaged = versions.filter(({ stages }) => stages.length === 0).slice(0, -DEPRECATED_MAX);
    store.put({ ...secret, changedMs: now(), versions: versions.filter((version) => !unstaged.includes(version)) });
  }

  /** A new version, or one of a rotation that has no value yet. The same token with the same value is the same call. */
  function putValue(
    secret: Secret,
    id: string,
    value: Pick<SecretVersion, 'string' | 'binary'>,
    stages: string[],
  ): void {
    const existing = secret.versions.find((version) => version.id === id);
    if (existing !== undefined && hasValue(existing)) {
      if (existing.string === value.string && existing.binary === value.binary) return;
      const message = "You can't modify an existing version, you can only create new versions.";
      throw new AwsError('ResourceExistsException', message);
    }
    // The first value of a secret is its current one whatever it is called.
    const isFirst = !secret.versions.some(hasValue);
    const wanted = isFirst ? [...new Set([...stages, CURRENT])] : stages;
    const others = secret.versions.filter((version) => version !== existing);
    const added = { id, stages: [...(existing?.stages ?? [])], createdMs: now(), ...value };
    const versions = wanted.reduce<SecretVersion[]>((all, stage) => moveStage(all, stage, id), [...others, added]);
    save(secret, versions);
  }

  function beginRotation(secret: Secret, token: string): Delivery {
    const known = secret.versions.find(({ id }) => id === token);
    if (known === undefined) {
      const version = { id: token, stages: [], createdMs: now() };
      save(secret, moveStage([...secret.versions, version], PENDING, token));
    }
    return { id: token, kind: 'rotation', receiver: secret.arn, payload: token };
  }

  const actions: Record<string, Action> = {
    GetSecretValue(input) {
      const { SecretId, VersionId, VersionStage } = parse(GetValue, input);
      const secret = secretOf(SecretId);
      return valueAnswer(secret, versionOf(secret, VersionId, VersionStage));
    },
    PutSecretValue(input) {
      const { SecretId, ClientRequestToken: id = randomUUID(), VersionStages, ...given } = parse(PutValue, input);
      const secret = secretOf(SecretId);
      putValue(secret, id, valueOf(given), VersionStages);
      const version = secretOf(SecretId).versions.find((one) => one.id === id);
      return { ARN: secret.arn, Name: secret.name, VersionId: id, VersionStages: version?.stages ?? VersionStages };
    },
    DescribeSecret(input) {
      const secret = secretOf(parse(ById, input).SecretId);
      return description(secret, rotations.get(secret.arn));
    },
    ListSecretVersionIds(input) {
      const { arn, name, versions } = secretOf(parse(ById, input).SecretId);
      const listed = versions.map(({ id, stages, createdMs }) => ({
        VersionId: id,
        VersionStages: stages,
        CreatedDate: createdMs / 1000,
      }));
      return { ARN: arn, Name: name, Versions: listed };
    },
    UpdateSecretVersionStage(input) {
      const { SecretId, VersionStage, MoveToVersionId, RemoveFromVersionId } = parse(UpdateStage, input);
      const secret = secretOf(SecretId);
      save(secret, updatedStage(secret, VersionStage, MoveToVersionId, RemoveFromVersionId));
      return { ARN: secret.arn, Name: secret.name };
    },
    async RotateSecret(input) {
      const { SecretId, ClientRequestToken: token = randomUUID(), RotateImmediately } = parse(Rotate, input);
      const secret = secretOf(SecretId);
      if (!rotations.has(secret.arn)) {
        const message = 'No Lambda rotation function ARN is associated with this secret.';
        throw new AwsError('InvalidRequestException', message);
      }
      if (RotateImmediately) await writes.write(() => addDeliveries([beginRotation(secret, token)]));
      return { ARN: secret.arn, Name: secret.name, VersionId: token };
    },
    GetRandomPassword: (input) => ({ RandomPassword: randomPassword(parse(PasswordShape, input)) }),
  };

  return {
    createSecret({ name, arn, description: text, valueKey, makeValue }) {
      const declaredHash = createHash('sha256').update(valueKey).digest('hex');
      const before = store.find(name);
      if (before?.declaredHash === declaredHash) return;
      const about = text === undefined ? {} : { description: text };
      const fresh = { name, arn, createdMs: now(), changedMs: now(), versions: [] };
      putValue({ ...(before ?? fresh), ...about, arn, declaredHash }, randomUUID(), { string: makeValue() }, [CURRENT]);
    },
    rotate(declared) {
      const secret = secretOf(declared.secretId);
      rotations.set(secret.arn, declared);
      if (declared.schedule === undefined) return;
      declareSchedule({
        name: `rotation:${secret.arn}`,
        expression: declared.schedule.expression,
        schedule: declared.schedule.times,
        fire: () => addDeliveries([beginRotation(secretOf(secret.arn), randomUUID())]),
      });
    },
    handle: awsJsonListener({
      name: 'secrets',
      log,
      actions,
      access,
      permissions: toUseSecrets((secretId) => store.find(secretId)?.arn),
    }),
    secretString(secretId, versionStage, versionId) {
      const { string } = versionOf(secretOf(secretId), versionId, versionStage);
      return string ?? notFound(versionStage ?? CURRENT);
    },
    async carryRotation({ receiver, payload: token }) {
      const rotation = rotations.get(receiver);
      if (rotation === undefined) throw new DeliveryFailed('the secret is no longer rotated', []);
      const errand = { service: 'secretsmanager.amazonaws.com', sourceArn: receiver };
      if (!mayDeliver(access, errand, 'lambda', rotation.functionArn)) {
        throw new DeliveryFailed('Secrets Manager may not invoke the function', []);
      }
      for (const step of ROTATION_STEPS) {
        const payload = JSON.stringify({ Step: step, SecretId: receiver, ClientRequestToken: token });
        const { functionError } = await invoke({ functionName: rotation.functionArn, payload });
        if (functionError !== undefined) throw new DeliveryFailed(`${step} failed`, ROTATION_RETRY_DELAYS_MS);
      }
      store.put({ ...secretOf(receiver), rotatedMs: now() });
      log.info('secret.rotated', { secret: receiver });
    },
    async start() {
      const first = [...rotations].filter(([arn, { isImmediate }]) => isImmediate && !isBegun(secretOf(arn)));
      if (first.length === 0) return;
      await writes.write(() => addDeliveries(first.map(([arn]) => beginRotation(secretOf(arn), randomUUID()))));
    },
  };
}

function isBegun({ rotatedMs, versions }: Secret): boolean {
  return rotatedMs !== undefined || versions.some(({ stages }) => stages.includes(PENDING));
}

function hasValue({ string, binary }: SecretVersion): boolean {
  return string !== undefined || binary !== undefined;
}

/** A stage is at one version at a time; what was current becomes the previous one. */
function moveStage(versions: readonly SecretVersion[], stage: string, id: string): SecretVersion[] {
  const from = versions.find(({ stages }) => stages.includes(stage));
  const without = (name: string) => (version: SecretVersion) => ({
    ...version,
    stages: version.stages.filter((other) => other !== name),
  });
  const moved = versions
    .map(without(stage))
    .map((version) => (version.id === id ? { ...version, stages: [...version.stages, stage] } : version));
  const isReplaced = stage === CURRENT && from !== undefined && from.id !== id;
  return isReplaced ? moveStage(moved, PREVIOUS, from.id) : moved;
}

function updatedStage(
  { versions }: Secret,
  stage: string,
  toId: string | undefined,
  fromId: string | undefined,
): SecretVersion[] {
  const holder = versions.find(({ stages }) => stages.includes(stage));
  if (holder !== undefined && holder.id !== toId && holder.id !== fromId) {
    const message = `The parameter RemoveFromVersionId can't be empty. Staging label ${stage} is currently attached to version ${holder.id}, so you must explicitly reference that version in RemoveFromVersionId.`;
    throw new AwsError('InvalidParameterException', message);
  }
  if (toId === undefined) {
    if (stage === CURRENT) throw new AwsError('InvalidParameterException', `${CURRENT} must be at a version.`);
    return versions.map((version) => ({ ...version, stages: version.stages.filter((other) => other !== stage) }));
  }
  const target = versions.find(({ id }) => id === toId);
  if (target === undefined || (stage === CURRENT && !hasValue(target))) return notFound(toId);
  return moveStage(versions, stage, toId);
}

function versionOf({ versions }: Secret, id: string | undefined, stage: string | undefined): SecretVersion {
  const wantedStage = id === undefined ? (stage ?? CURRENT) : stage;
  const version = versions.find(
    (one) => (id === undefined || one.id === id) && (wantedStage === undefined || one.stages.includes(wantedStage)),
  );
  return version !== undefined && hasValue(version) ? version : notFound(id ?? wantedStage ?? CURRENT);
}

function notFound(version: string): never {
  const message = `Secrets Manager can't find the specified secret value for: ${version}`;
  throw new AwsError('ResourceNotFoundException', message);
}

function valueOf({
  SecretString,
  SecretBinary,
}: {
  SecretString?: string | undefined;
  SecretBinary?: string | undefined;
}) {
  if ((SecretString === undefined) === (SecretBinary === undefined)) {
    throw new AwsError('InvalidParameterException', 'You must provide either SecretString or SecretBinary.');
  }
  if (Buffer.byteLength(SecretString ?? SecretBinary ?? '') > VALUE_BYTES_MAX) {
    throw new AwsError('InvalidParameterException', `A value may have ${VALUE_BYTES_MAX} bytes.`);
  }
  return {
    ...(SecretString !== undefined && { string: SecretString }),
    ...(SecretBinary !== undefined && { binary: SecretBinary }),
  };
}

function valueAnswer({ arn, name }: Secret, { id, stages, createdMs, string, binary }: SecretVersion): Json {
  const value = string === undefined ? { SecretBinary: binary ?? '' } : { SecretString: string };
  return { ARN: arn, Name: name, VersionId: id, VersionStages: stages, CreatedDate: createdMs / 1000, ...value };
}

function description(secret: Secret, rotation: DeclaredRotation | undefined): Json {
  const { arn, name, description: text, createdMs, changedMs, rotatedMs, versions } = secret;
  const staged = versions.filter(({ stages }) => stages.length > 0);
  return {
    ARN: arn,
    Name: name,
    ...(text !== undefined && { Description: text }),
    CreatedDate: createdMs / 1000,
    LastChangedDate: changedMs / 1000,
    ...(rotatedMs !== undefined && { LastRotatedDate: rotatedMs / 1000 }),
    RotationEnabled: rotation !== undefined,
    ...(rotation !== undefined && { RotationLambdaARN: rotation.functionArn }),
    VersionIdsToStages: Object.fromEntries(staged.map(({ id, stages }) => [id, stages])),
  };
}

/** What was given is not repeated: it may be a value. */
function parse<T>(schema: z.ZodType<T>, input: unknown): T {
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  const place = (result.error.issues[0]?.path ?? []).join('.');
  throw new AwsError('InvalidParameterException', `The parameter ${place} is missing or is not what it has to be.`);
}

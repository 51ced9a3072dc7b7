import {
  DescribeSecretCommand,
  GetRandomPasswordCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  ResourceNotFoundException,
  type SecretsManagerClient,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager';
import * as z from 'zod';
import { parse } from '../invalid-request.ts';

/** A step of a rotation. AWS Secrets Manager User Guide, "Lambda rotation functions". */
export type Rotation = z.infer<typeof rotationSchema>;

const rotationSchema = z.object({
  Step: z.enum(['createSecret', 'setSecret', 'testSecret', 'finishSecret']),
  SecretId: z.string(),
  /** The id that the new version has, or gets. */
  ClientRequestToken: z.string(),
});

const KEY_LENGTH = 64;

/** @throws {InvalidRequest} */
export function parseRotation(event: unknown): Rotation {
  return parse(rotationSchema, event);
}

/**
 * Makes the next key. Each step may be done again: it finds what it has done already. Nothing but this secret knows the key,
 * so there is nothing to set elsewhere, and nothing to try.
 */
export async function rotateLinkKey(rotation: Rotation, secrets: Pick<SecretsManagerClient, 'send'>): Promise<void> {
  if (rotation.Step === 'createSecret') await create(rotation, secrets);
  if (rotation.Step === 'finishSecret') await finish(rotation, secrets);
}

async function create(
  { SecretId, ClientRequestToken }: Rotation,
  secrets: Pick<SecretsManagerClient, 'send'>,
): Promise<void> {
  try {
    await secrets.send(
      new GetSecretValueCommand({ SecretId, VersionId: ClientRequestToken, VersionStage: 'AWSPENDING' }),
    );
    return;
  } catch (error) {
    if (!(error instanceof ResourceNotFoundException)) throw error;
  }
  const { RandomPassword } = await secrets.send(
    new GetRandomPasswordCommand({ PasswordLength: KEY_LENGTH, ExcludePunctuation: true }),
  );
  await secrets.send(
    new PutSecretValueCommand({
      SecretId,
      ClientRequestToken,
      SecretString: RandomPassword,
      VersionStages: ['AWSPENDING'],
    }),
  );
}

/** From here on the new key signs, and the one before still verifies what it has signed. */
async function finish(
  { SecretId, ClientRequestToken }: Rotation,
  secrets: Pick<SecretsManagerClient, 'send'>,
): Promise<void> {
  const { VersionIdsToStages = {} } = await secrets.send(new DescribeSecretCommand({ SecretId }));
  const [current] = Object.entries(VersionIdsToStages).find(([, stages]) => stages.includes('AWSCURRENT')) ?? [];
  if (current === ClientRequestToken) return;
  await secrets.send(
    new UpdateSecretVersionStageCommand({
      SecretId,
      VersionStage: 'AWSCURRENT',
      MoveToVersionId: ClientRequestToken,
      ...(current !== undefined && { RemoveFromVersionId: current }),
    }),
  );
}

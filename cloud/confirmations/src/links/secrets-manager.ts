import {
  GetSecretValueCommand,
  ResourceNotFoundException,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { tracer } from '../observe.ts';
import type { ReadSecretVersion } from './link-keys.ts';

export function openSecretsManager(): SecretsManagerClient {
  return tracer.captureAWSv3Client(new SecretsManagerClient());
}

export function readVersionsOf(client: Pick<SecretsManagerClient, 'send'>, secretArn: string): ReadSecretVersion {
  return async (VersionStage) => {
    try {
      return await client.send(new GetSecretValueCommand({ SecretId: secretArn, VersionStage }));
    } catch (error) {
      // A secret that was never rotated has no previous version.
      if (error instanceof ResourceNotFoundException && VersionStage === 'AWSPREVIOUS') return undefined;
      throw error;
    }
  };
}

import {
  DescribeSecretCommand,
  GetRandomPasswordCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  ResourceNotFoundException,
  type SecretsManagerClient,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseRotation, rotateLinkKey } from '../src/links/rotate-link-key.ts';

const SECRET = 'arn:aws:secretsmanager:eu-central-1:123456789012:secret:links';

/** A secret and its versions, as the client of Secrets Manager shows them. */
class FakeSecret {
  readonly values = new Map([['first', 'a'.repeat(64)]]);
  readonly stages = new Map([['AWSCURRENT', 'first']]);
  #made = 0;

  client(): Pick<SecretsManagerClient, 'send'> {
    return { send: async (command: unknown) => this.#perform(command) } as Pick<SecretsManagerClient, 'send'>;
  }

  #perform(command: unknown): unknown {
    if (command instanceof GetSecretValueCommand) {
      const { VersionId = '', VersionStage = '' } = command.input;
      if (this.stages.get(VersionStage) === VersionId) return { SecretString: this.values.get(VersionId) };
      throw new ResourceNotFoundException({ message: 'no such version', $metadata: {} });
    }
    if (command instanceof GetRandomPasswordCommand) {
      this.#made += 1;
      return { RandomPassword: String(this.#made).repeat(command.input.PasswordLength ?? 0) };
    }
    if (command instanceof PutSecretValueCommand) {
      const { ClientRequestToken = '', SecretString = '', VersionStages = [] } = command.input;
      this.values.set(ClientRequestToken, SecretString);
      for (const stage of VersionStages) this.stages.set(stage, ClientRequestToken);
      return {};
    }
    if (command instanceof DescribeSecretCommand) {
      const versions = [...this.values.keys()].map((id) => [id, this.#stagesOf(id)] as const);
      return { VersionIdsToStages: Object.fromEntries(versions) };
    }
    if (command instanceof UpdateSecretVersionStageCommand) {
      const { MoveToVersionId = '', RemoveFromVersionId } = command.input;
      assert.equal(this.stages.get('AWSCURRENT'), RemoveFromVersionId);
      if (RemoveFromVersionId !== undefined) this.stages.set('AWSPREVIOUS', RemoveFromVersionId);
      this.stages.set('AWSCURRENT', MoveToVersionId);
      return {};
    }
    return assert.fail('the secret knows no such command');
  }

  #stagesOf(id: string): string[] {
    return [...this.stages].filter(([, version]) => version === id).map(([stage]) => stage);
  }
}

const STEPS = ['createSecret', 'setSecret', 'testSecret', 'finishSecret'];

test('a rotation makes a new key that signs, and leaves the one before to verify', async () => {
  const secret = new FakeSecret();
  for (const Step of STEPS) {
    const rotation = parseRotation({ Step, SecretId: SECRET, ClientRequestToken: 'second' });
    // Secrets Manager calls again what it is not sure of.
    for (const _time of ['once', 'again']) await rotateLinkKey(rotation, secret.client());
  }
  assert.equal(secret.values.get('second'), '1'.repeat(64));
  assert.equal(secret.stages.get('AWSCURRENT'), 'second');
  assert.equal(secret.stages.get('AWSPREVIOUS'), 'first');
});

test('a rotation that dies before it ends leaves the key that there is', async () => {
  const secret = new FakeSecret();
  const rotation = parseRotation({ Step: 'createSecret', SecretId: SECRET, ClientRequestToken: 'second' });
  await rotateLinkKey(rotation, secret.client());
  assert.equal(secret.stages.get('AWSCURRENT'), 'first');
});

test('a step that is none is refused', () => {
  assert.throws(() => parseRotation({ Step: 'steal', SecretId: SECRET, ClientRequestToken: 'x' }));
});

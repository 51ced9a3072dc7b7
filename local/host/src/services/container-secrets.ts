import { CannotStart } from './container-image.ts';
import type { TaskContainer } from './ecs-task.ts';

/** @throws {CannotStart} naming what is wrong, as ECS does. */
export function readSecrets(
  { secrets }: Pick<TaskContainer, 'secrets'>,
  secretOf: (valueFrom: string) => string,
): Record<string, string> {
  try {
    return Object.fromEntries(Object.entries(secrets).map(([name, valueFrom]) => [name, secretOf(valueFrom)]));
  } catch (error) {
    const why = error instanceof Error ? error.message : 'unknown';
    throw new CannotStart(`ResourceInitializationError: unable to pull secrets: ${why}`);
  }
}

/** The text of a secret by `arn:…:secret:name:json-key:version-stage:version-id`, of which all after the name may be missing. */
export function secretText(
  secrets: { secretString(secretId: string, versionStage?: string, versionId?: string): string },
  valueFrom: string,
): string {
  const parts = valueFrom.split(':');
  const [key = '', stage = '', version = ''] = parts.slice(ARN_PARTS);
  const text = secrets.secretString(parts.slice(0, ARN_PARTS).join(':'), stage || undefined, version || undefined);
  if (key === '') return text;
  const value = memberOf(text, key);
  if (typeof value !== 'string') throw new Error(`the secret has no text at "${key}"`);
  return value;
}

const ARN_PARTS = 7;

function memberOf(text: string, key: string): unknown {
  try {
    const members: unknown = JSON.parse(text);
    return new Map(Object.entries(typeof members === 'object' && members !== null ? members : {})).get(key);
  } catch {
    // What is wrong with it is not said: the text is the secret.
    throw new Error('the secret is not JSON');
  }
}

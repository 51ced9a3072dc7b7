import { observed } from '../observe.ts';
import { parseRotation, rotateLinkKey } from '../links/rotate-link-key.ts';
import { openSecretsManager } from '../links/secrets-manager.ts';

const secrets = openSecretsManager();

/** Called by Secrets Manager, once for each step of a rotation. */
export const handler = observed(async (event: unknown): Promise<void> => {
  await rotateLinkKey(parseRotation(event), secrets);
});

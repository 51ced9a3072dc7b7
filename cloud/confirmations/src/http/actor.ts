import type { Context } from 'hono';
import * as z from 'zod';
import type { Actor } from '../events.ts';

/** The parts of an HTTP API's event, payload format 2.0, that tell who calls. */
const callerSchema = z.object({
  event: z.object({
    requestContext: z.object({
      http: z.object({ sourceIp: z.string() }).partial().optional(),
      authorizer: z.object({ jwt: z.object({ claims: z.record(z.string(), z.unknown()) }) }).optional(),
    }),
  }),
});

/**
 * Who calls, by what the API's authorizer has found out; nothing that the request itself claims is believed.
 *
 * @param personClaim the claim that names a person; without one, those that Cognito names its users by.
 */
export function actorOf({ env, req }: Context, personClaim: string | undefined): Actor {
  const { requestContext } = callerSchema.safeParse(env).data?.event ?? { requestContext: {} };
  const claims = requestContext.authorizer?.jwt.claims ?? {};
  const person = personOf(claims, personClaim);
  const sourceIp = requestContext.http?.sourceIp;
  const isCommandLine = req.header('user-agent')?.startsWith('countersign/') ?? false;
  return {
    ...(person !== undefined && { person }),
    groups: listOf(claims['cognito:groups'] ?? claims['groups']),
    via: isCommandLine ? 'command-line' : 'api',
    ...(sourceIp !== undefined && { sourceIp }),
  };
}

function personOf(claims: Readonly<Record<string, unknown>>, personClaim: string | undefined): string | undefined {
  const names = personClaim === undefined ? ['cognito:username', 'username', 'sub'] : [personClaim];
  // An address that nobody has verified is one that anybody can have given.
  const isTrusted = (name: string) =>
    name !== 'email' || ![false, 'false'].includes((claims['email_verified'] ?? true) as boolean | string);
  return names
    .filter(isTrusted)
    .map((name) => claims[name])
    .find((claim) => typeof claim === 'string' && claim !== '') as string | undefined;
}

/** An HTTP API makes texts of all claims: a list of two becomes `[a b]`. */
function listOf(claim: unknown): string[] {
  if (Array.isArray(claim)) return claim.filter((one) => typeof one === 'string');
  if (typeof claim !== 'string') return [];
  return (/^\[(.*)\]$/v.exec(claim)?.[1] ?? claim).split(/[\s,]+/v).filter((one) => one !== '');
}

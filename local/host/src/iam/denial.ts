import type { JsonObject } from '../template.ts';
import type { Permission } from './caller.ts';
import type { Verdict } from './evaluate.ts';
import type { Principal } from './principals.ts';

/** Something that was asked for in vain, in words and as it could be put right. */
export interface Denial {
  /** As AWS says it. */
  readonly message: string;
  /** The statement that would allow it; undefined where a statement denies it, and none would help. */
  readonly statement: JsonObject | undefined;
}

type Refusal = Exclude<Verdict, { readonly isAllowed: true }>;

export function denialOf(principal: Principal, { action, resource }: Permission, { by, sort }: Refusal): Denial {
  const who = principal.kind === 'role' ? `User: ${principal.sessionArn}` : `Service: ${principal.service}`;
  const what = `${who} is not authorized to perform: ${action} on resource: ${resource}`;
  const article = /^[aeiou]/v.test(sort) ? 'an' : 'a';
  const why =
    by === 'explicit deny'
      ? `with an explicit deny in ${article} ${sort}`
      : `because no ${sort} allows the ${action} action`;
  return {
    message: `${what} ${why}`,
    statement: by === 'explicit deny' ? undefined : statement(principal, action, resource),
  };
}

function statement(principal: Principal, action: string, resource: string): JsonObject {
  const allowed = { Effect: 'Allow', Action: action, Resource: resource };
  const forService = principal.kind === 'service' ? { Principal: { Service: principal.service } } : {};
  return { ...allowed, ...forService };
}

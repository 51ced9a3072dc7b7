import type { RoleSession } from '../services/role-credentials.ts';

/** Who asks a service of this machine for something. */
export type Caller =
  /** Whoever works at this machine: asked for nothing, as long as nobody else can reach it. */
  | { readonly kind: 'developer' }
  | { readonly kind: 'role'; readonly session: RoleSession }
  /** A service that acts on behalf of a resource: `events.amazonaws.com` for a rule. */
  | { readonly kind: 'service'; readonly service: string; readonly sourceArn: string };

export const DEVELOPER: Caller = { kind: 'developer' };

/** Something that is asked for. */
export interface Permission {
  /** As policies write it: `s3:PutObject`. */
  readonly action: string;
  /** An ARN, or `*` where the action has no resource. */
  readonly resource: string;
  /** Condition keys of this request, beside those that every request has. */
  readonly keys?: Readonly<Record<string, string | readonly string[] | undefined>>;
}

/** Why a request is refused: its signature, its key, its age, or what it asks for. */
export type RefusalReason = 'signature' | 'key' | 'expired' | 'denied';

/** A request that is not carried out. Each protocol has its own code for the reason; the message is AWS's. */
export class AccessRefused extends Error {
  override readonly name = 'AccessRefused';
  readonly reason: RefusalReason;
  /** What was denied, for a service that writes its ARN in quotes. */
  readonly resource: string;

  constructor(reason: RefusalReason, message: string, resource = '') {
    super(message);
    this.reason = reason;
    this.resource = resource;
  }
}

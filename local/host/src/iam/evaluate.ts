import type { Context } from './context.ts';
import type { Policy, Statement } from './policy-document.ts';
import type { Principal } from './principals.ts';

/** May this principal do this to that? */
export interface Question {
  readonly principal: Principal;
  /** Such as `s3:PutObject`. */
  readonly action: string;
  /** An ARN, or `*` for an action on nothing in particular. */
  readonly resource: string;
  readonly context: Context;
}

type Statements = Pick<Policy, 'statements'>;

/** The policies that have a say. */
export interface Policies {
  /** Those of the role; none for a service. */
  readonly identity: readonly Statements[];
  /** What the role may have at most. @default anything */
  readonly boundary?: Statements;
  /** That of what is called. @default it has none */
  readonly resource?: Statements;
  /** Whether the policies of roles count only where that of the resource gives the account a say, as with keys of KMS. @default false */
  readonly isUpToResource?: boolean;
}

export type PolicySort = 'identity-based policy' | 'permissions boundary' | 'resource-based policy';

export type Verdict =
  | { readonly isAllowed: true }
  | { readonly isAllowed: false; readonly by: 'explicit deny' | 'no allow'; readonly sort: PolicySort };

const ALLOWED: Verdict = { isAllowed: true };

/**
 * Answers as IAM does within one account: whatever is denied anywhere is denied; what remains has to be allowed by the
 * resource, or by the role and within its boundary.
 *
 * @see IAM User Guide, "Policy evaluation logic"
 */
export function evaluate(question: Question, policies: Policies): Verdict {
  const { identity, boundary, resource } = policies;
  const ofResource = (resource?.statements ?? []).filter((statement) => applies(statement, question));
  if (identity.some((policy) => isDenied(policy, question))) return refused('explicit deny', 'identity-based policy');
  if (boundary !== undefined && isDenied(boundary, question)) return refused('explicit deny', 'permissions boundary');
  if (ofResource.some(({ effect }) => effect === 'Deny')) return refused('explicit deny', 'resource-based policy');

  const grants = ofResource.map(({ principals }) => principals?.(question.principal));
  // A session that is named by its own ARN is let in whatever its role may do.
  if (grants.includes('session') || grants.includes('service')) return ALLOWED;
  if (question.principal.kind === 'service') return refused('no allow', 'resource-based policy');
  if (boundary !== undefined && !isAllowed(boundary, question)) return refused('no allow', 'permissions boundary');
  if (grants.includes('role')) return ALLOWED;
  if (policies.isUpToResource === true && !grants.includes('account')) {
    return refused('no allow', 'resource-based policy');
  }
  if (identity.some((policy) => isAllowed(policy, question))) return ALLOWED;
  return refused('no allow', 'identity-based policy');
}

function isDenied({ statements }: Statements, question: Question): boolean {
  return statements.some((statement) => statement.effect === 'Deny' && applies(statement, question));
}

function isAllowed({ statements }: Statements, question: Question): boolean {
  return statements.some((statement) => statement.effect === 'Allow' && applies(statement, question));
}

function applies(statement: Statement, { principal, action, resource, context }: Question): boolean {
  return (
    statement.isAbout(action) &&
    statement.covers(resource, context) &&
    statement.principals?.(principal) !== 'nobody' &&
    statement.conditions.hold(context)
  );
}

function refused(by: 'explicit deny' | 'no allow', sort: PolicySort): Verdict {
  return { isAllowed: false, by, sort };
}

import {
  compilePolicy,
  createDeclaredPolicies,
  type DeclaredPolicies,
  type Policy,
} from '../../local/host/src/index.ts';

/** One action on one resource, as a statement of a role or of a resource grants it. */
export interface Grant {
  /** The name of the role, or the ARN of the resource whose policy it is. */
  readonly of: string;
  readonly action: string;
  readonly resource: string;
  /** Whom the policy of a resource lets in, and on whose behalf. */
  readonly source?: string;
}

type PolicyDocument = Parameters<typeof compilePolicy>[0];
type Fields = Readonly<Record<string, PolicyDocument | undefined>>;

/** The policies of an app, of which grants can be taken away, one at a time, while it runs. */
export class Grants {
  readonly all: Grant[] = [];
  /** Those that have let somebody in. */
  readonly used = new Set<Grant>();
  /** Those that would have let somebody in, had they not been taken away. */
  readonly missed = new Set<Grant>();
  readonly policies: DeclaredPolicies;
  readonly #taken = new Set<Grant>();

  constructor() {
    const kept = createDeclaredPolicies();
    this.policies = {
      ...kept,
      attach: (roleName, policy) => kept.attach(roleName, this.#inGrants(roleName, policy, 'identity')),
      addResourcePolicy: (arn, policy) => kept.addResourcePolicy(arn, this.#inGrants(arn, policy, 'resource')),
    };
  }

  /** Takes it away while something is done. */
  async without<T>(grant: Grant, work: () => Promise<T>): Promise<T> {
    this.#taken.add(grant);
    try {
      return await work();
    } finally {
      this.#taken.delete(grant);
    }
  }

  /** @throws if there is none, or more than one. */
  find(of: RegExp, action: string, resource = /^/v): Grant {
    const found = this.all.filter(
      (grant) => of.test(grant.of) && grant.action === action && resource.test(grant.resource),
    );
    const [grant] = found;
    if (grant === undefined || found.length > 1) throw new Error(`${found.length} grants of ${action} to ${of.source}`);
    return grant;
  }

  /** The same policy, with a statement for each grant. */
  #inGrants(of: string, { document }: Policy, kind: 'identity' | 'resource'): Policy {
    const { Statement: given = [] } = document as Fields;
    const statements = (Array.isArray(given) ? given : [given]) as readonly Fields[];
    const single = statements.flatMap((statement) => this.#grantsOf(of, statement));
    const compiled = compilePolicy({ ...(document as object), Statement: single.map((one) => one.statement) }, kind);
    return {
      document,
      statements: compiled.statements.map((statement, index) => {
        const grant = single[index]?.grant;
        if (grant === undefined) return statement;
        const hold: typeof statement.conditions.hold = (context) => {
          const holds = statement.conditions.hold(context);
          const isTaken = this.#taken.has(grant);
          if (holds) (isTaken ? this.missed : this.used).add(grant);
          return holds && !isTaken;
        };
        return { ...statement, conditions: { ...statement.conditions, hold } };
      }),
    };
  }

  #grantsOf(of: string, statement: Fields): { grant?: Grant; statement: PolicyDocument }[] {
    if (statement['Effect'] !== 'Allow') return [{ statement: statement as PolicyDocument }];
    const source = sourceOf(statement);
    return texts(statement['Action']).flatMap((action) =>
      texts(statement['Resource']).map((resource) => {
        const grant: Grant = { of, action, resource, ...(source !== undefined && { source }) };
        this.all.push(grant);
        return { grant, statement: { ...statement, Action: action, Resource: resource } };
      }),
    );
  }
}

export function inWords({ of, action, resource, source }: Grant): string {
  return `${of}: ${action} on ${resource}${source === undefined ? '' : ` for ${source}`}`;
}

function sourceOf({ Principal: principal, Condition: condition }: Fields): string | undefined {
  return principal === undefined ? undefined : JSON.stringify([principal, condition ?? {}]);
}

function texts(value: unknown): string[] {
  return (Array.isArray(value) ? value : [value]).filter((text) => typeof text === 'string');
}

import { isList, isObject, type Json, type JsonObject } from '../template.ts';
import { compileConditions, type Conditions } from './conditions.ts';
import type { Context } from './context.ts';
import { glob, resourceGlob } from './glob.ts';
import { PolicyFault, textsOf } from './policy-fault.ts';
import { asCharacters, fillVariables, hasVariables } from './policy-variables.ts';
import { compilePrincipals, type PrincipalMatch } from './principals.ts';

/** A statement that is ready to be asked. */
export interface Statement {
  readonly sid?: string;
  readonly effect: 'Allow' | 'Deny';
  /** Absent from the policies of roles, which speak of whoever has them. */
  readonly principals?: PrincipalMatch;
  /** `service:Action`, in whatever case. */
  readonly isAbout: (action: string) => boolean;
  readonly covers: (resource: string, context: Context) => boolean;
  readonly conditions: Conditions;
}

export interface Policy {
  /** As it was written. */
  readonly document: Json;
  readonly statements: readonly Statement[];
}

/** Whether the policy is attached to who calls, or to what is called; trust policies are about their role and name no resource. */
export type PolicyKind = 'identity' | 'resource' | 'trust';

const ELEMENTS = ['Sid', 'Effect', 'Principal', 'Action', 'NotAction', 'Resource', 'NotResource', 'Condition'];

/** The version whose texts have variables in them. */
const WITH_VARIABLES = '2012-10-17';

/**
 * Reads a policy document once, so that asking it is quick.
 *
 * @throws {PolicyFault} for whatever it does not know: nothing of a policy is passed over
 * @see IAM User Guide, "IAM JSON policy element reference"
 */
export function compilePolicy(document: Json, kind: PolicyKind): Policy {
  if (!isObject(document)) throw new PolicyFault('', 'it must be an object');
  const { Version: version, Statement: statements = [] } = document;
  const list = isList(statements) ? statements : [statements];
  return {
    document,
    statements: list.map((statement, index) => {
      try {
        if (!isObject(statement)) throw new PolicyFault('', 'it must be an object');
        return compileStatement(statement, kind, version === WITH_VARIABLES);
      } catch (error) {
        throw error instanceof PolicyFault ? error.within(`Statement.${index}`) : error;
      }
    }),
  };
}

function compileStatement(statement: JsonObject, kind: PolicyKind, fillsVariables: boolean): Statement {
  const unknown = Object.keys(statement).find((element) => !ELEMENTS.includes(element));
  if (unknown !== undefined) throw new PolicyFault(unknown, 'this element of a statement is not known here');
  const { Sid: sid, Effect: effect, Principal: principal, Condition: condition } = statement;
  if (effect !== 'Allow' && effect !== 'Deny') throw new PolicyFault('Effect', 'it must be Allow or Deny');
  if (kind === 'identity' && principal !== undefined) throw new PolicyFault('Principal', 'a role has no principals');
  if (kind !== 'identity' && principal === undefined) throw new PolicyFault('Principal', 'it is missing');
  return {
    ...(typeof sid === 'string' && { sid }),
    effect,
    ...(principal !== undefined && { principals: compilePrincipals(principal) }),
    isAbout: compileActions(statement),
    covers: compileResources(statement, kind, fillsVariables),
    conditions: condition === undefined ? NO_CONDITIONS : compileConditions(condition, fillsVariables),
  };
}

const NO_CONDITIONS: Conditions = { hold: () => true, keys: [] };

function compileActions({ Action: actions, NotAction: notActions }: JsonObject): (action: string) => boolean {
  const [texts, isNegated] = eitherOf('Action', actions, notActions);
  const globs = texts.map((text) => glob(text.toLowerCase()));
  // There are as many actions as the services here have, and each is asked for again and again.
  const answers = new Map<string, boolean>();
  return (action) => {
    const known = answers.get(action);
    if (known !== undefined) return known;
    const lowerCase = action.toLowerCase();
    const answer = globs.some((matches) => matches(lowerCase)) !== isNegated;
    answers.set(action, answer);
    return answer;
  };
}

function compileResources(
  { Resource: resources, NotResource: notResources }: JsonObject,
  kind: PolicyKind,
  fillsVariables: boolean,
): Statement['covers'] {
  if (kind === 'trust' && resources === undefined && notResources === undefined) return () => true;
  const [texts, isNegated] = eitherOf('Resource', resources, notResources);
  const matches = texts.map((text) => resourceMatch(text, fillsVariables));
  if (!isNegated) return (resource, context) => matches.some((one) => one(resource, context) === true);
  // A text that could not be filled says nothing of what it is not.
  return (resource, context) => matches.every((one) => one(resource, context) === false);
}

/** Undefined where the request has no value for a variable of the text. */
type ResourceMatch = (resource: string, context: Context) => boolean | undefined;

function resourceMatch(text: string, fillsVariables: boolean): ResourceMatch {
  if (!fillsVariables || !hasVariables(text)) return resourceGlob(text);
  // Whatever the variables are, a resource of another service is another one.
  const mayMatch = resourceGlob(text.split(':').slice(0, ARN_PARTS_BEFORE_RESOURCE).join(':'));
  return (resource, context) => {
    const filled = fillVariables(text, context);
    if (filled === undefined) return mayMatch(resource) ? undefined : false;
    return resourceGlob(filled)(asCharacters(resource));
  };
}

/** `arn`, partition, service, region and account. */
const ARN_PARTS_BEFORE_RESOURCE = 5;

/** An element or its opposite, and whether it is the opposite. */
function eitherOf(name: string, given: Json | undefined, opposite: Json | undefined): [readonly string[], boolean] {
  if (given !== undefined && opposite !== undefined) {
    throw new PolicyFault(name, `a statement has ${name} or Not${name}, not both`);
  }
  const isNegated = given === undefined;
  const place = isNegated ? `Not${name}` : name;
  const texts = given ?? opposite;
  if (texts === undefined) throw new PolicyFault(name, 'it is missing');
  return [textsOf(texts, place), isNegated];
}

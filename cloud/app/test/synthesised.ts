import { App, type AppProps } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import cdkJson from '../../../cdk.json' with { type: 'json' };
import { OrderApprovalStack, type OrderApprovalStackProps } from '../src/order-approval-stack.ts';

export interface Resource {
  readonly Type: string;
  readonly Properties: Readonly<Record<string, unknown>>;
  readonly DeletionPolicy?: string;
}

/** What CloudFormation would be given. */
export function synthesise(props: OrderApprovalStackProps = {}, name = 'Orders'): Template {
  return Template.fromStack(new OrderApprovalStack(appWithoutBundles(), name, props));
}

/**
 * Code is not bundled: what it is, the whole tests see run. Nor are templates held against CloudFormation's rules, which takes
 * longer than all else, unless the props say so: `nag.test.ts` does that with each setting.
 */
export function appWithoutBundles(props: AppProps = {}): App {
  return new App({
    builtinCloudFormationValidation: false,
    ...props,
    context: { ...cdkJson.context, 'aws:cdk:bundling-stacks': [] },
  });
}

/** All resources of a type, by their logical ids. */
export function resourcesOf(template: Template, type: string): [string, Resource][] {
  return Object.entries(template.findResources(type)) as [string, Resource][];
}

interface StateMachineText {
  readonly TimeoutSeconds?: number;
  readonly States: Readonly<Record<string, StateText>>;
}

export interface StateText {
  readonly Type: string;
  readonly Resource?: string;
  readonly TimeoutSeconds?: number;
  readonly Retry?: readonly { readonly ErrorEquals: readonly string[]; readonly MaxAttempts?: number }[];
  readonly Catch?: readonly { readonly ErrorEquals: readonly string[]; readonly Next: string }[];
  readonly Choices?: readonly { readonly Variable: string; readonly StringEquals: string; readonly Next: string }[];
  readonly Default?: string;
  readonly Next?: string;
}

/** The definition of the one state machine; what CloudFormation puts in stands as `<LogicalId>`. */
export function definitionIn(template: Template): StateMachineText {
  const [[, machine] = []] = resourcesOf(template, 'AWS::StepFunctions::StateMachine');
  const text = joined(machine?.Properties['DefinitionString']);
  return JSON.parse(text) as StateMachineText;
}

/** A text of a template, with `Fn::Join`, `Ref` and `Fn::GetAtt` shown in short. */
export function joined(value: unknown): string {
  if (typeof value === 'string') return value;
  const [[name, inner] = ['', undefined]] = Object.entries(value as Record<string, unknown>);
  if (name === 'Ref') return `<${String(inner)}>`;
  if (name === 'Fn::GetAtt') return `<${(inner as string[]).join('.')}>`;
  if (name === 'Fn::Join') return (inner as [string, unknown[]])[1].map(joined).join('');
  throw new TypeError(`${name} is not read here`);
}

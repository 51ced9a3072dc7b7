import type { Environment } from '../cloud-assembly.ts';
import type { Permission } from '../iam/caller.ts';
import { parseFunctionReference } from './lambda-function-name.ts';

/** A version or alias that is called is part of the ARN: a permission for the function alone does not cover it. */
export function toInvoke(
  { region, accountId }: Environment,
  { functionName, qualifier: given }: { readonly functionName: string; readonly qualifier?: string },
): Permission {
  const { functionName: name, qualifier = given } = parseFunctionReference(functionName, region, accountId);
  const arn = `arn:aws:lambda:${region}:${accountId}:function:${name}`;
  return { action: 'lambda:InvokeFunction', resource: qualifier === undefined ? arn : `${arn}:${qualifier}` };
}

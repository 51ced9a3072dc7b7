/** What the commands about one execution take. */
export const EXECUTION_ARGUMENT = ['<execution>', "the execution's ARN, or its name"] as const;

export function nameOfArn(arn: string | undefined): string {
  return arn?.split(':').at(-1) ?? '';
}

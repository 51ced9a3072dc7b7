/**
 * Step Functions calls AWS services with the AWS SDK for Java 2 and shows its names: a parameter is the SDK's method with a
 * capital letter (`DBInstanceIdentifier` is `DbInstanceIdentifier`), a service its package, an error its exception's class.
 * The SDK makes these names from those of the API models by the rules here.
 *
 * @see software.amazon.awssdk.codegen.naming.DefaultNamingStrategy and software.amazon.awssdk.utils.internal.CodegenNamingUtils
 */

/** `DynamoDB` → `DynamoDb`, `CloudWatch Logs` → `CloudWatchLogs`. In lower case it is what follows `aws-sdk:` in a resource. */
export function sdkServiceName(serviceId: string): string {
  return pascalCase(serviceId)
    .replace(/^(Amazon|Aws)/, '')
    .replace(/Service$/, '');
}

/** `DBInstanceIdentifier` → `DbInstanceIdentifier`, `ETag` → `ETag`, `taskArn` → `TaskArn`. */
export function sdkParameterName(memberName: string): string {
  // The SDK renames the one member of DynamoDB's values that is a word of Java.
  return memberName === 'NULL' ? 'Nul' : capitalized(uncapitalized(memberName));
}

/** `DescribeDBInstances` → `describeDBInstances`: the name of an operation in a resource. */
export function sdkActionName(operationName: string): string {
  return uncapitalized(operationName);
}

/** `NoSuchBucket` → `NoSuchBucketException`, `DBInstanceNotFoundFault` → `DbInstanceNotFoundException`. */
export function sdkExceptionName(errorName: string): string {
  const stem = errorName.replace(/Fault$/, '');
  return stem.endsWith('Exception') ? pascalCase(stem) : `${pascalCase(stem)}Exception`;
}

/** Lowers the capitals that a name begins with, but the last before a small letter, which begins the next word. */
function uncapitalized(name: string): string {
  const [head = ''] = /^.[A-Z]*(?![a-z])/.exec(name) ?? [name.slice(0, 1)];
  return head.toLowerCase() + name.slice(head.length);
}

export function capitalized(name: string): string {
  return name.slice(0, 1).toUpperCase() + name.slice(1);
}

function pascalCase(name: string): string {
  return words(name)
    .map((word) => capitalized(word.toLowerCase()))
    .join('');
}

function words(name: string): string[] {
  return name
    .replace(/[^A-Za-z0-9]+/g, ' ')
    .replace(/([^a-z]{2,})v([0-9]+)/g, '$1 v$2 ')
    .replace(/([^A-Z]{2,})V([0-9]+)/g, '$1 V$2 ')
    .replace(/([a-z])(?=[A-Z][a-zA-Z0-9])/g, '$1 ')
    .replace(/([A-Z]+)([A-Z][a-z])/g, '$1 $2')
    .replace(/([0-9])([a-zA-Z])/g, '$1 $2')
    .trim()
    .split(/ +/);
}

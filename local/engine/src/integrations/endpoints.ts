/** Where a service is reached, by the id that AWS gives it, such as `DynamoDB` or `CloudWatch Logs`. */
export type Endpoints = (serviceId: string) => string | undefined;

/**
 * Endpoints as every AWS SDK takes them from its environment: `AWS_ENDPOINT_URL_DYNAMODB` for one service, and
 * `AWS_ENDPOINT_URL` for all the others.
 *
 * @throws {TypeError} if a variable holds no URL of `http:` or `https:`. The message names the variable.
 * @see https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html
 */
export function endpointsFrom(environment: Readonly<Record<string, string | undefined>>): Endpoints {
  const endpoints = new Map<string, string>();
  for (const [variable, value] of Object.entries(environment)) {
    if (!/^AWS_ENDPOINT_URL(_[A-Z0-9_]+)?$/.test(variable) || value === undefined || value === '') continue;
    if (!isWebUrl(value)) throw new TypeError(`${variable} has to be a URL such as http://127.0.0.1:4566`);
    endpoints.set(variable, value);
  }
  return (serviceId) => endpoints.get(endpointVariable(serviceId)) ?? endpoints.get('AWS_ENDPOINT_URL');
}

/** `CloudWatch Logs` → `AWS_ENDPOINT_URL_CLOUDWATCH_LOGS`. */
export function endpointVariable(serviceId: string): string {
  return `AWS_ENDPOINT_URL_${serviceId.toUpperCase().replace(/[ -]/g, '_')}`;
}

function isWebUrl(text: string): boolean {
  return ['http:', 'https:'].includes(URL.parse(text)?.protocol ?? '');
}

import { until, type TestHost } from './test-host.ts';

/** What every SDK client of a test host is made with. */
export function settingsOf({ awsUrl }: Pick<TestHost, 'awsUrl'>) {
  const credentials = { accessKeyId: 'any', secretAccessKey: 'any' };
  return { endpoint: awsUrl, region: 'us-east-1', credentials, maxAttempts: 1 };
}

/** A function of the assembly that says in the log what it was called with. */
export function echo(name: string): object {
  return {
    Type: 'AWS::Lambda::Function',
    Properties: {
      FunctionName: name,
      Handler: 'index.handler',
      Runtime: 'nodejs24.x',
      Role: 'r',
      Code: { S3Key: 'echo.zip' },
    },
  };
}

export const ECHO = {
  'echo/index.mjs': `export const handler = async (event) => console.log('got ' + JSON.stringify(event));`,
};

/** With what a function has been called so far, once that is so many times. */
export function callsOf({ logged }: Pick<TestHost, 'logged'>, functionName: string, count: number): Promise<unknown[]> {
  return until(() => {
    const calls = logged
      .map((line) => JSON.parse(line))
      .filter((line) => line.event === 'lambda.log' && line.functionName === functionName)
      .flatMap(({ message }) => /^got (.*)$/v.exec(message)?.[1] ?? [])
      .map((text) => JSON.parse(text) as unknown);
    return Promise.resolve(calls.length >= count ? calls : undefined);
  });
}

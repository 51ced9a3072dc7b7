import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { TestContext } from 'node:test';
import { after } from 'node:test';
import type { Log, LogFields, LogLevel } from '../src/log.ts';
import type { FunctionConfiguration, InvokeRequest, LambdaOptions, LambdaService } from '../src/services/lambda.ts';
import { createLambdaService } from '../src/services/lambda.ts';

export const REGION = 'eu-west-1';
export const ACCOUNT_ID = '123456789012';

// Shared by the tests of a file: the first start of an instance compiles, the others take what it left.
const compileCacheDir = mkdtempSync(join(tmpdir(), 'lambda-compile-cache-'));
after(() => rmSync(compileCacheDir, { recursive: true, force: true }));

export interface LogRecord {
  level: LogLevel;
  event: string;
  fields: LogFields;
}

export interface RunningLambda {
  service: LambdaService;
  records: LogRecord[];
  /** Creates a function from files; a string is `index.mjs`. @returns its name */
  create(files: string | Record<string, string>, configuration?: Partial<FunctionConfiguration>): string;
  /** The result, parsed. A function error fails the test. */
  result(functionName: string, event?: unknown): Promise<unknown>;
  /** The error object, parsed. A result fails the test. */
  error(functionName: string, event?: unknown): Promise<FunctionError>;
  /** What the function has logged. */
  messages(): unknown[];
}

export interface FunctionError {
  errorType: string;
  errorMessage: string;
  trace?: string[];
}

/** A Lambda service that ends with the test. */
export function startLambda(t: TestContext, options: Partial<LambdaOptions> = {}): RunningLambda {
  const records: LogRecord[] = [];
  const log = options.log ?? collectingLog(records);
  const service = createLambdaService({ region: REGION, accountId: ACCOUNT_ID, compileCacheDir, ...options, log });
  t.after(() => service.close());
  let created = 0;

  async function invoke(functionName: string, event: unknown, rest: Partial<InvokeRequest> = {}) {
    const response = await service.invoke({ functionName, payload: JSON.stringify(event), ...rest });
    return { isError: response.functionError !== undefined, body: JSON.parse(response.payload) as unknown };
  }

  return {
    service,
    records,
    create(files, configuration = {}) {
      created += 1;
      const functionName = configuration.functionName ?? `function-${created}`;
      service.createFunction({
        functionName,
        arn: `arn:aws:lambda:${REGION}:${ACCOUNT_ID}:function:${functionName}`,
        codeDir: codeFolder(t, typeof files === 'string' ? { 'index.mjs': files } : files),
        handler: 'index.handler',
        runtime: 'nodejs24.x',
        timeoutSeconds: 5,
        memoryMb: 128,
        environment: {},
        ...configuration,
      });
      return functionName;
    },
    async result(functionName, event = {}) {
      const { isError, body } = await invoke(functionName, event);
      assert.ok(!isError, `${functionName} failed: ${JSON.stringify(body)}`);
      return body;
    },
    async error(functionName, event = {}) {
      const { isError, body } = await invoke(functionName, event);
      assert.ok(isError, `${functionName} gave ${JSON.stringify(body)}`);
      return body as FunctionError;
    },
    messages: () => records.filter(({ event }) => event === 'lambda.log').map(({ fields }) => fields['message']),
  };
}

/** A folder with these files, that goes with the test. */
export function codeFolder(t: TestContext, files: Record<string, string>): string {
  const folder = mkdtempSync(join(tmpdir(), 'lambda-code-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  return folder;
}

/** Waits until a process is no more, or is a zombie that only its parent holds. Fails after some seconds. */
export async function gone(pid: number): Promise<void> {
  for (let tries = 0; isRunning(pid); tries++) {
    assert.ok(tries < 300, `the process ${pid} lives on`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return process.platform !== 'linux' || !/^\d+ \(.*\) Z /v.test(readFileSync(`/proc/${pid}/stat`, 'latin1'));
  } catch {
    return false;
  }
}

function collectingLog(records: LogRecord[]): Log {
  const writer =
    (level: LogLevel) =>
    (event: string, fields: LogFields = {}) =>
      void records.push({ level, event, fields });
  return { debug: writer('debug'), info: writer('info'), warn: writer('warn'), error: writer('error') };
}

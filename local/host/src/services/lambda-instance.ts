import type { Log } from '../log.ts';
import type { HostTime } from '../time/host-time.ts';
import { failureOf } from './lambda-ending.ts';
import type { Ending } from './lambda-ending.ts';
import { encodeFrame } from './lambda-frames.ts';
import type { Frame, InstanceHeader } from './lambda-frames.ts';
import type { FunctionConfiguration } from './lambda-function.ts';
import { parseLogLine } from './lambda-log-lines.ts';
import { LogTail } from './lambda-log-tail.ts';
import { exceedsMemory } from './lambda-memory.ts';
import { spawnInstance } from './lambda-process.ts';
import type { InstanceProcess } from './lambda-process.ts';
import { logReport, startText } from './lambda-report.ts';
import type { InvocationStatus } from './lambda-report.ts';
import type { Warden } from './lambda-warden.ts';

export interface Invocation {
  requestId: string;
  functionArn: string;
  traceId: string;
  /** The event, JSON text. */
  payload: string;
  /** JSON text. */
  clientContext?: string;
  wantsLogTail: boolean;
}

/** A result, or the error object of a function that failed: JSON text both. */
export interface InvocationResult {
  payload: string;
  functionError?: 'Unhandled';
  /** The last 4 KB of the log, base64. */
  logTail?: string;
}

/** AWS stops an init after ten seconds and begins it again within the timeout. Here the two follow each other. */
const INIT_MS_MAX = 10_000;

/** Log lines that the instance says it wrote are awaited so long; then the invocation ends without them. */
const LOG_DRAIN_MS = 250;

/** After this much of one invocation its log is only counted: a function that floods must not fill the disk or the host. */
const LOG_CHARACTERS_MAX = 16 * 1024 * 1024;

interface Running {
  invocation: Invocation;
  startedAt: number;
  /** The deadline, and then the time the last log lines have. */
  timer: NodeJS.Timeout | undefined;
  tail: LogTail | undefined;
  reply: Frame<InstanceHeader> | undefined;
  resolve: (result: InvocationResult) => void;
  reject: (error: unknown) => void;
}

/**
 * One process that serves one invocation at a time. It ends by its deadline, its memory, itself or its dismissal; whatever
 * happens, the invocation it serves gets an answer and nobody else notices.
 */
export class FunctionInstance {
  readonly configuration: FunctionConfiguration;
  /** Fulfilled when the handler is loaded or the start has failed. {@link run} then tells the reason. */
  readonly started: Promise<void>;
  readonly ended: Promise<void>;
  /** Epoch milliseconds; kept by the pool. */
  idleSinceMs = 0;

  readonly #log: Log;
  readonly #time: HostTime;
  readonly #process: InstanceProcess;
  readonly #spawnedAt = performance.now();
  readonly #initTimer: NodeJS.Timeout;
  readonly #settleStarted: () => void;
  readonly #settleEnded: () => void;
  #isStarting = true;
  /** Until the first invocation has reported it. */
  #initDurationMs: number | undefined;
  #maxRssKb = 0;
  #loggedCharacters = 0;
  #droppedCharacters = 0;
  #servedRequestId: string | undefined;
  #running: Running | undefined;
  #ending: Ending | undefined;
  #hasEnded = false;

  constructor(
    configuration: FunctionConfiguration,
    log: Log,
    options: { warden: Warden; compileCacheDir: string | undefined; time: HostTime },
  ) {
    this.configuration = configuration;
    this.#log = log;
    this.#time = options.time;
    const started = Promise.withResolvers<void>();
    const ended = Promise.withResolvers<void>();
    this.started = started.promise;
    this.ended = ended.promise;
    this.#settleStarted = started.resolve;
    this.#settleEnded = ended.resolve;
    this.#initTimer = setTimeout(
      () => this.#kill({ kind: 'timeout' }),
      INIT_MS_MAX + configuration.timeoutSeconds * 1000,
    );
    this.#process = spawnInstance(configuration, options, {
      onFrame: (frame) => this.#onFrame(frame),
      onLine: (line) => this.#onLine(line),
      onOutput: () => this.#finishWhenLogged(),
      onEnd: (end) => this.#onEnd(end),
    });
  }

  get isUsable(): boolean {
    return this.#ending === undefined;
  }

  get isRunning(): boolean {
    return this.#running !== undefined;
  }

  /** True while code of the function runs. */
  get isBusy(): boolean {
    return this.#isStarting || this.isRunning;
  }

  /** @throws {ServiceException} if the instance could not be started, or was dismissed meanwhile. */
  run(invocation: Invocation): Promise<InvocationResult> {
    const { functionName, timeoutSeconds } = this.configuration;
    const { requestId, functionArn, traceId, clientContext, payload } = invocation;
    const { promise, resolve, reject } = Promise.withResolvers<InvocationResult>();
    const tail = invocation.wantsLogTail ? new LogTail() : undefined;
    const text = startText(requestId);
    this.#log.debug('lambda.start', { functionName, requestId, text });
    tail?.push(text);
    this.#servedRequestId = requestId;
    this.#loggedCharacters = 0;
    this.#droppedCharacters = 0;
    this.#running = {
      invocation,
      startedAt: performance.now(),
      timer: undefined,
      tail,
      reply: undefined,
      resolve,
      reject,
    };

    if (this.#hasEnded) {
      this.#finishByEnd();
      return promise;
    }
    const timeoutMs = timeoutSeconds * 1000;
    this.#running.timer = setTimeout(() => this.#kill({ kind: 'timeout' }), timeoutMs);
    const offsetMs = this.#time.offsetMs();
    const header = {
      requestId,
      deadlineMs: this.#time.now() + timeoutMs,
      functionArn,
      traceId,
      ...(offsetMs !== undefined && { offsetMs }),
      ...(clientContext !== undefined && { clientContext }),
    };
    this.#process.send(encodeFrame(header, payload));
    return promise;
  }

  /** Ends the instance if it holds more memory than it may. */
  limitMemory(): void {
    const { pid } = this.#process;
    if (pid !== undefined && this.isUsable && exceedsMemory(pid, this.configuration.memoryMb))
      this.#kill({ kind: 'memory' });
  }

  dismiss(): Promise<void> {
    this.#kill({ kind: 'dismissed' });
    return this.ended;
  }

  #kill(ending: Ending): void {
    this.#ending ??= ending;
    this.#process.kill();
  }

  #onFrame({ header, body }: Frame<InstanceHeader>): void {
    this.#maxRssKb = header.maxRssKb;
    if (header.kind === 'initError') {
      this.#ending ??= { kind: 'initError', errorType: header.errorType ?? 'Error', payload: body };
    } else if (header.kind === 'ready') {
      this.#endInit();
    } else if (this.#running !== undefined && this.#running.reply === undefined) {
      clearTimeout(this.#running.timer);
      this.#running.reply = { header, body };
      this.#finishWhenLogged();
      if (this.#running !== undefined) this.#running.timer = setTimeout(() => this.#finishByReply(), LOG_DRAIN_MS);
    }
  }

  #endInit(): void {
    if (!this.#isStarting) return;
    this.#isStarting = false;
    clearTimeout(this.#initTimer);
    this.#initDurationMs = performance.now() - this.#spawnedAt;
    this.#settleStarted();
  }

  #onLine(line: string): void {
    this.#loggedCharacters += line.length;
    if (this.#loggedCharacters > LOG_CHARACTERS_MAX) {
      this.#droppedCharacters += line.length;
      return;
    }
    const { level, requestId, message } = parseLogLine(line, this.#servedRequestId);
    this.#log[level]('lambda.log', { functionName: this.configuration.functionName, requestId, message });
    this.#running?.tail?.push(line);
  }

  #onEnd(end: Ending): void {
    this.#ending ??= end;
    this.#hasEnded = true;
    this.#endInit();
    if (this.#running?.reply !== undefined) this.#finishByReply();
    else this.#finishByEnd();
    this.#settleEnded();
  }

  /** The result and the log come by different pipes: the invocation ends when both are here. */
  #finishWhenLogged(): void {
    const header = this.#running?.reply?.header;
    if (header === undefined) return;
    const { stdout, stderr } = this.#process.received;
    if (stdout >= header.stdoutBytes && stderr >= header.stderrBytes) this.#finishByReply();
  }

  #finishByReply(): void {
    const reply = this.#running?.reply;
    if (reply === undefined) return;
    const { kind, errorType } = reply.header;
    this.#finish(kind === 'response' ? 'success' : 'failure', errorType, reply.body);
  }

  #finishByEnd(): void {
    if (this.#running === undefined || this.#ending === undefined) return;
    const { requestId } = this.#running.invocation;
    const { timeoutSeconds } = this.configuration;
    try {
      const { status, errorType, payload } = failureOf(this.#ending, requestId, timeoutSeconds, this.#time.now());
      this.#finish(status, errorType, payload);
    } catch (error) {
      clearTimeout(this.#running.timer);
      this.#running.reject(error);
      this.#running = undefined;
    }
  }

  #finish(status: InvocationStatus, errorType: string | undefined, payload: string): void {
    if (this.#running === undefined) return;
    const { invocation, startedAt, timer, tail, resolve } = this.#running;
    this.#running = undefined;
    clearTimeout(timer);
    const { functionName, memoryMb } = this.configuration;
    this.#logDropped(invocation.requestId);
    const closing = logReport(this.#log, {
      functionName,
      requestId: invocation.requestId,
      durationMs: performance.now() - startedAt,
      initDurationMs: this.#initDurationMs,
      memorySizeMb: memoryMb,
      maxMemoryUsedMb: this.#ending?.kind === 'memory' ? memoryMb : Math.ceil(this.#maxRssKb / 1024),
      status,
      errorType,
    });
    this.#initDurationMs = undefined;
    const result: InvocationResult = { payload };
    if (status !== 'success') result.functionError = 'Unhandled';
    if (tail !== undefined) result.logTail = tail.push(...closing).base64();
    resolve(result);
  }

  #logDropped(requestId: string): void {
    const droppedCharacters = this.#droppedCharacters;
    if (droppedCharacters === 0) return;
    this.#log.warn('lambda.log.dropped', {
      functionName: this.configuration.functionName,
      requestId,
      droppedCharacters,
    });
  }
}

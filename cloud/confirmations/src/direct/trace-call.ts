import { tracer } from '../observe.ts';
import type { Answer } from './exchange.ts';

export interface TracedCall {
  readonly service: string;
  /** As in `PutObject`. */
  readonly operation: string;
  readonly region: string;
}

/** Makes a call, with what to send as `X-Amzn-Trace-Id`. */
export type TraceCall = (
  call: TracedCall,
  send: (traceHeader: string | undefined) => Promise<Answer>,
) => Promise<Answer>;

/** What of X-Ray's segments and subsegments is used. */
interface Traced {
  readonly id: string;
  readonly notTraced?: boolean;
  addNewSubsegment(name: string): Traced & {
    addAttribute(name: string, value: unknown): void;
    addFaultFlag(): void;
    addErrorFlag(): void;
    close(error?: Error, isRemote?: boolean): void;
  };
}

export type Parent = Traced & ({ readonly trace_id: string } | { readonly segment: { readonly trace_id: string } });

/** Each call is a subsegment of the trace, as X-Ray's SDK makes them for clients of AWS; one that is not sampled needs none. */
export function traceUnder(parentOf: () => Parent | undefined): TraceCall {
  return async ({ service, operation, region }, send) => {
    const parent = parentOf();
    if (parent === undefined) return await send(undefined);
    const { trace_id: root } = 'segment' in parent ? parent.segment : parent;
    if (parent.notTraced === true) return await send(`Root=${root};Parent=${parent.id};Sampled=0`);
    const subsegment = parent.addNewSubsegment(service);
    subsegment.addAttribute('namespace', 'aws');
    try {
      const { status, headers, body } = await send(`Root=${root};Parent=${subsegment.id};Sampled=1`);
      const requestId = headers['x-amz-request-id'] ?? headers['x-amzn-requestid'];
      subsegment.addAttribute('aws', { operation, region, request_id: requestId });
      subsegment.addAttribute('http', { response: { status } });
      if (status >= 500) subsegment.addFaultFlag();
      else if (status >= 400) subsegment.addErrorFlag();
      subsegment.close();
      return { status, headers, body };
    } catch (error) {
      subsegment.close(error instanceof Error ? error : new Error(String(error)), true);
      throw error;
    }
  };
}

export const traced = traceUnder(() => tracer.getSegment());

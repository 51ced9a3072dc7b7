import type { ItemReaderPlan, Json, ResultWriterPlan } from '../../asl/src/index.ts';
import type { ExecutionStatus } from './api.ts';

/** Reads the items of a distributed Map and writes its results, wherever those are. Reading changes nothing, so it may be repeated. */
export interface MapIo {
  /** The items as they come, for a Map Run; whoever has enough asks for no more. @throws {MapIoError} */
  readItems(reader: ItemReaderPlan, mapRunArn: string): AsyncIterable<Json>;
  /** Answers with what the state gets as its result. It may be called again, and then writes the same. @throws {MapIoError} */
  writeResults(writer: ResultWriterPlan, results: MapResults): Promise<Json>;
}

export interface MapResults {
  readonly mapRunArn: string;
  /** In the order of the items, a few in memory at a time. */
  readonly children: AsyncIterable<MapResult>;
}

export interface MapResult {
  readonly executionArn: string;
  readonly status: ExecutionStatus;
  readonly input: string;
  readonly output?: string;
  readonly error?: string;
  readonly cause?: string;
  readonly name: string;
  readonly startDateMs: number;
  readonly stopDateMs?: number;
}

/** The items or the results cannot be had, for a reason that the execution fails with. */
export class MapIoError extends Error {
  readonly error: 'States.ItemReaderFailed' | 'States.ResultWriterFailed';

  constructor(error: MapIoError['error'], cause: string) {
    super(cause);
    this.error = error;
  }
}

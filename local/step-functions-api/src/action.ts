import type { Engine } from '../../engine/src/index.ts';
import { parseRequest, type JsonBody } from './parse-request.ts';
import type { Members, RequestOf } from './members.ts';

/** A response: an object that becomes JSON, or JSON text that is sent as it is. */
export type Answer = object | string;

/** Checks a request and has the engine carry it out. */
export type Action = (engine: Engine, body: JsonBody, client: Client) => Answer | Promise<Answer>;

/** Who asked, and waits for the answer. */
export interface Client {
  /** Aborted when the client hangs up, for what is worth nothing without it. */
  hungUp(): AbortSignal;
}

/** An action is the members its request may have, and what to do with a request that kept to them. */
export function action<const M extends Members>(definition: {
  members: M;
  perform: (engine: Engine, request: RequestOf<M>, client: Client) => Answer | Promise<Answer>;
}): Action {
  return (engine, body, client) => definition.perform(engine, parseRequest(definition.members, body), client);
}

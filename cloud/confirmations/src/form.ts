import * as z from 'zod';
import type { Answer } from './events.ts';
import { InvalidRequest, parse } from './invalid-request.ts';
import type { Policy } from './policy.ts';

/**
 * Whether the data of a confirmation are what the policy's form asks for. They are beside what is confirmed: nothing of them
 * can change it.
 *
 * @throws {InvalidRequest}
 */
export function assertFitsForm(form: Policy['form'], data: Answer['data']): void {
  if (form === undefined) {
    if (data === undefined) return;
    throw new InvalidRequest([{ pointer: '/data', detail: 'This confirmation carries no data.' }]);
  }
  parse(z.object({ data: z.fromJSONSchema(form) }), { data: data ?? {} });
}

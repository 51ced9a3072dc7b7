import type * as z from 'zod';

/** One thing that is wrong with a body: where (RFC 6901) and why. The empty pointer is the whole body. */
export interface Fault {
  pointer: string;
  detail: string;
}

/** What came in is not what was asked for. Carries every fault, and none of the values: one of them may be a secret. */
export class InvalidRequest extends Error {
  override readonly name = 'InvalidRequest';
  readonly faults: readonly Fault[];

  constructor(faults: readonly Fault[]) {
    super(faults.map(({ pointer, detail }) => `${pointer || 'body'}: ${detail}`).join('; '));
    this.faults = faults;
  }
}

/**
 * Parses what enters this room, or names all of its faults at once.
 *
 * @throws {InvalidRequest}
 */
export function parse<Schema extends z.ZodType>(schema: Schema, value: unknown): z.infer<Schema> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw new InvalidRequest(result.error.issues.flatMap(faultsOf));
}

function faultsOf(issue: z.core.$ZodIssue): Fault[] {
  // zod tells of all unknown members in one issue at their parent; a form wants each by its own name.
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({ pointer: pointerTo([...issue.path, key]), detail: 'There is no such member.' }));
  }
  const isMissing = issue.code === 'invalid_type' && issue.message.endsWith('received undefined');
  return [{ pointer: pointerTo(issue.path), detail: isMissing ? 'This is missing.' : issue.message }];
}

function pointerTo(path: readonly PropertyKey[]): string {
  return path.map((step) => `/${String(step).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

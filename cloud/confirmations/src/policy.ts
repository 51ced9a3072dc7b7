import * as z from 'zod';
import { type Money, moneySchema, text } from './text.ts';

const NAME_LENGTH_MAX = 200;
const name = text(NAME_LENGTH_MAX);

/** Whoever is in one of the groups or is one of the people. Neither given: everybody, also who has not signed in. */
export type Approvers = z.infer<typeof approversSchema>;

export const approversSchema = z.strictObject({
  groups: z.array(name).min(1).max(50).exactOptional(),
  people: z.array(name).min(1).max(50).exactOptional(),
});

/** A step of a confirmation: so many of these must say yes. One who says no ends it all. */
export type Stage = z.infer<typeof stageSchema>;

const stageSchema = z
  .strictObject({
    ...approversSchema.shape,
    /** How many different people. @default 1 */
    needed: z.int().min(1).max(50).exactOptional(),
  })
  .refine(isPossible, 'More confirmations are needed than people could give.');

const stagesSchema = z.array(stageSchema).min(1).max(10);

/**
 * Who may decide on what, as data: it goes with the wait, and is written into the record with the request.
 *
 * | member | is | default |
 * | --- | --- | --- |
 * | `owner` | the person or group that answers for the request: may reassign it, withdraw it, and move its deadline | nobody |
 * | `stages` | one after the other | one that everybody may give |
 * | `thresholds` | the stages from an amount on, instead of `stages` | none |
 * | `amountAt` | where the subject holds the amount, `{ value, currency }`, that thresholds speak of (RFC 6901) | `/amount` |
 * | `requesterMayDecide` | whether who asked may also answer | true |
 * | `requesterAt` | where the subject holds who asked | `/requestedBy` |
 * | `commentRequired` | for which decisions | none |
 * | `holdSeconds` | how long a decision can be undone before the workflow is told | 0 |
 * | `form` | a JSON Schema of the data that a confirmation carries | it carries none |
 */
export type Policy = z.infer<typeof policySchema>;

const pointer = z.string().regex(/^(\/([^~\/]|~[01])*)+$/v, 'This must be a JSON Pointer, such as "/amount".');

export const policySchema = z.strictObject({
  owner: name.exactOptional(),
  stages: stagesSchema.exactOptional(),
  thresholds: z
    .array(z.strictObject({ from: moneySchema, stages: stagesSchema }))
    .min(1)
    .max(20)
    .exactOptional(),
  amountAt: pointer.exactOptional(),
  requesterMayDecide: z.boolean().exactOptional(),
  requesterAt: pointer.exactOptional(),
  commentRequired: z.array(z.enum(['confirm', 'reject'])).exactOptional(),
  holdSeconds: z.int().min(0).max(86_400).exactOptional(),
  form: z.record(z.string(), z.json()).exactOptional(),
});

const EVERYBODY: Stage = {};

/** The stages that a request of this amount goes through. */
export function stagesFor({ stages, thresholds = [] }: Policy, amount: Money | undefined): readonly Stage[] {
  const byAmount = thresholds.toSorted((a, b) => compareDecimals(a.from.value, b.from.value));
  const comparable = byAmount.filter(({ from }) => from.currency === amount?.currency);
  const highest = byAmount.at(-1);
  // An amount that is missing, or in a currency that no threshold speaks of, must not slip under all of them.
  if (amount === undefined || (comparable.length === 0 && highest !== undefined)) {
    return highest?.stages ?? stages ?? [EVERYBODY];
  }
  const reached = comparable.findLast(({ from }) => compareDecimals(from.value, amount.value) <= 0);
  return reached?.stages ?? stages ?? [EVERYBODY];
}

export function isEverybody({ groups, people }: Approvers): boolean {
  return groups === undefined && people === undefined;
}

/** Whether somebody is among them. */
export function isAmong(approvers: Approvers, actor: { person?: string; groups: readonly string[] }): boolean {
  if (isEverybody(approvers)) return true;
  const { person } = actor;
  if (person === undefined) return false;
  const isNamed = approvers.people?.includes(person) ?? false;
  return isNamed || actor.groups.some((group) => approvers.groups?.includes(group));
}

/** For a sentence: `group "managers", anna@example.com`. */
export function describeApprovers({ groups = [], people = [] }: Approvers): string {
  return [...groups.map((group) => `group "${group}"`), ...people].join(', ') || 'everybody';
}

/** Who has not signed in is one like another, so nobody can count them. */
function isPossible({ groups, people, needed = 1 }: Approvers & { needed?: number | undefined }): boolean {
  if (groups !== undefined) return true;
  return needed <= (people === undefined ? 1 : new Set(people).size);
}

/** Both as {@link moneySchema} has them. */
function compareDecimals(a: string, b: string): number {
  const difference = scaled(a) - scaled(b);
  return difference === 0n ? 0 : difference < 0n ? -1 : 1;
}

function scaled(decimal: string): bigint {
  const [whole = '0', fraction = ''] = decimal.split('.');
  return BigInt(whole + fraction.padEnd(4, '0'));
}

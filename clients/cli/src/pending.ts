import { listOf, type Order, objectOf } from './order.ts';

/** For a cell or a fact: `group managers, ben`; `everybody` where the policy names nobody. */
export function approversText(approvers: Order | undefined): string {
  if (approvers === undefined) return '';
  const groups = listOf(approvers, 'groups').map((group) => `group ${group}`);
  return [...groups, ...listOf(approvers, 'people')].join(', ') || 'everybody';
}

/** How many have confirmed of those who must: `1/2`, and of which stage where there are several. */
export function progressText(holder: Order | undefined): string {
  const progress = holder === undefined ? undefined : objectOf(holder, 'confirmations');
  if (progress === undefined) return '';
  const { given, needed, stage, stages } = progress;
  if (typeof given !== 'number' || typeof needed !== 'number') return '';
  const isStaged = typeof stages === 'number' && stages > 1;
  return `${given}/${needed}${isStaged ? ` in stage ${Number(stage)} of ${stages}` : ''}`;
}

/** How many are still asked for, in words. */
export function neededText(holder: Order): string {
  const { given, needed, stage, stages } = objectOf(holder, 'confirmations') ?? {};
  if (typeof given !== 'number' || typeof needed !== 'number') return '';
  const more = Math.max(0, needed - given);
  const isStaged = typeof stage === 'number' && typeof stages === 'number' && stages > 1;
  return `${more} more ${more === 1 ? 'confirmation' : 'confirmations'}${isStaged ? `, in stage ${stage} of ${stages}` : ''}`;
}

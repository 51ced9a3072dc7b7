import type { Tag } from '../../engine/src/index.ts';

/** The tags of a request; one without a value has an empty one. */
export function tagsIn(tags: readonly { key: string; value?: string }[]): Tag[] {
  return tags.map(({ key, value = '' }) => ({ key, value }));
}

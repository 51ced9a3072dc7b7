import { type Check, ok, warn } from './check.ts';

/** What restores to the data folder have left beside it that were killed. */
export const leftovers: Check = {
  name: 'Leftovers',
  async look({ data, repair = false }) {
    const { removeUnfinished, unfinishedFolders } = await import('../../../../local/host/src/index.ts');
    if (repair) {
      const removed = removeUnfinished(data);
      if (removed.length > 0) return warn(`removed: ${removed.join(', ')}`, 'Look again: countersign doctor');
    }
    const folders = unfinishedFolders(data);
    const ended = folders.filter(({ isAlive }) => !isAlive).map(({ path }) => path);
    if (ended.length > 0)
      return warn(
        `left by a restore that was killed: ${ended.join(', ')}`,
        'The next restore removes it, and so does countersign doctor --repair',
      );
    const [busy] = folders;
    return ok(busy === undefined ? 'there are none' : `process ${busy.pid} fills ${busy.path}`);
  },
};

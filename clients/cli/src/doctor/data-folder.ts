import { existsSync, readdirSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { userInfo } from 'node:os';
import { type Check, fail, type Finding, ok, warn } from './check.ts';

/** Whether the data folder is yours, for you alone, and of this version. What is in its files is a check of its own. */
export const dataFolder: Check = {
  name: 'Data folder',
  async look({ data }) {
    const folder = resolve(data);
    if (!existsSync(folder)) return ok(`${folder} is not there yet: the first start makes it`);
    const found = statSync(folder);
    if (!found.isDirectory())
      return fail(`${folder} is a file`, 'Choose a folder, or a place where nothing is: --data FOLDER.');
    const { uid, mode } = found;
    const self = userInfo();
    if (self.uid >= 0 && uid !== self.uid && self.uid !== 0)
      return fail(
        `${folder} belongs to user ${uid}`,
        `Start as that user, or give it to you: chown -R ${self.username} ${folder}`,
      );
    if ((mode & 0o077) !== 0 && isOurs(folder))
      return warn(`others may look into ${folder}`, `Task tokens are in there: chmod 700 ${folder}`);
    if (isOurs(folder)) return opened(folder);
    if (readdirSync(folder).length === 0) return ok(`${folder}, which is empty: the first start fills it`);
    return fail(`${folder} holds other things`, 'Choose an empty folder, or one that is not there yet: --data FOLDER.');
  },
};

function isOurs(folder: string): boolean {
  return existsSync(join(folder, 'countersign.json'));
}

/** The host knows best what it would refuse. */
async function opened(folder: string): Promise<Finding> {
  const { HostError, openDataDir } = await import('../../../../local/host/src/index.ts');
  try {
    openDataDir(folder).close();
    return ok(`${folder}, of this version, in use by nobody`);
  } catch (error) {
    if (!(error instanceof HostError)) throw error;
    return / is in use by /.test(error.message) ? ok(error.message) : fail(error.message, error.nextStep);
  }
}

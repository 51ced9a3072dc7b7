import { statfs } from 'node:fs/promises';
import { type Check, fail, ok, warn } from './check.ts';
import { nearestFolder } from './nearest-folder.ts';

const GIB = 2 ** 30;
/** Below it a start may not even have room for the synthesised app and its logs. */
const NEEDED_BYTES = GIB / 4;
const COMFORTABLE_BYTES = GIB;

export const diskSpace: Check = {
  name: 'Disk space',
  async look({ data }) {
    const folder = nearestFolder(data);
    const { bavail, bsize } = await statfs(folder);
    const free = bavail * bsize;
    const found = `${(free / GIB).toFixed(1)} GiB free at ${folder}`;
    const nextStep = 'Make room there, or choose a data folder elsewhere: --data FOLDER.';
    if (free < NEEDED_BYTES) return fail(found, nextStep);
    return free < COMFORTABLE_BYTES ? warn(found, nextStep) : ok(found);
  },
};

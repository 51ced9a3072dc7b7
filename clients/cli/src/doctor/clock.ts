import { type Check, fail, ok } from './check.ts';

/** This program is younger than any right clock is. */
const EARLIEST = '2026-01-01T00:00:00Z';

/** Signatures, tokens and certificates go by it. How far it is from that of AWS, the endpoint's check sees. */
export const clock: Check = {
  name: 'Clock',
  async look() {
    const now = new Date();
    const found = `${now.toISOString()}, ${Intl.DateTimeFormat().resolvedOptions().timeZone}`;
    if (now.getTime() >= Date.parse(EARLIEST)) return ok(found);
    return fail(`${found}, which is in the past`, 'Set it: timedatectl set-ntp true, or as your system does.');
  },
};

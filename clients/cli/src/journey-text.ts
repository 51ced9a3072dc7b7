import { InvalidArgumentError } from 'commander';

/** Reads how far time is to move on, for an argument: `3d`, `4h`, `1d12h`, `30m`, `90s`, `2w`, or ISO 8601. @returns ISO 8601 */
export function parseJourney(text: string): string {
  if (/^P(?=.)(?:\d+Y)?(?:\d+M)?(?:\d+W)?(?:\d+D)?(?:T(?=.)(?:\d+H)?(?:\d+M)?(?:\d+(?:\.\d+)?S)?)?$/.test(text))
    return text;
  const [, date = '', time = ''] = /^((?:\d+w)?(?:\d+d)?)((?:\d+h)?(?:\d+m)?(?:\d+s)?)$/.exec(text) ?? [];
  if (date !== '' || time !== '') return `P${date}${time === '' ? '' : `T${time}`}`.toUpperCase();
  throw new InvalidArgumentError('It is 3d, 4h, 1d12h, 30m, 90s or 2w, or as in ISO 8601: P1M, P3DT4H.');
}

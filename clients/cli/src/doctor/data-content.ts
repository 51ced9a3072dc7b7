import { type Check, fail, ok, warn } from './check.ts';

const SHOWN_MAX = 10;

/** Whether what the data folder's files hold can be so. It reads all of them, which a folder in use does not allow. */
export const dataContent: Check = {
  name: 'Data',
  async look({ data, repair = false }) {
    const { examineData, HostError, isDataFolder } = await import('../../../../local/host/src/index.ts');
    if (!isDataFolder(data)) return ok('there is none yet');
    try {
      const { files, findings } = examineData(data, { repair });
      if (findings.length === 0) return ok(`${files} files, all of them whole`);
      const shown = findings.slice(0, SHOWN_MAX).map(({ file, what }) => `${file}: ${what}`);
      const text = [...shown, ...(findings.length > SHOWN_MAX ? [`and ${findings.length - SHOWN_MAX} more`] : [])].join(
        '; ',
      );
      if (findings.some(({ isDerivable }) => !isDerivable))
        return fail(text, 'Put a backup back: mv the data folder away, then countersign restore FROM');
      if (repair) return warn(`${text}; put right`, 'Look again: countersign doctor');
      return warn(text, 'All of this follows from the rest: countersign doctor --repair');
    } catch (error) {
      if (!(error instanceof HostError)) throw error;
      return / is in use by /.test(error.message)
        ? ok('not looked at while the data folder is in use')
        : fail(error.message, error.nextStep);
    }
  },
};

import { durationText } from '../duration-text.ts';
import { serverNowMs } from '../server-clock.ts';
import { askStepFunctions } from '../step-functions-error.ts';
import { endpointName, isOnThisMachine, stepFunctions } from '../step-functions-options.ts';
import { type Check, type Finding, ok, type Patient, warn } from './check.ts';
import { ownHealth } from './own-health.ts';

/** AWS refuses a signature that is further off. AWS General Reference, "Signature Version 4". */
const SIGNATURE_MS = 5 * 60_000;

/** Whether Step Functions answers where the other commands would ask it. */
export const endpoint: Check = {
  name: 'Step Functions',
  async look(patient) {
    const place = endpointName(patient);
    if (isOnThisMachine(patient) && (await ownHealth(place)) === undefined)
      return warn(`nobody answers at ${place}`, '`countersign start` starts one there; --endpoint names another.');
    return asked(patient, place);
  },
};

async function asked(patient: Patient, place: string): Promise<Finding> {
  const client = await stepFunctions(patient);
  try {
    const { stateMachines } = await askStepFunctions(patient, () => client.listStateMachines({ maxResults: 100 }));
    const differenceMs = serverNowMs() - Date.now();
    const count = stateMachines?.length ?? 0;
    const found = `${place} answers, with ${count} state ${count === 1 ? 'machine' : 'machines'}`;
    if (Math.abs(differenceMs) < SIGNATURE_MS) return ok(found);
    const far = `${found}; its clock is ${durationText(Math.abs(differenceMs))} ${differenceMs > 0 ? 'ahead' : 'behind'}`;
    return isOnThisMachine(patient) ? ok(far) : warn(far, 'Set the clock of this machine; AWS soon refuses it.');
  } finally {
    client.destroy();
  }
}

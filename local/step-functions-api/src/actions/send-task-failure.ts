import { action } from '../action.ts';
import { SensitiveCause, SensitiveError, TaskToken } from '../shapes.ts';

export const sendTaskFailure = action({
  members: { taskToken: { ...TaskToken, required: true }, error: SensitiveError, cause: SensitiveCause },
  async perform(engine, { taskToken, ...failure }) {
    await engine.sendTaskFailure(taskToken, failure);
    return {};
  },
});

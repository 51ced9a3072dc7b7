import { action } from '../action.ts';
import { TaskOutput, TaskToken } from '../shapes.ts';

export const sendTaskSuccess = action({
  members: { taskToken: { ...TaskToken, required: true }, output: { ...TaskOutput, required: true } },
  async perform(engine, { taskToken, output }) {
    await engine.sendTaskSuccess(taskToken, output);
    return {};
  },
});

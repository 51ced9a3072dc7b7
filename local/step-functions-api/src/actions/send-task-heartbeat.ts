import { action } from '../action.ts';
import { TaskToken } from '../shapes.ts';

export const sendTaskHeartbeat = action({
  members: { taskToken: { ...TaskToken, required: true } },
  async perform(engine, { taskToken }) {
    await engine.sendTaskHeartbeat(taskToken);
    return {};
  },
});

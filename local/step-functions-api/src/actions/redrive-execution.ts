import { action } from '../action.ts';
import { Arn, ClientToken } from '../shapes.ts';
import { timestamp } from '../timestamp.ts';

export const redriveExecution = action({
  members: { executionArn: { ...Arn, required: true }, clientToken: ClientToken },
  async perform(engine, request) {
    const { redriveDateMs } = await engine.redriveExecution(request);
    return { redriveDate: timestamp(redriveDateMs) };
  },
});

import { action } from '../action.ts';
import { Arn, TagKeyList } from '../shapes.ts';

export const untagResource = action({
  members: { resourceArn: { ...Arn, required: true }, tagKeys: { ...TagKeyList, required: true } },
  async perform(engine, request) {
    await engine.untagResource(request);
    return {};
  },
});

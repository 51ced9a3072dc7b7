import { action } from '../action.ts';
import { Arn } from '../shapes.ts';

export const listTagsForResource = action({
  members: { resourceArn: { ...Arn, required: true } },
  perform(engine, { resourceArn }) {
    return { tags: engine.listTagsForResource(resourceArn) };
  },
});

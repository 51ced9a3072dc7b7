import { action } from '../action.ts';
import { Arn, TagList } from '../shapes.ts';
import { tagsIn } from '../tags-in.ts';

export const tagResource = action({
  members: { resourceArn: { ...Arn, required: true }, tags: { ...TagList, required: true } },
  async perform(engine, { resourceArn, tags }) {
    await engine.tagResource({ resourceArn, tags: tagsIn(tags) });
    return {};
  },
});

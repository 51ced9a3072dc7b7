import { action } from '../action.ts';
import { Name, TagList } from '../shapes.ts';
import { completeSettings, SettingsMembers } from '../state-machine-settings.ts';
import { tagsIn } from '../tags-in.ts';
import { timestamp } from '../timestamp.ts';

export const createActivity = action({
  members: {
    name: { ...Name, required: true },
    tags: TagList,
    encryptionConfiguration: SettingsMembers.encryptionConfiguration,
  },
  async perform(engine, request) {
    const { name, tags = [] } = request;
    const activity = { name, tags: tagsIn(tags), ...completeSettings(request) };
    const { activityArn, creationDateMs } = await engine.createActivity(activity);
    return { activityArn, creationDate: timestamp(creationDateMs) };
  },
});

import { action } from '../action.ts';
import { Definition, Name, RoleArn, StateMachineType, TagList, VersionDescription } from '../shapes.ts';
import { completeSettings, DEFAULT_SETTINGS, SettingsMembers } from '../state-machine-settings.ts';
import { tagsIn } from '../tags-in.ts';
import { timestamp } from '../timestamp.ts';

export const createStateMachine = action({
  members: {
    name: { ...Name, required: true },
    definition: { ...Definition, required: true },
    roleArn: { ...RoleArn, required: true },
    type: StateMachineType,
    ...SettingsMembers,
    tags: TagList,
    publish: { type: 'boolean' },
    versionDescription: VersionDescription,
  },
  async perform(engine, request) {
    const { type = 'STANDARD', tags = [], ...wanted } = request;
    const settings = { ...DEFAULT_SETTINGS, ...completeSettings(request) };
    const created = await engine.createStateMachine({ ...wanted, type, ...settings, tags: tagsIn(tags) });
    return {
      stateMachineArn: created.stateMachineArn,
      creationDate: timestamp(created.creationDateMs),
      stateMachineVersionArn: created.stateMachineVersionArn,
    };
  },
});

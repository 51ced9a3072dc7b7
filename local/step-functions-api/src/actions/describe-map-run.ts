import { action } from '../action.ts';
import { LongArn } from '../shapes.ts';
import { timestamp } from '../timestamp.ts';

export const describeMapRun = action({
  members: { mapRunArn: { ...LongArn, required: true } },
  perform(engine, { mapRunArn }) {
    const { startDateMs, stopDateMs, redriveDateMs, ...run } = engine.describeMapRun(mapRunArn);
    return {
      ...run,
      startDate: timestamp(startDateMs),
      stopDate: stopDateMs === undefined ? undefined : timestamp(stopDateMs),
      redriveDate: redriveDateMs === undefined ? undefined : timestamp(redriveDateMs),
    };
  },
});

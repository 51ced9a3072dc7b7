import { action } from '../action.ts';
import { pageOf } from '../page.ts';
import { Arn, PageSize, PageToken } from '../shapes.ts';
import { timestamp } from '../timestamp.ts';

export const listMapRuns = action({
  members: { executionArn: { ...Arn, required: true }, maxResults: PageSize, nextToken: PageToken },
  perform(engine, { executionArn, ...page }) {
    const { items, nextToken } = engine.listMapRuns({ executionArn, ...pageOf(page) });
    const mapRuns = items.map(({ startDateMs, stopDateMs, ...run }) => ({
      ...run,
      startDate: timestamp(startDateMs),
      stopDate: stopDateMs === undefined ? undefined : timestamp(stopDateMs),
    }));
    return { mapRuns, nextToken };
  },
});

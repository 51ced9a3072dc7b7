// A reporter for node:test: how many tests passed, failed and were skipped, as one JSON object for scripts/test.mjs.
export default async function* counts(events) {
  for await (const { type, data } of events) {
    // The summary without a file is the one of the whole run.
    if (type !== 'test:summary' || data.file !== undefined) continue;
    const { passed, failed, cancelled, skipped, todo } = data.counts;
    yield JSON.stringify({ passed, failed: failed + cancelled, skipped: skipped + todo });
  }
}

import { useMemo } from 'preact/hooks';
import { hashOf } from '../address.ts';
import { loadedEvents, type LoadedHistory } from './history.ts';
import { detailsOf, textOf } from './visits.ts';

/** The distributed Maps of an execution: their items run in executions of their own. */
export function MapRuns({ history }: { history: LoadedHistory }) {
  const arns = useMemo(() => {
    const started = loadedEvents(history).filter(({ type }) => type === 'MapRunStarted');
    return [...new Set(started.map((event) => textOf(detailsOf(event), 'mapRunArn')))];
  }, [history]);
  if (arns.length === 0) return null;
  return (
    <section aria-label="Map Runs">
      <h2>Map Runs</h2>
      <ul>
        {arns.map((arn) => (
          <li key={arn}>
            <a href={hashOf({ page: 'map-run', arn, status: '' })}>{arn.slice(arn.lastIndexOf('/') + 1)}</a>
          </li>
        ))}
      </ul>
    </section>
  );
}

/** Loaded before the program of a container where time travels: `Date` is that of the host when the container began. */
import { installTravellingDate } from '../time/travelling-date.ts';

const offsetMs = Number(new URL(import.meta.url).searchParams.get('offsetMs'));
installTravellingDate(() => offsetMs);

import { jsonText, type Json, type JsonObject } from '../../asl/src/index.ts';
import type { Activity, Execution, Frame, Redrive } from './execution.ts';

type Position = Pick<Execution, 'lastFrameId' | 'frames' | 'unfinished' | 'redrives'>;

/** The place of the execution's own input, which the store keeps beside this. */
const OWN_INPUT = -1;

/**
 * Where an execution stands, as JSON text. Frames have most of their data in common, as the branches of a Parallel have one input; each
 * value is written once, or the text of a few thousand branches could not be made at all.
 */
export function positionText({
  input,
  lastFrameId,
  frames,
  unfinished,
  redrives,
}: Position & Pick<Execution, 'input'>): string {
  const table = new Table();
  table.know(input, OWN_INPUT);
  const stored = {
    lastFrameId,
    frames: table.write(frames),
    unfinished: unfinished && table.write(unfinished),
    redrives,
  };
  return `{"values":[${table.values()}],"scopes":${JSON.stringify(table.scopes())},${JSON.stringify(stored).slice(1)}`;
}

/** Reads back what {@link positionText} wrote. */
export function parsePosition(text: string | null, input: Json): Position {
  if (text === null) return { lastFrameId: 0, frames: [] };
  const { values, scopes, ...stored } = JSON.parse(text) as StoredPosition;
  const valueAt = (place: number): Json => (place === OWN_INPUT ? input : (values[place] ?? null));
  const variables = scopes.map((scope) => mapMembers(scope, valueAt));
  const read = (frame: StoredFrame): Frame => ({
    ...frame,
    input: valueAt(frame.input),
    variables: variables[frame.variables] ?? {},
    activity: readActivity(frame.activity, valueAt),
  });
  const { frames, unfinished, ...rest } = stored;
  return { ...rest, frames: frames.map(read), ...(unfinished && { unfinished: unfinished.map(read) }) };
}

/** Of what {@link positionText} wrote, when the execution was redriven. */
export function redrivesIn(text: string | null): readonly Redrive[] {
  return text === null ? [] : ((JSON.parse(text) as StoredPosition).redrives ?? []);
}

/** How long the text of these frames' data is, about. */
export function heldLength(frames: readonly Frame[]): number {
  const table = new Table();
  table.write(frames);
  return table.length;
}

interface StoredPosition extends Omit<Position, 'frames' | 'unfinished'> {
  readonly values: readonly Json[];
  readonly scopes: readonly Record<string, number>[];
  readonly frames: readonly StoredFrame[];
  readonly unfinished?: readonly StoredFrame[];
}

/** Numbers are places among the values; that of the variables, among the scopes. */
interface StoredFrame extends Omit<Frame, 'input' | 'variables' | 'activity'> {
  readonly input: number;
  readonly variables: number;
  readonly activity: StoredActivity;
}

type StoredActivity =
  | Exclude<Activity, { results: unknown }>
  | (Omit<Extract<Activity, { kind: 'branches' }>, 'results'> & { readonly results: readonly number[] })
  | (Omit<Extract<Activity, { kind: 'iterations' }>, 'results' | 'items'> & {
      readonly results: readonly number[];
      readonly items: number;
    });

function readActivity(activity: StoredActivity, valueAt: (place: number) => Json): Activity {
  if (activity.kind === 'branches') return { ...activity, results: activity.results.map(valueAt) };
  if (activity.kind !== 'iterations') return activity;
  return { ...activity, results: activity.results.map(valueAt), items: valueAt(activity.items) as readonly Json[] };
}

/** The values and the scopes that frames refer to, each once. */
class Table {
  readonly #places = new Map<Json, number>();
  readonly #values: Json[] = [];
  readonly #scopes = new Map<JsonObject, { readonly place: number; readonly scope: Record<string, number> }>();

  /** How long the text of it is, about. */
  get length(): number {
    let length = 0;
    for (const value of this.#values) length += jsonText(value).length;
    for (const scope of this.scopes()) for (const name of Object.keys(scope)) length += name.length + PLACE_LENGTH;
    return length;
  }

  /** This value stands elsewhere. */
  know(value: Json, place: number): void {
    this.#places.set(value, place);
  }

  write(frames: readonly Frame[]): StoredFrame[] {
    return frames.map((frame) => ({
      ...frame,
      input: this.#placeOf(frame.input),
      variables: this.#scopeOf(frame.variables),
      activity: this.#activity(frame.activity),
    }));
  }

  values(): string {
    return this.#values.map(jsonText).join(',');
  }

  scopes(): readonly Record<string, number>[] {
    return Array.from(this.#scopes.values(), ({ scope }) => scope);
  }

  #activity(activity: Activity): StoredActivity {
    if (activity.kind === 'branches') return { ...activity, results: this.#placesOf(activity.results) };
    if (activity.kind !== 'iterations') return activity;
    return { ...activity, results: this.#placesOf(activity.results), items: this.#placeOf(activity.items) };
  }

  #placesOf(values: readonly Json[]): number[] {
    return values.map((value) => this.#placeOf(value));
  }

  #placeOf(value: Json): number {
    const known = this.#places.get(value);
    if (known !== undefined) return known;
    const place = this.#values.push(value) - 1;
    this.#places.set(value, place);
    return place;
  }

  #scopeOf(variables: JsonObject): number {
    const known = this.#scopes.get(variables);
    if (known !== undefined) return known.place;
    const place = this.#scopes.size;
    const scope = mapMembers(variables, (value) => this.#placeOf(value));
    this.#scopes.set(variables, { place, scope });
    return place;
  }
}

/** A place in a scope, with what stands around it. */
const PLACE_LENGTH = 8;

function mapMembers<From, To>(object: Readonly<Record<string, From>>, map: (value: From) => To): Record<string, To> {
  return Object.fromEntries(Object.entries(object).map(([name, value]) => [name, map(value)]));
}

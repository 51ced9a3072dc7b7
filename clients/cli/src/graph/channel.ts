/** An arrow's way from one layer to the next: the columns where it leaves the upper and reaches the lower. */
export interface Crossing {
  readonly fromX: number;
  readonly toX: number;
}

export interface Channel {
  readonly height: number;
  /** In which row each arrow goes sideways. */
  readonly tracks: readonly number[];
}

/**
 * Leads arrows from one layer to the next so that no two lie upon each other: they only cross.
 *
 * Each goes down, sideways in a row, and down again. The first row is for the numbers at the arrows, the last for their heads.
 */
export function channel(crossings: readonly Crossing[]): Channel {
  const tracks = crossings.map(() => 0);
  let waiting = [...crossings.keys()].filter((index) => isSideways(crossings[index]));
  let row = 0;
  while (waiting.length > 0) {
    row += 1;
    const placed = fill(waiting, crossings);
    for (const index of placed) tracks[index] = row;
    waiting = waiting.filter((index) => !placed.includes(index));
  }
  return { height: row + 2, tracks };
}

/** Those that have room in one row, of which none has to be below one that still waits. */
function fill(waiting: readonly number[], crossings: readonly Crossing[]): number[] {
  const isBelowAnother = (index: number) =>
    waiting.some((other) => other !== index && crossings[other]?.fromX === crossings[index]?.toX);
  const free = waiting.filter((index) => !isBelowAnother(index));
  const placed: number[] = [];
  // In a circle each has to be below another: one of them then lies upon another for a little way.
  for (const index of free.length > 0 ? free : waiting.slice(0, 1)) {
    if (placed.every((other) => !overlap(crossings[index], crossings[other]))) placed.push(index);
  }
  return placed;
}

function isSideways(crossing: Crossing | undefined): boolean {
  return crossing !== undefined && crossing.fromX !== crossing.toX;
}

function overlap(a: Crossing | undefined, b: Crossing | undefined): boolean {
  if (a === undefined || b === undefined) return false;
  const [[aFrom = 0, aTo = 0], [bFrom = 0, bTo = 0]] = [ends(a), ends(b)];
  return aFrom <= bTo + 1 && bFrom <= aTo + 1;
}

function ends({ fromX, toX }: Crossing): number[] {
  return [Math.min(fromX, toX), Math.max(fromX, toX)];
}

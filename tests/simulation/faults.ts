import type { Chance } from './chance.ts';

/** How often what goes wrong, as probabilities of each time that it could. */
export interface Faults {
  /** At a commit: the process is gone before it, in the middle of it, or right after it. */
  readonly crashBeforeCommit: number;
  readonly crashInCommit: number;
  readonly crashAfterCommit: number;
  /** At any other moment. */
  readonly crashAnyTime: number;
  /** What the disk had not been told to keep is damaged in a crash, and not only missing. */
  readonly tornWrite: number;
  /** For a while the disk takes nothing. */
  readonly diskFull: number;
  /** A commit fails when it is written, and later ones do not. */
  readonly writeError: number;
  readonly slowDisk: number;
  readonly requestDropped: number;
  readonly answerDropped: number;
  readonly requestDuplicated: number;
  readonly requestDelayed: number;
  readonly taskFails: number;
  /** A task's handler dies: it never answers. */
  readonly taskDies: number;
  readonly taskSlow: number;
  /** The machine's clock is set to another time. */
  readonly clockSet: number;
  readonly storageFails: number;
}

const WORST: Faults = {
  crashBeforeCommit: 0.02,
  crashInCommit: 0.06,
  crashAfterCommit: 0.03,
  crashAnyTime: 0.02,
  tornWrite: 0.7,
  diskFull: 0.01,
  writeError: 0.03,
  slowDisk: 0.03,
  requestDropped: 0.1,
  answerDropped: 0.15,
  requestDuplicated: 0.15,
  requestDelayed: 0.2,
  taskFails: 0.25,
  taskDies: 0.08,
  taskSlow: 0.2,
  clockSet: 0.006,
  storageFails: 0.1,
};

export const NONE: Faults = {
  crashBeforeCommit: 0,
  crashInCommit: 0,
  crashAfterCommit: 0,
  crashAnyTime: 0,
  tornWrite: 0,
  diskFull: 0,
  writeError: 0,
  slowDisk: 0,
  requestDropped: 0,
  answerDropped: 0,
  requestDuplicated: 0,
  requestDelayed: 0,
  taskFails: 0,
  taskDies: 0,
  taskSlow: 0,
  clockSet: 0,
  storageFails: 0,
};

/** Each run has some of the faults and not the others: what one hides, another run shows. */
export function drawFaults(chance: Chance): Faults {
  const drawn = { ...NONE };
  for (const name of Object.keys(NONE) as (keyof Faults)[])
    if (chance.happens(0.6)) drawn[name] = WORST[name] * chance.pick([0.3, 1]);
  return drawn;
}

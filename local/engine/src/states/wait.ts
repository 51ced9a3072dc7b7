import type { WaitState } from '../../../asl/src/index.ts';
import type { Move, MovingFrame, Step } from '../step.ts';

/** Rests until the instant that its one time field gives. */
export function enterWait(step: Step, frame: MovingFrame, state: WaitState): Move {
  const dueAtMs = step.language(state).waitUntil(state, frame.input, step.scope(frame));
  if (dueAtMs <= step.signal.at) return leaveWait(step, frame);
  const effectId = step.newEffectId();
  frame.activity = { kind: 'waiting', effectId };
  step.open({ type: 'Wake', effectId, dueAtMs });
  return { to: 'rest' };
}

export function leaveWait(step: Step, frame: MovingFrame): Move {
  const state = step.stateOf(frame, 'Wait');
  return { to: 'leave', ...step.language(state).passThrough(state, frame.input, step.scope(frame)) };
}

import { effectiveInput, finalOutput, waitUntil, type WaitState } from '../../../asl/src/index.ts';
import type { Move, MovingFrame, Step } from '../step.ts';

/** Rests until the instant that its one time field gives. */
export function enterWait(step: Step, frame: MovingFrame, state: WaitState): Move {
  const scope = step.scope(frame);
  const dueAtMs = waitUntil(state, effectiveInput(state, frame.input, scope), scope, step.signal.at);
  if (dueAtMs <= step.signal.at) return leaveWait(step, frame);
  const effectId = step.newEffectId();
  frame.activity = { kind: 'waiting', effectId };
  step.open({ type: 'Wake', effectId, dueAtMs });
  return { to: 'rest' };
}

export function leaveWait(step: Step, frame: MovingFrame): Move {
  const state = step.stateOf(frame);
  const scope = step.scope(frame);
  return { to: 'leave', output: finalOutput(state, effectiveInput(state, frame.input, scope), scope) };
}

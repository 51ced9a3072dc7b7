import type { RunningContainer } from './container-process.ts';
import type { Task, TaskContainer } from './ecs-task.ts';

/** What containers are run by: processes of this machine, or Docker. */
export interface ContainerRunner {
  /** Called once, before the first container. What an earlier host left is removed. */
  prepare(): Promise<void>;
  /** @throws {CannotStart} with the reason that the task's is to be. */
  start(task: Task, container: TaskContainer): Promise<RunningContainer>;
  /** All its containers have ended. */
  remove(task: Task): Promise<void>;
  close(): Promise<void>;
}

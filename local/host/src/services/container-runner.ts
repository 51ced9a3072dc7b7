import type { RunningContainer } from './container-process.ts';
import type { Task, TaskContainer } from './ecs-task.ts';

/** What a container is told of the AWS it is in, beside what its task says. */
export type AwsEnvironment = (task: Task, container: TaskContainer) => Readonly<Record<string, string>>;

/** What containers are run by: processes of this machine, or Docker. */
export interface ContainerRunner {
  /**
   * Notes an image that the app has, so that containers of it can be started.
   *
   * @throws {UnsupportedDockerfile} if they cannot.
   */
  use(image: string): void;
  /** Called once, before the first container. What an earlier host left is removed. */
  prepare(): Promise<void>;
  /** @throws {CannotStart} with the reason that the task's is to be. */
  start(task: Task, container: TaskContainer): Promise<RunningContainer>;
  /** All its containers have ended. */
  remove(task: Task): Promise<void>;
  close(): Promise<void>;
}

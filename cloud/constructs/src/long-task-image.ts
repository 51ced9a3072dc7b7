import { Stack } from 'aws-cdk-lib';
import { DockerImageAsset, Platform } from 'aws-cdk-lib/aws-ecr-assets';
import type { Construct } from 'constructs';
import { copyFileSync, cpSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeNodeBundle } from './node-bundle.ts';

/** What runs as a long task. */
export type LongTaskProgram =
  | {
      /** The file that Node 24 runs; an absolute path. It is bundled with all that it imports. */
      readonly entry: string;
    }
  | {
      /**
       * A folder with a Dockerfile of its own, for a program in any language; an absolute path. Its build finds the supervisor,
       * which needs Node, in `supervisor/`, and has to start the program with it: docs/long-tasks.md.
       */
      readonly directory: string;
    };

const LONG_TASKS = join(import.meta.dirname, '../../long-tasks');
const SUPERVISOR = join(LONG_TASKS, 'src/supervisor/main.ts');
const DOCKERFILE = join(LONG_TASKS, 'image/Dockerfile');

/**
 * The image of a long task: the supervisor, the program, and a Dockerfile. Synthesis only prepares the folder that it is built
 * from; Docker is needed when it is deployed.
 */
export function longTaskImage(scope: Construct, id: string, program: LongTaskProgram): DockerImageAsset {
  const context = mkdtempSync(join(tmpdir(), 'countersign-image-'));
  try {
    if ('entry' in program) copyFileSync(DOCKERFILE, join(context, 'Dockerfile'));
    else copyInto(context, program.directory);
    // Where nothing of the stack is deployed, as with `cdk list`, CDK bundles nothing.
    if (Stack.of(scope).bundlingRequired) {
      bundle(SUPERVISOR, join(context, 'supervisor'));
      if ('entry' in program) bundle(program.entry, join(context, 'program'));
    }
    // The asset is a copy of the folder by the time that this is made.
    return new DockerImageAsset(scope, id, { directory: context, platform: Platform.LINUX_ARM64 });
  } finally {
    rmSync(context, { recursive: true });
  }
}

function copyInto(context: string, directory: string): void {
  if (!existsSync(join(directory, 'Dockerfile'))) {
    throw new Error(
      `The folder of a long task has a Dockerfile; there is none in ${directory}. docs/long-tasks.md has one.`,
    );
  }
  cpSync(directory, context, { recursive: true });
}

function bundle(entry: string, outputDir: string): void {
  mkdirSync(outputDir);
  writeNodeBundle(entry, outputDir);
}

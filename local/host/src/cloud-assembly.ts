import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { dependencyOrder } from './dependency-order.ts';
import { HostError } from './errors.ts';
import type { Template } from './template.ts';
import { parseTemplate } from './template.ts';

/** What `cdk synth` wrote: the stacks of an app with their templates and files. */
export interface CloudAssembly {
  /** Each stack after those it depends on. Never empty. */
  readonly stacks: readonly Stack[];
  readonly environment: Environment;
  /** Stages of the app: assemblies of their own in folders of their own, not part of {@link stacks}. */
  readonly stages: readonly Stage[];
}

export interface Stack {
  readonly name: string;
  readonly environment: Environment;
  readonly template: Template;
  /** Files of the assembly by the key they would have in the bootstrap bucket. */
  readonly assets: ReadonlyMap<string, FileAsset>;
  /** Container images that are built from the app, by the tag that they would be pushed with. */
  readonly images: ReadonlyMap<string, ImageAsset>;
}

export interface Environment {
  readonly accountId: string;
  readonly region: string;
}

export interface FileAsset {
  /** Absolute. */
  readonly path: string;
  /** `zip`: a folder that is zipped when it is published. `file`: published as it is. */
  readonly packaging: 'zip' | 'file';
}

/** What an image is built of, as `docker build` would be told. */
export interface ImageAsset {
  /** Absolute: the context of the build. */
  readonly directory: string;
  /** Relative to the context. @default 'Dockerfile' */
  readonly dockerFile?: string;
  readonly target?: string;
  readonly buildArguments?: Readonly<Record<string, string>>;
}

export interface Stage {
  readonly id: string;
  readonly assemblyDir: string;
}

/** The account and region of stacks that name none. */
export const DEFAULT_ENVIRONMENT: Environment = { accountId: '000000000000', region: 'us-east-1' };

/** The version aws-cdk-lib 2.276 writes. A higher number announces something an older reader would misunderstand. */
const SCHEMA_VERSION_MAX = 55;

/** CloudFormation takes no larger template. AWS CloudFormation quotas, "Template body size". */
const TEMPLATE_BYTES_MAX = 1_048_576;

const StackArtifact = z.object({
  type: z.literal('aws:cloudformation:stack'),
  environment: z.string().optional(),
  properties: z.object({ templateFile: z.string(), stackName: z.string().optional() }),
  dependencies: z.array(z.string()).default([]),
});
const AssetManifestArtifact = z.object({
  type: z.literal('cdk:asset-manifest'),
  properties: z.object({ file: z.string() }),
});
const StageArtifact = z.object({
  type: z.literal('cdk:cloud-assembly'),
  properties: z.object({ directoryName: z.string() }),
});
const KNOWN_TYPES = [StackArtifact, AssetManifestArtifact, StageArtifact].map(
  ({ shape }) => shape.type.value as string,
);
const OtherArtifact = z.object({ type: z.string().refine((type) => !KNOWN_TYPES.includes(type)) });
const Manifest = z.object({
  version: z.string(),
  artifacts: z
    .record(z.string(), z.union([StackArtifact, AssetManifestArtifact, StageArtifact, OtherArtifact]))
    .default({}),
});
type Artifact = z.infer<typeof Manifest>['artifacts'][string];
type StackArtifact = z.infer<typeof StackArtifact>;

const AssetManifest = z.object({
  files: z
    .record(
      z.string(),
      z.object({
        source: z.object({ path: z.string().optional(), packaging: z.enum(['zip', 'file']).default('file') }),
        destinations: z.record(z.string(), z.object({ objectKey: z.string() })),
      }),
    )
    .default({}),
  dockerImages: z
    .record(
      z.string(),
      z.object({
        source: z.object({
          directory: z.string().optional(),
          dockerFile: z.string().optional(),
          dockerBuildTarget: z.string().optional(),
          dockerBuildArgs: z.record(z.string(), z.string()).optional(),
        }),
        destinations: z.record(z.string(), z.object({ imageTag: z.string() })),
      }),
    )
    .default({}),
});
type AssetManifest = z.infer<typeof AssetManifest>;

/** @throws {HostError} if the folder holds no cloud assembly, or one that cannot be read or run. */
export async function readCloudAssembly(assemblyDir: string): Promise<CloudAssembly> {
  const dir = resolve(assemblyDir);
  const manifest = await readManifest(dir);
  const artifacts = Object.entries(manifest.artifacts);
  const stages = artifacts.flatMap(([id, artifact]) =>
    isStage(artifact) ? [{ id, assemblyDir: join(dir, artifact.properties.directoryName) }] : [],
  );
  const stackArtifacts = new Map(artifacts.filter((entry): entry is [string, StackArtifact] => isStack(entry[1])));
  if (stackArtifacts.size === 0) throw noStacks(dir, stages);

  const environment = commonEnvironment(stackArtifacts);
  const manifests = await readAssetManifests(
    dir,
    artifacts.flatMap(([, artifact]) => (isAssetManifest(artifact) ? [artifact.properties.file] : [])),
  );
  const files = { assets: fileAssets(manifests, dir), images: imageAssets(manifests, dir) };
  const stacks: Stack[] = [];
  for (const id of stackOrder(stackArtifacts)) {
    const { stackName: name = id, templateFile } = stackArtifacts.get(id)?.properties ?? { templateFile: id };
    if (stacks.some((stack) => stack.name === name)) {
      throw new HostError(`Two stacks of the assembly are named "${name}".`, 'Give each stack a name of its own.');
    }
    stacks.push({ name, environment, template: await readTemplate(dir, templateFile, name), ...files });
  }
  return { stacks, environment, stages };
}

function isStack(artifact: Artifact): artifact is StackArtifact {
  return artifact.type === 'aws:cloudformation:stack';
}

function isStage(artifact: Artifact): artifact is z.infer<typeof StageArtifact> {
  return artifact.type === 'cdk:cloud-assembly';
}

function isAssetManifest(artifact: Artifact): artifact is z.infer<typeof AssetManifestArtifact> {
  return artifact.type === 'cdk:asset-manifest';
}

async function readManifest(dir: string): Promise<z.infer<typeof Manifest>> {
  const file = join(dir, 'manifest.json');
  const manifest = parse(Manifest, await readJson(file, `There is no cloud assembly in "${dir}"`), file);
  const version = Number.parseInt(manifest.version, 10);
  if (!(version <= SCHEMA_VERSION_MAX)) {
    throw new HostError(
      `"${file}" has version ${JSON.stringify(manifest.version)} of the cloud assembly schema, and this host reads up to ${SCHEMA_VERSION_MAX}.`,
      'Synthesise the app with aws-cdk-lib 2.276, or use a newer Countersign.',
    );
  }
  return manifest;
}

async function readTemplate(dir: string, templateFile: string, stackName: string): Promise<Template> {
  const file = join(dir, templateFile);
  return parseTemplate(await readJson(file, `The template of stack "${stackName}" is missing`), stackName);
}

async function readAssetManifests(dir: string, files: readonly string[]): Promise<AssetManifest[]> {
  const manifests: AssetManifest[] = [];
  for (const name of files) {
    const file = join(dir, name);
    manifests.push(parse(AssetManifest, await readJson(file, 'A list of assets is missing'), file));
  }
  return manifests;
}

function fileAssets(manifests: readonly AssetManifest[], dir: string): Map<string, FileAsset> {
  const assets = new Map<string, FileAsset>();
  for (const { source, destinations } of manifests.flatMap(({ files }) => Object.values(files))) {
    // A source without a path is made by a command at publication; whoever refers to it is told that it is unknown.
    if (source.path === undefined) continue;
    const asset = { path: resolve(dir, source.path), packaging: source.packaging };
    for (const { objectKey } of Object.values(destinations)) assets.set(objectKey, asset);
  }
  return assets;
}

function imageAssets(manifests: readonly AssetManifest[], dir: string): Map<string, ImageAsset> {
  const images = new Map<string, ImageAsset>();
  for (const { source, destinations } of manifests.flatMap(({ dockerImages }) => Object.values(dockerImages))) {
    const { directory, dockerFile, dockerBuildTarget: target, dockerBuildArgs: buildArguments } = source;
    if (directory === undefined) continue;
    const image = {
      directory: resolve(dir, directory),
      ...(dockerFile !== undefined && { dockerFile }),
      ...(target !== undefined && { target }),
      ...(buildArguments !== undefined && { buildArguments }),
    };
    for (const { imageTag } of Object.values(destinations)) images.set(imageTag, image);
  }
  return images;
}

async function readJson(file: string, whenMissing: string): Promise<unknown> {
  const content = await readFile(file).catch((cause: NodeJS.ErrnoException) => {
    throw cause.code === 'ENOENT' || cause.code === 'ENOTDIR'
      ? new HostError(`${whenMissing}: no file "${file}".`, SYNTHESISE, { cause })
      : new HostError(`"${file}" cannot be read (${cause.code ?? cause.message}).`, 'Check the permissions.', {
          cause,
        });
  });
  if (content.length > TEMPLATE_BYTES_MAX && file.endsWith('.template.json')) {
    throw new HostError(
      `"${file}" has ${content.length} bytes, and CloudFormation takes no template above ${TEMPLATE_BYTES_MAX}.`,
      'Divide the stack.',
    );
  }
  try {
    return JSON.parse(content.toString('utf8'));
  } catch (cause) {
    throw new HostError(`"${file}" is not JSON.`, SYNTHESISE, { cause });
  }
}

const SYNTHESISE = 'Synthesise the app, for example with: npx cdk synth';

function parse<T>(schema: z.ZodType<T>, value: unknown, file: string): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const place = issue === undefined || issue.path.length === 0 ? 'its outermost value' : issue.path.join('.');
  throw new HostError(`"${file}" is not as the CDK writes it: see ${place}.`, SYNTHESISE, { cause: result.error });
}

function noStacks(dir: string, stages: readonly Stage[]): HostError {
  if (stages.length === 0)
    return new HostError(`The cloud assembly in "${dir}" has no stacks.`, 'Add a stack to the app.');
  const ids = stages.map(({ id }) => `"${id}"`).join(', ');
  const dirs = stages.map(({ assemblyDir }) => assemblyDir).join(' or ');
  return new HostError(`The cloud assembly in "${dir}" has only stages: ${ids}.`, `Name one of them: ${dirs}`);
}

function stackOrder(stacks: ReadonlyMap<string, StackArtifact>): string[] {
  const result = dependencyOrder(
    new Map(
      [...stacks].map(([id, { dependencies }]) => [id, new Set(dependencies.filter((other) => stacks.has(other)))]),
    ),
  );
  if ('order' in result) return result.order;
  throw new HostError(`The stacks depend on each other in a circle: ${result.cycle.join(' → ')}.`, 'Break the circle.');
}

/** One machine is one account and one region: stacks that name none take those of the others. */
function commonEnvironment(stacks: ReadonlyMap<string, StackArtifact>): Environment {
  const named = [...stacks].map(([id, { environment = '' }]) => {
    const [, accountId = '', region = ''] = /^aws:\/\/([^\/]+)\/([^\/]+)$/v.exec(environment) ?? [];
    return {
      id,
      accountId: /^\d{12}$/v.test(accountId) ? accountId : undefined,
      region: /^[a-z]{2}(?:-[a-z]+)+-\d$/v.test(region) ? region : undefined,
    };
  });
  const common = (part: 'accountId' | 'region') => {
    const [first, ...others] = named.filter((stack) => stack[part] !== undefined);
    const other = others.find((stack) => stack[part] !== first?.[part]);
    if (first === undefined || other === undefined) return first?.[part] ?? DEFAULT_ENVIRONMENT[part];
    throw new HostError(
      `The stacks "${first.id}" and "${other.id}" belong to different environments (${first[part]} and ${other[part]}), and this machine is one.`,
      'Give both the same env, or none.',
    );
  };
  return { accountId: common('accountId'), region: common('region') };
}

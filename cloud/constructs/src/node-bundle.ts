import { AssetHashType, type BundlingOptions, DockerImage } from 'aws-cdk-lib';
import { Code } from 'aws-cdk-lib/aws-lambda';
import { buildSync } from 'esbuild';
import { writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

/** CommonJS packages inside the bundle, such as the X-Ray SDK, call `require`, which an ES module does not have. */
const REQUIRE = "import{createRequire}from'node:module';const require=createRequire(import.meta.url);";

/** What the X-Ray SDK follows calls by is in a function the dearest part of it; see the file. */
const ASYNC_CONTEXT = join(import.meta.dirname, 'async-context.ts');

/**
 * One entry file and all it imports as minified ES modules: `index.mjs`, and beside it what is only imported when it is first
 * needed, such as the client for mails. Loading the function that stores tokens takes a quarter less CPU this way.
 *
 * The AWS SDK is bundled as well: minified and reduced to the calls that are made, it is smaller than the one of the Lambda
 * runtime, its version is the one that was tested, and the function also runs where there is no Lambda runtime.
 *
 * esbuild runs in this process. `NodejsFunction` starts it through npx, which takes longer than the bundling: 0.4 to 0.5
 * seconds a function against 0.1 to 0.3.
 */
export function nodeBundle(entry: string): Code {
  return Code.fromAsset(dirname(entry), {
    // The hash of what comes out: a change in a file that is not imported deploys nothing.
    assetHashType: AssetHashType.OUTPUT,
    bundling: inThisProcess(entry, (outputDir) => writeNodeBundle(entry, outputDir)),
  });
}

/** The modules of {@link nodeBundle}, into a folder that is there. */
export function writeNodeBundle(entry: string, outputDir: string): void {
  // The names of modules are made of paths from here, and must be the same wherever the project is.
  const absWorkingDir = dirname(entry);
  const { outputFiles, metafile } = buildSync({
    absWorkingDir,
    entryPoints: { index: entry },
    outdir: outputDir,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    splitting: true,
    minify: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    // Without this, packages that bring both are taken as CommonJS, which cannot be reduced.
    mainFields: ['module', 'main'],
    banner: { js: REQUIRE },
    alias: { 'cls-hooked/context': ASYNC_CONTEXT },
    legalComments: 'none',
    logLevel: 'warning',
    metafile: true,
    write: false,
  });
  const modules = new Map(Object.entries(metafile.outputs).map(([path, of]) => [resolve(absWorkingDir, path), of]));
  const importsOf = (path: string) => modules.get(path)?.imports.filter(({ external }) => external !== true) ?? [];
  const needed = new Set([join(outputDir, 'index.mjs')]);
  // A set is walked through together with what is added on the way.
  for (const path of needed) for (const one of importsOf(path)) needed.add(resolve(absWorkingDir, one.path));
  // esbuild also makes modules of what is imported by functions that it has left out.
  for (const { path, contents } of outputFiles) if (needed.has(path)) writeFileSync(path, contents);
}

/**
 * CDK asks for an image to fall back to; there is nothing to fall back from, so synthesis needs no Docker. It takes two
 * bundlings with the same source and the same command for one, so the command is what tells the entries apart.
 */
function inThisProcess(entry: string, bundle: (outputDir: string) => void): BundlingOptions {
  return {
    image: DockerImage.fromRegistry('none'),
    command: ['esbuild', entry],
    local: {
      tryBundle(outputDir) {
        bundle(outputDir);
        return true;
      },
    },
  };
}

import { existsSync, readFileSync } from 'node:fs';
import { createRequire, registerHooks } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import vm from 'node:vm';

/**
 * Loads a function's module as on Lambda, where nothing lies above the code's directory. Here the directory often lies
 * inside somebody's project (`cdk.out/asset.…`), and a `"type": "module"` in the project's package.json would turn the
 * function's CommonJS bundle, `index.js`, into a broken ES module. Where that threatens, what a `.js` file is gets
 * decided as for a package without a type: CommonJS, unless only an ES module can be meant.
 */
export async function importAsOwnPackage(
  taskRoot: string,
  file: string,
  importIt: () => Promise<unknown>,
): Promise<unknown> {
  if (ownerOf(taskRoot, file) !== undefined || !isInsideModulePackage(taskRoot)) return importIt();
  registerHooks({
    load(url, context, nextLoad) {
      const loaded = url.startsWith('file:') ? fileURLToPath(url) : '';
      if (!loaded.startsWith(taskRoot + path.sep) || ownerOf(taskRoot, loaded) !== undefined)
        return nextLoad(url, context);
      if (path.extname(loaded) !== '.js') return nextLoad(url, context);
      const source = readFileSync(loaded, 'utf8');
      return { format: isModuleSource(source) ? 'module' : 'commonjs', source, shortCircuit: true };
    },
  });
  const isCommonJs = path.extname(file) === '.js' && !isModuleSource(readFileSync(file, 'utf8'));
  return isCommonJs ? (createRequire(file)(file) as unknown) : importIt();
}

/** The nearest package.json of a file, within the task root. */
function ownerOf(taskRoot: string, file: string): string | undefined {
  for (let directory = path.dirname(file); directory.startsWith(taskRoot); directory = path.dirname(directory)) {
    const candidate = path.join(directory, 'package.json');
    if (existsSync(candidate)) return candidate;
  }
  return undefined;
}

function isInsideModulePackage(taskRoot: string): boolean {
  for (let directory = path.dirname(taskRoot); ; directory = path.dirname(directory)) {
    const candidate = path.join(directory, 'package.json');
    if (existsSync(candidate)) return /"type"\s*:\s*"module"/v.test(readFileSync(candidate, 'utf8'));
    if (directory === path.dirname(directory)) return false;
  }
}

/** The pattern is quick but also finds comments and strings; compiling as CommonJS tells. */
function isModuleSource(source: string): boolean {
  if (!/^\s*(?:import|export)\b/mv.test(source)) return false;
  try {
    vm.compileFunction(source);
    return false;
  } catch {
    return true;
  }
}

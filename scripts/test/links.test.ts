import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { test } from 'node:test';

const ROOT = join(import.meta.dirname, '..', '..');

/** `[text](target)` and `src="target"`; a title after the target is left out. */
const LINK = /\]\(\s*<?([^)\s>]+)[^)]*\)|\b(?:src|srcset|href)="([^"]+)"/g;

function pages(): string[] {
  const ownFolders = readdirSync(ROOT, { withFileTypes: true }).filter(
    (entry) => entry.isDirectory() && !/^\.|^node_modules$|^cdk\.out$/.test(entry.name),
  );
  const below = ownFolders.flatMap(({ name }) =>
    readdirSync(join(ROOT, name), { recursive: true, encoding: 'utf8' }).map((path) => join(name, path)),
  );
  return [...readdirSync(ROOT), ...below]
    .filter((path) => path.endsWith('.md') && !path.includes('node_modules'))
    .map((path) => join(ROOT, path));
}

/** The ids that GitHub gives to a page's headings. */
function anchors(page: string): Set<string> {
  const headings = readFileSync(page, 'utf8').matchAll(/^#{1,6} +(.+?) *#*$/gm);
  return new Set(
    [...headings].map(([, text = '']) =>
      text
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
        .replaceAll(' ', '-'),
    ),
  );
}

for (const page of pages()) {
  test(`every link in ${relative(ROOT, page)} leads somewhere`, () => {
    const prose = readFileSync(page, 'utf8').replaceAll(/```.*?```|`[^`\n]*`/gs, '');
    for (const [, inText, inTag] of prose.matchAll(LINK)) {
      const target = inText ?? inTag ?? '';
      // Elsewhere on the web.
      if (/^[a-z]+:/.test(target)) continue;
      const [path = '', anchor] = target.split('#');
      const file = path === '' ? page : join(dirname(page), path);
      assert.ok(existsSync(file), target);
      if (anchor !== undefined && file.endsWith('.md')) assert.ok(anchors(file).has(anchor), target);
    }
  });
}

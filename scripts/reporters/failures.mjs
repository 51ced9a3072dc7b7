// A reporter for node:test: silent about what is well, complete about what is not.
import { relative } from 'node:path';
import { inspect } from 'node:util';

/** Why a test failed that only holds others; those are reported themselves. */
const OF_ITS_PARTS = 'subtestsFailed';

export default async function* failures(events) {
  const outputs = new Map();
  const failedFiles = new Set();
  for await (const { type, data } of events) {
    if (type === 'test:stdout' || type === 'test:stderr')
      outputs.set(data.file, (outputs.get(data.file) ?? '') + data.message);
    if (type !== 'test:fail' || data.todo !== undefined || data.details.error.failureType === OF_ITS_PARTS) continue;
    failedFiles.add(data.file);
    yield `\n  ✖ ${data.name}\n    ${relative(process.cwd(), data.file ?? '')}:${data.line ?? 1}\n${indented(inspect(data.details.error.cause ?? data.details.error))}\n`;
  }
  for (const [file, output] of outputs) {
    if (failedFiles.has(file)) yield `\n  output of ${relative(process.cwd(), file)}:\n${indented(output)}\n`;
  }
}

function indented(text) {
  return text.trimEnd().replace(/^/gm, '    ');
}

/** More than this is better read on the page. */
const LENGTH_MAX = 4_000;

/**
 * Any JSON as text for a mail, a member a line:
 *
 * ```text
 *   orderId: apples-1
 *   amount:
 *     value: 80.00
 *     currency: EUR
 * ```
 */
export function plainText(value: unknown): string {
  const text = lines(value, '  ').join('\n');
  return text.length <= LENGTH_MAX ? text : `${text.slice(0, LENGTH_MAX).toWellFormed()}\n  … and more.`;
}

function lines(value: unknown, indent: string): string[] {
  if (typeof value !== 'object' || value === null) return [`${indent}${oneLine(value)}`];
  return Object.entries(value).flatMap(([name, member]: [string, unknown]) => {
    const label = Array.isArray(value) ? '-' : `${oneLine(name)}:`;
    const isPlain = typeof member !== 'object' || member === null;
    return isPlain ? [`${indent}${label} ${oneLine(member)}`] : [`${indent}${label}`, ...lines(member, `${indent}  `)];
  });
}

/** A value must not look like lines of ours: a link that somebody else wrote, say. */
function oneLine(value: unknown): string {
  return String(value).replace(/[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]+/gv, ' ');
}

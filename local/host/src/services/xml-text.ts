const NAMED: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** One element with text, in which nothing is taken for markup. */
export function xmlText(name: string, text: string | number | boolean): string {
  return `<${name}>${String(text).replace(/[&<>"]/gv, (character) => NAMED[character] ?? character)}</${name}>`;
}

/** Whether a text is as a pattern says, in which `*` stands for any characters and `?` for one. */
export type Glob = (text: string) => boolean;

/** Takes time linear in the text for each `*`, whatever the pattern: no text makes it search back and forth. */
export function glob(pattern: string): Glob {
  if (pattern === '*') return () => true;
  if (!/[*?]/v.test(pattern)) return (text) => text === pattern;
  return (text) => matches(pattern, text);
}

function matches(pattern: string, text: string): boolean {
  let at = 0;
  let inText = 0;
  let star = -1;
  let starInText = 0;
  while (inText < text.length) {
    if (pattern[at] === '*') {
      star = at;
      at += 1;
      starInText = inText;
    } else if (at < pattern.length && (pattern[at] === '?' || pattern[at] === text[inText])) {
      at += 1;
      inText += 1;
    } else if (star !== -1) {
      // The last `*` takes one character more.
      at = star + 1;
      starInText += 1;
      inText = starInText;
    } else return false;
  }
  while (pattern[at] === '*') at += 1;
  return at === pattern.length;
}

/** The parts of an ARN are compared each by itself, so no `*` reaches from one into the next. The sixth holds the rest. */
export function arnGlob(pattern: string): Glob {
  const parts = arnParts(pattern);
  if (parts.length < ARN_PARTS) return () => false;
  const globs = parts.map((part) => glob(part));
  return (arn) => {
    const given = arnParts(arn);
    return given.length === ARN_PARTS && globs.every((matchesPart, index) => matchesPart(given[index] ?? ''));
  };
}

/** The resource of a statement: what it leaves out at its end is any, and `*` alone is everything. */
export function resourceGlob(pattern: string): Glob {
  if (pattern === '*') return () => true;
  const parts = arnParts(pattern);
  return arnGlob([...parts, ...Array<string>(ARN_PARTS - parts.length).fill('*')].join(':'));
}

const ARN_PARTS = 6;

function arnParts(arn: string): string[] {
  const parts = arn.split(':');
  return parts.length <= ARN_PARTS ? parts : [...parts.slice(0, ARN_PARTS - 1), parts.slice(ARN_PARTS - 1).join(':')];
}

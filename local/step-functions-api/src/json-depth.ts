/** Deeper JSON parses, but then overflows the stack of whoever walks it: `JSON.stringify` gives up at some thousand levels. */
const JSON_DEPTH_MAX = 128;

/** Whether arrays and objects nest deeper than we take. Looks at the text only, so it can be asked before parsing. */
export function isTooDeep(jsonText: string): boolean {
  // Most texts have so few brackets that they cannot nest too deep, and these are found at many times the speed of a walk.
  return hasManyBrackets(jsonText) && nestsTooDeep(jsonText);
}

/** Wherever they stand, within strings as well. */
function hasManyBrackets(jsonText: string): boolean {
  let count = 0;
  for (const bracket of ['{', '[']) {
    for (let at = jsonText.indexOf(bracket); at >= 0; at = jsonText.indexOf(bracket, at + 1)) {
      if (++count > JSON_DEPTH_MAX) return true;
    }
  }
  return false;
}

function nestsTooDeep(jsonText: string): boolean {
  let depth = 0;
  for (let at = 0; at < jsonText.length; at++) {
    switch (jsonText.charCodeAt(at)) {
      case 0x22: // "
        at = endOfString(jsonText, at);
        break;
      case 0x5b: // [
      case 0x7b: // {
        if (++depth > JSON_DEPTH_MAX) return true;
        break;
      case 0x5d: // ]
      case 0x7d: // }
        depth--;
        break;
      default:
    }
  }
  return false;
}

export const TOO_DEEP = `JSON may nest at most ${JSON_DEPTH_MAX} levels deep`;

function endOfString(jsonText: string, start: number): number {
  for (let at = start + 1; at < jsonText.length; at++) {
    const code = jsonText.charCodeAt(at);
    if (code === 0x22) return at;
    if (code === 0x5c) at++; // A backslash takes the next character with it.
  }
  return jsonText.length;
}

import { RE2JS, type Matcher } from 're2js';

/**
 * The regular expressions of JSONata, matched in a time that is linear in the text: the built-in engine would be kept busy for
 * years by `(a+)+$`. Look-ahead and back references are refused, for nobody can match those so.
 *
 * Has what JSONata uses of a RegExp with the flag `g`.
 */
export class LinearRegExp {
  lastIndex = 0;
  readonly #regex: RE2JS;
  #matcher: Matcher | undefined;
  #text = '';

  constructor(pattern: RegExp) {
    let regex = compiled.get(pattern);
    if (regex === undefined) {
      regex = RE2JS.compile(RE2JS.translateRegExp(pattern), RE2JS.LOOKBEHINDS);
      compiled.set(pattern, regex);
    }
    this.#regex = regex;
  }

  /** The next match from `lastIndex` on, which then is behind it. */
  exec(text: string): MatchResult | null {
    const matcher = this.#matcherOf(text);
    if (this.lastIndex > text.length || !matcher.find(this.lastIndex)) {
      this.lastIndex = 0;
      return null;
    }
    this.lastIndex = matcher.end();
    const groups = Array.from({ length: matcher.groupCount() + 1 }, (_, group) => matcher.group(group) ?? undefined);
    return Object.assign(groups, { index: matcher.start() });
  }

  #matcherOf(text: string): Matcher {
    if (this.#matcher === undefined || this.#text !== text) {
      this.#matcher = this.#regex.matcher(text);
      this.#text = text;
    }
    return this.#matcher;
  }
}

type MatchResult = (string | undefined)[] & { readonly index: number };

/** JSONata makes a new one each time it comes to a regular expression, always of the same RegExp. */
const compiled = new WeakMap<RegExp, RE2JS>();

import { isArray, isObject, type Json } from './json.ts';

/** Whether two values are the same by value: the order of members does not count. Goes as deep as the values go, on a stack of its own. */
export function isEqualJson(left: Json, right: Json): boolean {
  const open: (readonly [Json | undefined, Json | undefined])[] = [[left, right]];
  for (let pair = open.pop(); pair !== undefined; pair = open.pop()) {
    const [one, other] = pair;
    if (one === other) continue;
    if (isArray(one)) {
      if (!isArray(other) || one.length !== other.length) return false;
      for (const [index, item] of one.entries()) open.push([item, other[index]]);
    } else if (isObject(one) && isObject(other)) {
      const names = Object.keys(one);
      if (names.length !== Object.keys(other).length) return false;
      for (const name of names) {
        if (!Object.hasOwn(other, name)) return false;
        open.push([one[name], other[name]]);
      }
    } else {
      return false;
    }
  }
  return true;
}

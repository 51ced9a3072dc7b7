/** What a long task is known by outside, and in the keys of its objects: 1 to 128 of `A–Z a–z 0–9 . _ -`, not `.` or `..`. */
export function isTaskId(value: string): boolean {
  return /^(?!\.{1,2}$)[\w.\-]{1,128}$/v.test(value);
}

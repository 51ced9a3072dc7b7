/** The number that was given for an option: with anything else a loop would end before it began, and all would seem well. */
export function wholeNumber(option: string, text: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new Error(`${option} is a whole number, such as 100, not "${text}"`);
}

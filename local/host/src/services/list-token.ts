/** Where a page of a list ended: the place of its last row, in a form that nobody mistakes for a number to count with. */
export function listToken(sequence: number): string {
  return Buffer.from(`after:${sequence}`).toString('base64url');
}

/** @returns undefined for what is no such token */
export function placeAfter(token: string | undefined): number | undefined {
  if (token === undefined) return 0;
  const [, sequence] = /^after:(\d{1,15})$/v.exec(Buffer.from(token, 'base64url').toString()) ?? [];
  return sequence === undefined ? undefined : Number(sequence);
}

/**
 * The script of the page behind a link. Its text is sent to browsers; here it is only looked at.
 *
 * It is JavaScript, and checked by the `tsconfig.json` beside it, since a browser's names are not those of the rest.
 */
export function linkPageScript(): void;

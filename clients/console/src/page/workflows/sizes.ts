/** `812 B`, `1.2 KB`, `3 MB`: in steps of 1,024, as the limits of Step Functions are. */
export function bytesText(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  if (bytes < 1024 ** 2) return `${oneDigit(bytes / 1024)} KB`;
  return `${oneDigit(bytes / 1024 ** 2)} MB`;
}

function oneDigit(value: number): string {
  return value.toFixed(1).replace(/\.0$/, '');
}

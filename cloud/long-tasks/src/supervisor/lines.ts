/** Calls back for each line of what comes in. Of one with more bytes than there may be nothing is kept: it is only told of. */
export function lineReader(
  bytesMax: number,
  onLine: (line: string) => void,
  onTooLong: () => void,
): (chunk: Buffer) => void {
  let parts: Buffer[] = [];
  let length = 0;
  const add = (part: Buffer) => {
    length += part.length;
    if (length <= bytesMax) parts.push(part);
    else parts = [];
  };
  const end = () => {
    if (length > bytesMax) onTooLong();
    else if (length > 0) onLine(Buffer.concat(parts).toString('utf8'));
    parts = [];
    length = 0;
  };
  return (chunk) => {
    let from = 0;
    for (let at = chunk.indexOf(NEWLINE); at >= 0; at = chunk.indexOf(NEWLINE, from)) {
      add(chunk.subarray(from, at));
      end();
      from = at + 1;
    }
    add(chunk.subarray(from));
  };
}

const NEWLINE = 0x0a;

import { createHash, hash } from 'node:crypto';
import { crc32 } from 'node:zlib';

/** A checksum as S3 keeps it: the header that carries it, and its base64 value. */
export interface Checksum {
  header: string;
  value: string;
}

const BASE64_CHECKSUM_OF: Readonly<Record<string, (bytes: Uint8Array) => string>> = {
  'x-amz-checksum-crc32': (bytes) => base64OfWords(crc32(bytes)),
  'x-amz-checksum-crc32c': (bytes) => base64OfWords(crc32c(bytes)),
  'x-amz-checksum-crc64nvme': (bytes) => base64OfWords(...crc64nvme(bytes)),
  'x-amz-checksum-sha1': (bytes) => hash('sha1', bytes, 'base64'),
  'x-amz-checksum-sha256': (bytes) => hash('sha256', bytes, 'base64'),
  'x-amz-checksum-sha512': (bytes) => hash('sha512', bytes, 'base64'),
};

/** @returns undefined for an algorithm that S3 may know and this service does not. */
export function checksumOf(header: string, bytes: Uint8Array): string | undefined {
  return Object.hasOwn(BASE64_CHECKSUM_OF, header) ? BASE64_CHECKSUM_OF[header]?.(bytes) : undefined;
}

export function md5(bytes: Uint8Array): Buffer {
  return createHash('md5').update(bytes).digest();
}

function base64OfWords(...words: number[]): string {
  const bytes = Buffer.alloc(words.length * 4);
  for (const [index, word] of words.entries()) bytes.writeUInt32BE(word >>> 0, index * 4);
  return bytes.toString('base64');
}

/** The Castagnoli polynomial, reflected. RFC 3720, section 12.1. */
const CRC32C_TABLE = Int32Array.from({ length: 256 }, (_, byte) => {
  let remainder = byte;
  for (let bit = 0; bit < 8; bit++) remainder = (remainder >>> 1) ^ (remainder & 1 ? 0x82f63b78 : 0);
  return remainder;
});

function crc32c(bytes: Uint8Array): number {
  let crc = -1;
  for (const byte of bytes) crc = (crc >>> 8) ^ (CRC32C_TABLE[(crc ^ byte) & 0xff] ?? 0);
  return ~crc;
}

/** The polynomial of the NVM Express specification, reflected, in two halves: a BigInt a byte is ten times as slow. */
const CRC64_TABLES = crc64Tables(0x9a6c9329, 0xac4bc9b5);

function crc64Tables(highPolynomial: number, lowPolynomial: number): { high: Int32Array; low: Int32Array } {
  const tables = { high: new Int32Array(256), low: new Int32Array(256) };
  for (let byte = 0; byte < 256; byte++) {
    let high = 0;
    let low = byte;
    for (let bit = 0; bit < 8; bit++) {
      const isOdd = (low & 1) === 1;
      low = ((low >>> 1) | (high << 31)) ^ (isOdd ? lowPolynomial : 0);
      high = (high >>> 1) ^ (isOdd ? highPolynomial : 0);
    }
    tables.high[byte] = high;
    tables.low[byte] = low;
  }
  return tables;
}

function crc64nvme(bytes: Uint8Array): [high: number, low: number] {
  let high = -1;
  let low = -1;
  for (const byte of bytes) {
    const index = (low ^ byte) & 0xff;
    low = ((low >>> 8) | (high << 24)) ^ (CRC64_TABLES.low[index] ?? 0);
    high = (high >>> 8) ^ (CRC64_TABLES.high[index] ?? 0);
  }
  return [~high, ~low];
}

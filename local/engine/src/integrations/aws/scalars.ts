import { jsonText, type Json } from '../../../../asl/src/index.ts';
import type { MemberRef, ScalarType, TimestampFormat } from './model.ts';

/** How a protocol writes instants where the model does not say. */
export interface WireForm {
  readonly timestamps: TimestampFormat;
}

/** A parameter as the text that stands in a header, a query, an XML element. */
export function scalarText(value: Json, ref: MemberRef, form: WireForm): string {
  if (ref.jsonvalue === true) return Buffer.from(jsonText(value)).toString('base64');
  switch (ref.type) {
    case 'timestamp':
      return String(writtenInstant(value, ref.timestampFormat ?? form.timestamps));
    case 'blob':
      return blobBytes(value, ref).toString('base64');
    default:
      return plainText(value);
  }
}

/** A text as it is, anything else as its JSON text. */
export function plainText(value: Json): string {
  return typeof value === 'string' ? value : jsonText(value);
}

/**
 * The bytes of a binary parameter, which a definition can only give as JSON. What is streamed is the JSON text of the value, as
 * recorded from PutObject. Elsewhere a text stands for itself.
 */
export function blobBytes(value: Json, { streaming }: MemberRef): Buffer {
  return Buffer.from(streaming === true ? jsonText(value) : plainText(value));
}

/** Binary results are shown as text; bytes that are no UTF-8 as Base64. */
export function blobText(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return bytes.toString('base64');
  }
}

/** @returns `undefined` if the value is no instant: an ISO 8601 text, or seconds since 1970. */
export function instantOf(value: Json): Date | undefined {
  const date = typeof value === 'number' ? new Date(value * 1000) : new Date(typeof value === 'string' ? value : NaN);
  return Number.isNaN(date.getTime()) ? undefined : date;
}

export function writtenInstant(value: Json, format: TimestampFormat): string | number {
  const instant = instantOf(value);
  if (instant === undefined) return plainText(value);
  if (format === 'unixTimestamp') return instant.getTime() / 1000;
  return format === 'rfc822' ? instant.toUTCString() : isoText(instant);
}

/** As Java writes an Instant: the fraction only where there is one. */
export function isoText(instant: Date): string {
  return instant.toISOString().replace('.000Z', 'Z');
}

/** A result that came as text, such as a header or an XML element. @returns `undefined` for a number or an instant that is none */
export function scalarFromText(text: string, ref: MemberRef, instantShown: (instant: Date) => Json): Json | undefined {
  switch (ref.type) {
    case 'boolean':
      return text.trim().toLowerCase() === 'true';
    case 'timestamp': {
      const instant = instantOf(/^-?[\d.]+$/.test(text) ? Number(text) : text);
      return instant === undefined ? undefined : instantShown(instant);
    }
    case 'blob':
      return blobText(Buffer.from(text, 'base64'));
    case undefined:
    case 'string':
      return ref.jsonvalue === true ? Buffer.from(text, 'base64').toString() : text;
    default:
      return isNumber(ref.type) && text.trim() !== '' && !Number.isNaN(Number(text)) ? Number(text) : undefined;
  }
}

export function isNumber(type: ScalarType | undefined): boolean {
  return type === 'integer' || type === 'long' || type === 'float' || type === 'double';
}

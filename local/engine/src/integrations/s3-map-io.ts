import type { MapIo } from '../map-io.ts';
import { s3Items } from './s3-item-reader.ts';
import type { S3Objects } from './s3-objects.ts';
import { writeS3Results } from './s3-result-writer.ts';

/** Items and results of distributed Maps in Amazon S3. */
export function s3MapIo(s3: S3Objects): MapIo {
  return {
    readItems: (reader) => s3Items(s3, reader),
    writeResults: (writer, results) => writeS3Results(s3, writer, results),
  };
}

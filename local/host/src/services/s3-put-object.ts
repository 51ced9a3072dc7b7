import { readBody } from './s3-body.ts';
import { checkWriteConditions } from './s3-conditions.ts';
import type { ObjectExchange, S3Answer, S3Context } from './s3-exchange.ts';
import { keptHeaders, writtenHeaders } from './s3-object-headers.ts';

/** @see S3 API Reference, PutObject */
export async function putObject(context: S3Context, exchange: ObjectExchange): Promise<S3Answer> {
  const { store, objectBytesMax } = context;
  const { bucket, key, keyBytes, request } = exchange;
  const headers = keptHeaders(request.headers);
  const { bytes, md5, ...checksum } = await readBody(exchange, objectBytesMax);
  const head = await store.write(() => {
    checkWriteConditions(request.headers, store.live(bucket, keyBytes), key);
    return store.put(bucket, keyBytes, { etag: md5.toString('hex'), headers, body: bytes, ...checksum });
  });
  return { status: 200, headers: writtenHeaders(bucket, head) };
}

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createAwsChunkedDecoder } from '../src/services/s3-aws-chunked.ts';
import { checksumOf } from '../src/services/s3-checksum.ts';
import { S3Error } from '../src/services/s3-error.ts';
import { parseXml, xmlText } from '../src/services/s3-xml.ts';

test('the checksums have the check values of their catalogue', () => {
  const check = (header: string, hexadecimal: string) => {
    const value = checksumOf(`x-amz-checksum-${header}`, Buffer.from('123456789')) ?? '';
    assert.equal(Buffer.from(value, 'base64').toString('hex'), hexadecimal, header);
  };
  // reveng.sourceforge.io/crc-catalogue: CRC-32/ISO-HDLC, CRC-32/ISCSI, CRC-64/NVME.
  check('crc32', 'cbf43926');
  check('crc32c', 'e3069283');
  check('crc64nvme', 'ae8b14860a799888');
  check('sha1', 'f7c3bc1d808e04732adf679965ccc34ca7ae3441');
  assert.equal(checksumOf('x-amz-checksum-xxhash64', Buffer.alloc(0)), undefined);
  assert.equal(checksumOf('constructor', Buffer.alloc(0)), undefined);
});

test('framing is taken off wherever the bytes are cut', () => {
  const body = Buffer.from(
    '5;chunk-signature=ab\r\nhel\r\n\r\n10\r\n0123456789abcdef\r\n0\r\nX-Amz-Checksum-Crc32: value\r\n\r\n',
  );
  const decode = (pieces: readonly Uint8Array[]) => {
    const data: Uint8Array[] = [];
    const decoder = createAwsChunkedDecoder((bytes) => data.push(Buffer.from(bytes)));
    for (const piece of pieces) decoder.push(piece);
    const trailers = [...decoder.end()];
    return { data: Buffer.concat(data).toString(), trailers };
  };
  const expected = { data: 'hel\r\n0123456789abcdef', trailers: [['x-amz-checksum-crc32', 'value']] };
  for (let cut = 0; cut <= body.length; cut++) {
    assert.deepEqual(decode([body.subarray(0, cut), body.subarray(cut)]), expected, `cut at ${cut}`);
  }
  assert.deepEqual(decode([...body].map((byte) => Uint8Array.of(byte))), expected);
});

test('XML text comes back as it was written', () => {
  const character = fc.oneof(
    fc.constantFrom('&', '<', '>', '"', "'", '\r', '\n', '\t', '\u0001', ']]>', '&amp;', '😀'),
    fc.string(),
  );
  const written = fc.array(character).map((characters) => characters.join('').replaceAll('\0', ''));
  fc.assert(
    fc.property(written, (text) => assert.equal(parseXml(xmlText('a', text)).text, text.replace(/^\ufeff/v, '\ufeff'))),
  );
});

test('a document is read with prefixes, attributes, comments and references, and nothing is declared in it', () => {
  const document = `<?xml version="1.0"?>\n<!-- x --><s:a xmlns:s="y" z='1'><b/><s:b c="d" >&#65;&#x42;&lt;</s:b></s:a>\n`;
  assert.deepEqual(parseXml(document), {
    name: 'a',
    text: '',
    children: [
      { name: 'b', text: '', children: [] },
      { name: 'b', text: 'AB<', children: [] },
    ],
  });
  const malformed = [
    '<a>',
    '<a></b>',
    '</a>',
    '<a/><a/>',
    'x<a/>',
    '<a>&b;</a>',
    '<a>&</a>',
    '<a>&#0;</a>',
    '<a>&#xD800;</a>',
  ];
  malformed.push(
    '<!DOCTYPE a><a/>',
    '<![CDATA[x]]>',
    '<a b=c/>',
    '<',
    '<a',
    '<a>'.repeat(100_000),
    '<a>&#x110000;</a>',
    '</a/>',
  );
  for (const text of malformed) {
    assert.throws(
      () => parseXml(text),
      (error) => error instanceof S3Error && error.code === 'MalformedXML',
      text.slice(0, 40),
    );
  }
});

test('an XML reader is never caught by a text, whatever it is', () => {
  const piece = fc.constantFrom(
    '<',
    '>',
    '/',
    'a',
    '&',
    ';',
    '#',
    '"',
    '=',
    ' ',
    '<!--',
    '-->',
    '<?',
    '?>',
    '<a>',
    '</a>',
  );
  const document = fc.array(piece, { maxLength: 40 }).map((pieces) => pieces.join(''));
  fc.assert(
    fc.property(document, (text) => {
      try {
        parseXml(text);
      } catch (error) {
        assert.ok(error instanceof S3Error);
      }
    }),
    { numRuns: 2000 },
  );
});

import { generateKeyPairSync, sign } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readTlsCertificate, type TlsCertificate } from '../src/tls-certificate.ts';
import { freshPath } from './assembly-files.ts';

export interface CertificateFiles {
  readonly certFile: string;
  readonly keyFile: string;
}

const DAY_MS = 24 * 60 * 60 * 1000;

/**
 * A certificate that vouches for itself, in the form of RFC 5280, with a new key: no key that everybody knows lies about in the
 * repository, and none has expired one day.
 */
export function certificateFiles({
  addresses = ['127.0.0.1'],
  names = [],
  fromMs = Date.now() - DAY_MS,
  toMs = Date.now() + DAY_MS,
}: { addresses?: string[]; names?: string[]; fromMs?: number; toMs?: number } = {}): CertificateFiles {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const name = sequence(set(sequence(oid('550403'), element(0x0c, Buffer.from('test')))));
  const algorithm = sequence(oid('2a8648ce3d040302'));
  const alternatives = sequence(
    ...names.map((each) => element(0x82, Buffer.from(each))),
    ...addresses.map((each) => element(0x87, Buffer.from(each.split('.').map(Number)))),
  );
  const isAuthority = sequence(element(0x01, Buffer.from([0xff])));
  const extensions = [
    sequence(oid('551d13'), element(0x04, isAuthority)),
    sequence(oid('551d11'), element(0x04, alternatives)),
  ];
  const signed = sequence(
    element(0xa0, element(0x02, Buffer.from([2]))),
    element(0x02, Buffer.from([1])),
    algorithm,
    name,
    sequence(time(fromMs), time(toMs)),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    element(0xa3, sequence(...extensions)),
  );
  const signature = element(0x03, Buffer.from([0]), sign('sha256', signed, privateKey));
  const folder = freshPath();
  mkdirSync(folder, { recursive: true });
  const files = { certFile: join(folder, 'cert.pem'), keyFile: join(folder, 'key.pem') };
  writeFileSync(files.certFile, pem('CERTIFICATE', sequence(signed, algorithm, signature)));
  writeFileSync(files.keyFile, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
  return files;
}

export function certificate(files = certificateFiles()): TlsCertificate {
  return readTlsCertificate(files);
}

function element(tag: number, ...content: Buffer[]): Buffer {
  const value = Buffer.concat(content);
  const { length } = value;
  const size = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), value]);
}

function sequence(...content: Buffer[]): Buffer {
  return element(0x30, ...content);
}

function set(...content: Buffer[]): Buffer {
  return element(0x31, ...content);
}

function oid(hex: string): Buffer {
  return element(0x06, Buffer.from(hex, 'hex'));
}

function time(epochMs: number): Buffer {
  const text = new Date(epochMs).toISOString().replaceAll(/[\-:T]|\.\d+/gv, '');
  return element(0x18, Buffer.from(text));
}

function pem(label: string, der: Buffer): string {
  const lines = der.toString('base64').replaceAll(/.{64}/gv, '$&\n');
  return `-----BEGIN ${label}-----\n${lines}\n-----END ${label}-----\n`;
}

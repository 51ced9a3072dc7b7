import { resolve } from 'node:path';
import { HostError, readTlsCertificate, type TlsCertificate } from '../../../local/host/src/index.ts';
import { CliError } from './cli-error.ts';
import { exitCode } from './exit-code.ts';
import { isLoopback } from './loopback.ts';
import type { ServerVoice } from './server-voice.ts';

/** @throws {CliError} if there is only one of both files, or a certificate that cannot be used. */
export function tlsOf({ tlsCert, tlsKey }: { tlsCert?: string; tlsKey?: string }): TlsCertificate | undefined {
  if (tlsCert === undefined && tlsKey === undefined) return undefined;
  if (tlsCert === undefined || tlsKey === undefined) {
    const [given, missing] = tlsKey === undefined ? ['--tls-cert', '--tls-key'] : ['--tls-key', '--tls-cert'];
    throw new CliError(
      exitCode.usage,
      `${given} needs ${missing} beside it.`,
      `Name both files, or leave out ${given}.`,
    );
  }
  try {
    return readTlsCertificate({ certFile: resolve(tlsCert), keyFile: resolve(tlsKey) });
  } catch (error) {
    throw error instanceof HostError ? new CliError(exitCode.usage, error.message, error.nextStep) : error;
  }
}

/** Whoever comes from elsewhere is to know whom they reached, and that nobody has read it on its way. */
export function warnOfOpenHost(host: string, tls: TlsCertificate | undefined, voice: ServerVoice): void {
  if (tls === undefined) {
    if (!isLoopback(host))
      voice.warn(`--host ${host} opens this to your network, unencrypted: what is sent can be read on its way.`);
  } else if (isLoopback(host) && !tls.covers(host)) {
    const names = tls.names.length > 0 ? `It is for ${tls.names.join(', ')}.` : 'It names no host.';
    voice.warn(`Clients that come to ${host} will not take the certificate of --tls-cert for it. ${names}`);
  }
}

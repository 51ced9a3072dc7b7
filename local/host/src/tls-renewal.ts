import { HostError } from './errors.ts';
import type { Log } from './log.ts';
import type { TlsCertificate } from './tls-certificate.ts';

/** Certificates are renewed days before they end. */
const EVERY_MS = 60_000;

/**
 * Looks once a minute whether the files of a certificate have changed, and has a server show what is in them. While that cannot be
 * used, such as between the change of the one file and that of the other, it goes on with what it has, and the log says why once.
 *
 * @param show told of each certificate that is new; connections that there are go on as they are.
 * @returns what ends it.
 */
export function followRenewals(tls: TlsCertificate, show: (renewed: TlsCertificate) => void, log: Log): () => void {
  let shown = tls;
  let told: string | undefined;
  const look = () => {
    try {
      const renewed = shown.renewed();
      told = undefined;
      if (renewed === undefined) return;
      show(renewed);
      shown = renewed;
      log.info('tls.renewed', { names: renewed.names, until: renewed.until });
    } catch (error) {
      if (!(error instanceof HostError)) throw error;
      if (error.message !== told) log.error('tls.not-renewed', { error, until: shown.until });
      told = error.message;
    }
  };
  const looking = setInterval(look, EVERY_MS).unref();
  return () => clearInterval(looking);
}

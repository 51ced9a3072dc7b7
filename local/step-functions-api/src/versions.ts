import { ValidationException } from './errors.ts';

/** Versions are not kept here. Somebody who asks for one has to know, rather than deploy without it. */
export function refusePublishing(request: { publish?: boolean; versionDescription?: string }): void {
  if (request.publish) throw new ValidationException('publish is not supported here: no versions are kept');
  if (request.versionDescription !== undefined) {
    throw new ValidationException('Version description can only be set when publish is true');
  }
}

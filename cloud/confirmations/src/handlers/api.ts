import { readNotifyConfig } from '../config.ts';
import { behindHttpApi } from '../http/behind-http-api.ts';
import { createConfirmationsApi } from '../http/confirmations-api.ts';
import { openLinks } from '../links/open-links.ts';
import { observed, reportFailure } from '../observe.ts';
import { openConfirmations } from '../open-confirmations.ts';

const api = createConfirmationsApi({
  ...openConfirmations(process.env),
  links: openLinks(readNotifyConfig(process.env), Date.now),
  personClaim: process.env['PERSON_CLAIM'],
  onFailure: reportFailure,
});

export const handler = observed(behindHttpApi(api));

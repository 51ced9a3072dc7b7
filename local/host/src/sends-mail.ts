import type { ResourceDeclaration } from './template.ts';

/** Whether an app may send mails, as far as its templates tell: by what it subscribes, identifies or allows its functions. */
export function sendsMail(resources: readonly ResourceDeclaration[]): boolean {
  return resources.some(({ type, properties }) => {
    if (type.startsWith('AWS::SES::')) return true;
    const text = JSON.stringify(properties);
    return type.startsWith('AWS::SNS::') ? /"Protocol":"email/v.test(text) : isPolicy(type, text);
  });
}

function isPolicy(type: string, text: string): boolean {
  return type.startsWith('AWS::IAM::') && /"ses:(?:\*|Send)/v.test(text);
}

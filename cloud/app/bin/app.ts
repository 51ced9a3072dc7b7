import { App } from 'aws-cdk-lib';
import cdkJson from '../../../cdk.json' with { type: 'json' };
import { OrderApprovalStack } from '../src/order-approval-stack.ts';
import { WrongWait } from '../../constructs/src/index.ts';
import { readSettings, WrongSetting } from '../src/settings.ts';

/** Without the CLI nothing is deployed: somebody runs the app on one machine, and waits for it. */
const isForDeployment = process.env['CDK_CLI_VERSION'] !== undefined;

/** Instead of 1, with which Node ends for whatever else goes wrong. */
const WRONG_SETTING_EXIT_CODE = 2;

try {
  synthesise();
} catch (error) {
  if (!(error instanceof WrongSetting || error instanceof WrongWait)) throw error;
  // Whoever gave a setting is to read what is wrong with it, and not where in here it was found out.
  process.stderr.write(`${error.message.replace(/\.?$/v, '.')}\n`);
  process.exitCode = WRONG_SETTING_EXIT_CODE;
}

function synthesise(): void {
  const app = new App({
    // What the CLI hands over: the context of cdk.json, and that resources tell where they come from. Without the CLI this file
    // is all that runs, and it has to give the same template.
    context: {
      ...cdkJson.context,
      'aws:cdk:enable-path-metadata': true,
      'aws:cdk:enable-asset-metadata': true,
    },
    // Checking the template against CloudFormation's own rules takes longer than everything else together.
    builtinCloudFormationValidation: isForDeployment,
  });
  const { stackName, console, ...settings } = readSettings(app.node, process.env);
  // A host shows the web page itself.
  const pages = console === true && isForDeployment ? { console } : {};
  // oxlint-disable-next-line no-new -- a stack is made for what it adds to the app
  new OrderApprovalStack(app, stackName, { ...settings, ...pages });

  app.synth();
}

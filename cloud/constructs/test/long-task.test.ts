import { App, Duration, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { type IVpc, Port, SecurityGroup, Vpc } from 'aws-cdk-lib/aws-ec2';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { DefinitionBody, JsonPath, Pass, StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import {
  BatchLongTasks,
  FargateLongTasks,
  LongTask,
  type LongTaskProps,
  type LongTasks,
  type LongTasksProps,
} from '../src/index.ts';

// A studio that renders films: a state machine of somebody who has no orders.

const folder = mkdtempSync(join(tmpdir(), 'countersign-long-task-'));
after(() => rmSync(folder, { recursive: true }));
const entry = join(folder, 'render.ts');
writeFileSync(entry, `const frames: number = 24; console.log(frames);`);
writeFileSync(
  join(folder, 'Dockerfile'),
  'FROM python:3-slim\nCOPY supervisor/ /supervisor/\nENTRYPOINT ["node", "/supervisor/index.mjs"]\nCMD ["python3", "/render.py"]\n',
);
writeFileSync(join(folder, 'render.py'), 'print("frames")');

type On = 'batch' | 'fargate';

class Studio {
  readonly stack: Stack;
  readonly longTasks: LongTasks;

  constructor(
    on: On,
    props: (stack: Stack) => LongTasksProps = () => ({}),
    app = new App({ builtinCloudFormationValidation: false, context: { 'aws:cdk:bundling-stacks': [] } }),
  ) {
    this.stack = new Stack(app, 'Studio');
    const Kind = on === 'batch' ? BatchLongTasks : FargateLongTasks;
    this.longTasks = new Kind(this.stack, 'LongTasks', props(this.stack));
  }

  task(props: Partial<LongTaskProps> = {}, id = 'Render'): LongTask {
    return new LongTask(this.stack, id, { longTasks: this.longTasks, program: { entry }, ...props });
  }

  machine(task: LongTask): StateMachine {
    const definition = task.next(new Pass(this.stack, 'Shown'));
    const machine = new StateMachine(this.stack, 'Films', { definitionBody: DefinitionBody.fromChainable(definition) });
    this.longTasks.serve(machine);
    return machine;
  }
}

function statesOf(template: Template): Record<string, Record<string, unknown>> {
  const [{ Properties } = assert.fail('there is no state machine')] = Object.values(
    template.findResources('AWS::StepFunctions::StateMachine'),
  ) as { Properties: { DefinitionString: { 'Fn::Join': [string, unknown[]] } } }[];
  const [, parts] = Properties.DefinitionString['Fn::Join'];
  const text = parts.map((part) => (typeof part === 'string' ? part : 'X')).join('');
  return (JSON.parse(text) as { States: Record<string, Record<string, unknown>> }).States;
}

for (const on of ['batch', 'fargate'] as const) {
  test(`${on}: containers run in the private subnets of a VPC that is given, without a public address`, () => {
    const studio = new Studio(on, (stack) => ({ vpc: new Vpc(stack, 'Own', { maxAzs: 2 }) as IVpc }));
    studio.machine(studio.task());
    const text = JSON.stringify(Template.fromStack(studio.stack).toJSON());
    assert.ok(!text.includes('LongTasksNetworkVpc'), 'there is no second VPC');
    assert.ok(!text.includes('"AssignPublicIp":"ENABLED"') && !text.includes('"ASSIGN_PUBLIC_IP":"ENABLED"'));
    assert.match(text, /OwnPrivateSubnet1/v);
  });

  test(`${on}: what the program may do is granted to the task, and what it may reach to all of them`, () => {
    const studio = new Studio(on);
    const task = studio.task();
    new Bucket(studio.stack, 'Reels').grantRead(task);
    const database = new SecurityGroup(studio.stack, 'Database', { vpc: studio.longTasks.network.vpc });
    studio.longTasks.connections.allowTo(database, Port.tcp(5432));
    studio.machine(task);
    const template = Template.fromStack(studio.stack);
    const policies = template.findResources('AWS::IAM::Policy', { Properties: { Roles: [{ Ref: roleOf(template) }] } });
    assert.match(JSON.stringify(policies), /Reels/v);
    template.hasResourceProperties('AWS::EC2::SecurityGroupIngress', { FromPort: 5432 });
  });

  test(`${on}: long tasks that no state machine is told of do not synthesise`, () => {
    const app = new App({ builtinCloudFormationValidation: false, context: { 'aws:cdk:bundling-stacks': [] } });
    new Studio(on, undefined, app).task();
    assert.throws(() => app.synth(), /longTasks\.serve\(stateMachine\)/v);
  });
}

function roleOf(template: Template): string {
  return Object.keys(template.findResources('AWS::IAM::Role')).find((id) => id.startsWith('RenderRole')) ?? '';
}

test('the result of a job goes where that of any state goes', () => {
  const states = (resultPath: string) => {
    const studio = new Studio('batch');
    studio.machine(studio.task({ resultPath, input: '$.film', taskId: '$.filmId' }));
    return statesOf(Template.fromStack(studio.stack));
  };
  const whole = states('$');
  assert.deepEqual(Object.keys(whole), ['RenderInput', 'Render', 'RenderResult', 'Shown']);
  assert.equal(whole['RenderResult']?.['OutputPath'], '$.result');
  assert.partialDeepStrictEqual(whole['RenderInput']?.['Parameters'], {
    'Body.$': '$.film',
    'Key.$': "States.Format('tasks/{}/input.json', $.filmId)",
  });
  const beside = states('$.rendered');
  assert.equal(beside['RenderResult']?.['ResultPath'], '$.rendered');
  assert.partialDeepStrictEqual(beside['RenderTake'], { InputPath: '$.rendered.result', ResultPath: '$.rendered' });
  assert.deepEqual(Object.keys(states(JsonPath.DISCARD)), ['RenderInput', 'Render', 'Shown']);
});

test('spare capacity is taken where it is asked for', () => {
  const batch = new Studio('batch', () => ({ spot: true }));
  batch.machine(batch.task());
  Template.fromStack(batch.stack).hasResourceProperties('AWS::Batch::ComputeEnvironment', {
    ComputeResources: { Type: 'FARGATE_SPOT' },
  });
  const fargate = new Studio('fargate', () => ({ spot: true }));
  fargate.machine(fargate.task());
  const template = Template.fromStack(fargate.stack);
  template.resourceCountIs('AWS::ECS::ClusterCapacityProviderAssociations', 1);
  template.hasResourceProperties('AWS::Lambda::Function', { Environment: { Variables: { CAPACITY: 'FARGATE_SPOT' } } });
});

test('what cannot be is refused, with what was given and what would be right', () => {
  const wrong = (props: Partial<LongTaskProps>, hint: RegExp) => {
    assert.throws(() => new Studio('fargate').task(props), hint);
  };
  wrong({ timeout: Duration.days(15) }, /timeout of LongTask "Render" is 1 minute to 14 days, not 1296000 seconds/v);
  wrong({ timeout: Duration.seconds(59) }, /1 minute to 14 days, not 59/v);
  wrong({ heartbeat: Duration.seconds(10) }, /heartbeat of LongTask "Render" is 1 minute at least/v);
  wrong({ attempts: 0 }, /attempts of LongTask "Render" are 1 to 10, not 0/v);
  wrong({ environment: { SUPERVISOR_BUCKET: 'mine' } }, /names that are taken: SUPERVISOR_BUCKET/v);
  wrong({ program: { directory: tmpdir() } }, /has a Dockerfile; there is none in/v);
});

/** Of the one image of an app that is bundled as for a deployment. */
function imageFolder(program: LongTaskProps['program'], name: string): string {
  const app = new App({
    builtinCloudFormationValidation: false,
    context: { 'aws:cdk:enable-asset-metadata': true },
    outdir: join(folder, name),
  });
  const studio = new Studio('fargate', undefined, app);
  studio.machine(studio.task({ program }));
  const { directory, artifacts } = app.synth();
  const assets =
    artifacts.map(({ id }) => id).find((id) => id.endsWith('.assets')) ?? assert.fail('there are no assets');
  const { dockerImages } = JSON.parse(readFileSync(join(directory, `${assets}.json`), 'utf8')) as {
    dockerImages: Record<string, { source: { directory: string; platform: string } }>;
  };
  const [{ source } = assert.fail('there is no image')] = Object.values(dockerImages);
  assert.equal(source.platform, 'linux/arm64');
  return join(directory, source.directory);
}

test('the image of a file for Node is prepared without Docker: the program, and the supervisor around it', () => {
  const image = imageFolder({ entry }, 'entry');
  assert.match(
    readFileSync(join(image, 'Dockerfile'), 'utf8'),
    /^ENTRYPOINT \["node", "\/supervisor\/index\.mjs"\]$/mv,
  );
  assert.match(readFileSync(join(image, 'program/index.mjs'), 'utf8'), /console\.log/v);
  assert.ok(existsSync(join(image, 'supervisor/index.mjs')));
});

test('a program in another language brings an image of its own, which finds the supervisor', () => {
  const image = imageFolder({ directory: folderOf('Dockerfile', 'render.py') }, 'directory');
  assert.match(readFileSync(join(image, 'Dockerfile'), 'utf8'), /^FROM python/v);
  assert.ok(existsSync(join(image, 'render.py')) && existsSync(join(image, 'supervisor/index.mjs')));
});

function folderOf(...files: string[]): string {
  const own = mkdtempSync(join(folder, 'own-'));
  for (const file of files) writeFileSync(join(own, file), readFileSync(join(folder, file)));
  return own;
}

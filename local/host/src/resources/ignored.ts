import { createHash } from 'node:crypto';
import type { Environment, Stack } from '../cloud-assembly.ts';
import { physicalName } from '../physical-name.ts';
import type { CreatedResource } from '../service.ts';
import type { JsonObject, ResourceDeclaration } from '../template.ts';

/** How a resource that changes nothing on this machine is named to the rest of the template. */
interface IgnoredType {
  /** The property with a name of its own. */
  readonly nameProperty?: string;
  readonly describe: (name: string, environment: Environment, id: string) => CreatedResource;
}

const nameOnly = (name: string): CreatedResource => ({ ref: name, attributes: {} });

function iam(kind: string, nameProperty: string, idAttribute?: string): IgnoredType {
  return {
    nameProperty,
    describe: (name, { accountId }, id) => ({
      ref: name,
      attributes: {
        Arn: `arn:aws:iam::${accountId}:${kind}/${name}`,
        ...(idAttribute !== undefined && { [idAttribute]: id.replaceAll('-', '').slice(0, 20).toUpperCase() }),
      },
    }),
  };
}

function managedPolicy(name: string, { accountId }: Environment): CreatedResource {
  const arn = `arn:aws:iam::${accountId}:policy/${name}`;
  return { ref: arn, attributes: { PolicyArn: arn } };
}

function logGroup(name: string, { region, accountId }: Environment): CreatedResource {
  return { ref: name, attributes: { Arn: `arn:aws:logs:${region}:${accountId}:log-group:${name}:*` } };
}

function key(_name: string, { region, accountId }: Environment, id: string): CreatedResource {
  return { ref: id, attributes: { KeyId: id, Arn: `arn:aws:kms:${region}:${accountId}:key/${id}` } };
}

function alarm(name: string, { region, accountId }: Environment): CreatedResource {
  return { ref: name, attributes: { Arn: `arn:aws:cloudwatch:${region}:${accountId}:alarm:${name}` } };
}

function repository(name: string, { region, accountId }: Environment): CreatedResource {
  const arn = `arn:aws:ecr:${region}:${accountId}:repository/${name}`;
  return { ref: name, attributes: { Arn: arn, RepositoryUri: `${accountId}.dkr.ecr.${region}.amazonaws.com/${name}` } };
}

/** Parts of a network: whatever runs on this machine is in one network with it. */
function ec2(prefix: string, ...idAttributes: readonly string[]): IgnoredType {
  return {
    describe(_name, { region }, id) {
      const ref = `${prefix}-0${id.replaceAll('-', '').slice(0, 16)}`;
      return {
        ref,
        attributes: {
          ...Object.fromEntries(idAttributes.map((name) => [name, ref])),
          AvailabilityZone: `${region}a`,
        },
      };
    },
  };
}

function vpc(_name: string, _environment: Environment, id: string): CreatedResource {
  const end = `0${id.replaceAll('-', '').slice(0, 16)}`;
  return {
    ref: `vpc-${end}`,
    attributes: {
      VpcId: `vpc-${end}`,
      CidrBlock: '10.0.0.0/16',
      DefaultSecurityGroup: `sg-${end}`,
      DefaultNetworkAcl: `acl-${end}`,
    },
  };
}

/** Permissions, records, alarms, keys and networks: without them the app does the same on this machine. */
const IGNORED_TYPES: ReadonlyMap<string, IgnoredType> = new Map<string, IgnoredType>([
  // Changes reach an API at once here.
  ['AWS::ApiGatewayV2::Deployment', { describe: nameOnly }],
  ['AWS::CDK::Metadata', { describe: nameOnly }],
  ['AWS::CloudFormation::WaitConditionHandle', { describe: nameOnly }],
  ['AWS::CloudWatch::Alarm', { nameProperty: 'AlarmName', describe: alarm }],
  ['AWS::CloudWatch::CompositeAlarm', { nameProperty: 'AlarmName', describe: alarm }],
  ['AWS::CloudWatch::Dashboard', { nameProperty: 'DashboardName', describe: nameOnly }],
  // Containers are processes of this machine and reach what it reaches.
  ['AWS::EC2::EIP', ec2('eipalloc', 'AllocationId', 'PublicIp')],
  ['AWS::EC2::EgressOnlyInternetGateway', ec2('eigw', 'Id')],
  ['AWS::EC2::FlowLog', ec2('fl', 'Id')],
  ['AWS::EC2::InternetGateway', ec2('igw', 'InternetGatewayId')],
  ['AWS::EC2::NatGateway', ec2('nat', 'NatGatewayId')],
  ['AWS::EC2::NetworkAcl', ec2('acl', 'Id')],
  ['AWS::EC2::NetworkAclEntry', ec2('acle', 'Id')],
  ['AWS::EC2::Route', ec2('r')],
  ['AWS::EC2::RouteTable', ec2('rtb', 'RouteTableId')],
  ['AWS::EC2::SecurityGroup', ec2('sg', 'GroupId', 'Id')],
  ['AWS::EC2::SecurityGroupEgress', ec2('sgr', 'Id')],
  ['AWS::EC2::SecurityGroupIngress', ec2('sgr', 'Id')],
  ['AWS::EC2::Subnet', ec2('subnet', 'SubnetId')],
  ['AWS::EC2::SubnetNetworkAclAssociation', ec2('aclassoc', 'AssociationId')],
  ['AWS::EC2::SubnetRouteTableAssociation', ec2('rtbassoc', 'Id')],
  ['AWS::EC2::VPC', { describe: vpc }],
  ['AWS::EC2::VPCEndpoint', ec2('vpce', 'Id')],
  ['AWS::EC2::VPCGatewayAttachment', ec2('vpcga')],
  ['AWS::ECR::Repository', { nameProperty: 'RepositoryName', describe: repository }],
  // Who may put events, and what is kept of them for later.
  ['AWS::Events::Archive', { nameProperty: 'ArchiveName', describe: nameOnly }],
  ['AWS::Events::EventBusPolicy', { describe: nameOnly }],
  ['AWS::IAM::Group', iam('group', 'GroupName')],
  ['AWS::IAM::InstanceProfile', iam('instance-profile', 'InstanceProfileName')],
  ['AWS::IAM::ManagedPolicy', { nameProperty: 'ManagedPolicyName', describe: managedPolicy }],
  ['AWS::IAM::Policy', { nameProperty: 'PolicyName', describe: nameOnly }],
  ['AWS::IAM::Role', iam('role', 'RoleName', 'RoleId')],
  ['AWS::IAM::RolePolicy', { describe: nameOnly }],
  ['AWS::IAM::User', iam('user', 'UserName')],
  ['AWS::KMS::Alias', { nameProperty: 'AliasName', describe: nameOnly }],
  ['AWS::KMS::Key', { describe: key }],
  // How often an event is tried again, and who hears of it when all was in vain.
  ['AWS::Lambda::EventInvokeConfig', { describe: nameOnly }],
  ['AWS::Lambda::Permission', { describe: nameOnly }],
  ['AWS::Logs::LogGroup', { nameProperty: 'LogGroupName', describe: logGroup }],
  ['AWS::Logs::LogStream', { nameProperty: 'LogStreamName', describe: nameOnly }],
  ['AWS::Logs::MetricFilter', { nameProperty: 'FilterName', describe: nameOnly }],
  ['AWS::Logs::QueryDefinition', { describe: nameOnly }],
  ['AWS::Logs::ResourcePolicy', { nameProperty: 'PolicyName', describe: nameOnly }],
  ['AWS::S3::BucketPolicy', { describe: nameOnly }],
  ['AWS::SNS::TopicInlinePolicy', { describe: nameOnly }],
  ['AWS::SNS::TopicPolicy', { describe: nameOnly }],
  ['AWS::SecretsManager::ResourcePolicy', { describe: nameOnly }],
  ['AWS::XRay::Group', { describe: nameOnly }],
  ['AWS::XRay::SamplingRule', { describe: nameOnly }],
  // What they do belongs to a deployment or its removal: emptying a bucket, setting a retention, closing a group.
  ['Custom::LogRetention', { describe: nameOnly }],
  ['Custom::S3AutoDeleteObjects', { describe: nameOnly }],
  ['Custom::VpcRestrictDefaultSG', { describe: nameOnly }],
]);

export function isIgnored(type: string): boolean {
  return IGNORED_TYPES.has(type);
}

/** Only the name among its properties is looked at: what the rest would need is not needed here. */
export function ignoredResource(
  stack: Stack,
  { logicalId, type, properties }: ResourceDeclaration,
  resolveProperties: (some: JsonObject) => JsonObject,
): CreatedResource {
  const { nameProperty = '', describe = nameOnly } = IGNORED_TYPES.get(type) ?? {};
  const given = Object.hasOwn(properties, nameProperty) ? properties[nameProperty] : undefined;
  const resolved = given === undefined ? undefined : resolveProperties({ [nameProperty]: given })[nameProperty];
  const name = typeof resolved === 'string' ? resolved : physicalName(stack.name, logicalId, { maxLength: 64 });
  return describe(name, stack.environment, uuidFrom(`${stack.name}/${logicalId}`));
}

/** An id in the form of a UUID that is the same at every start. */
function uuidFrom(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join('-');
}

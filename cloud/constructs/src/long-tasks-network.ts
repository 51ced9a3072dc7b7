import { Fn, RemovalPolicy } from 'aws-cdk-lib';
import {
  FlowLogDestination,
  FlowLogTrafficType,
  GatewayVpcEndpointAwsService,
  type ISecurityGroup,
  type IVpc,
  Peer,
  Port,
  SecurityGroup,
  type SelectedSubnets,
  SubnetType,
  Vpc,
} from 'aws-cdk-lib/aws-ec2';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';

/**
 * Where containers are in the network: in subnets of a VPC of their own, or of one that is given.
 *
 * Their own has no NAT gateway, which costs some $32 a month whether or not anything runs, and no interface endpoints, which
 * cost about as much. A container has a public address as long as it runs instead ($0.005 an hour). Nobody can connect to it:
 * its security group lets nothing in. Its own calls go out by TLS, and those to S3 through a gateway endpoint, which is free.
 */
export class LongTasksNetwork extends Construct {
  readonly vpc: IVpc;
  readonly subnets: SelectedSubnets;
  readonly assignsPublicIp: boolean;
  readonly securityGroup: ISecurityGroup;

  constructor(scope: Construct, id: string, vpc?: IVpc) {
    super(scope, id);
    // A Vpc is an IVpc; CDK's declarations just do not say so under exactOptionalPropertyTypes.
    this.vpc = vpc ?? (ownVpc(this) as IVpc);
    this.assignsPublicIp = vpc === undefined || vpc.privateSubnets.length === 0;
    const subnetType = this.assignsPublicIp ? SubnetType.PUBLIC : SubnetType.PRIVATE_WITH_EGRESS;
    this.subnets = this.vpc.selectSubnets({ subnetType });
    const securityGroup = new SecurityGroup(this, 'SecurityGroup', {
      vpc: this.vpc,
      description: 'Long tasks: nothing comes in, calls go out by TLS',
      allowAllOutbound: false,
    });
    securityGroup.addEgressRule(Peer.anyIpv4(), Port.HTTPS, 'Calls to AWS and others');
    this.securityGroup = securityGroup;
  }
}

/** The first two zones of whatever region it is, so that nothing has to be looked up to synthesise it. */
function ownVpc(scope: Construct): Vpc {
  const vpc = new Vpc(scope, 'Vpc', {
    availabilityZones: [0, 1].map((index) => Fn.select(index, Fn.getAzs())),
    natGateways: 0,
    subnetConfiguration: [{ name: 'Public', subnetType: SubnetType.PUBLIC, mapPublicIpOnLaunch: false }],
    gatewayEndpoints: { S3: { service: GatewayVpcEndpointAwsService.S3 } },
    // Nothing is in it; emptying it takes a function that may change every security group of the account.
    restrictDefaultSecurityGroup: false,
  });
  const logGroup = new LogGroup(scope, 'FlowLog', {
    retention: RetentionDays.ONE_MONTH,
    removalPolicy: RemovalPolicy.DESTROY,
  });
  vpc.addFlowLog('FlowLog', {
    destination: FlowLogDestination.toCloudWatchLogs(logGroup),
    // What was refused is what somebody looks for. All would be a line for each connection of each program.
    trafficType: FlowLogTrafficType.REJECT,
  });
  return vpc;
}

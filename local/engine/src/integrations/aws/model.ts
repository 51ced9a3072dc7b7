/**
 * What a call of a service needs to know of it, taken from the API models that AWS publishes.
 * `scripts/aws-models.ts` makes the files.
 */
export interface ServiceModel {
  /** As AWS writes it: `DynamoDB`, `CloudWatch Logs`. */
  readonly serviceId: string;
  readonly signingName: string;
  readonly apiVersion: string;
  readonly protocol: 'json' | 'rest-json' | 'rest-xml' | 'query' | 'ec2';
  readonly jsonVersion?: string;
  readonly targetPrefix?: string;
  /** It spoke the query protocol before, and gives its old error codes to who asks for them. */
  readonly isQueryCompatible?: boolean;
  readonly xmlNamespace?: string;
  readonly operations: Readonly<Record<string, Operation>>;
  readonly shapes: Readonly<Record<string, Shape>>;
  /** The name of each error by the code that a reply gives. */
  readonly errors: Readonly<Record<string, string>>;
}

export interface Operation {
  /** @default POST */
  readonly method?: string;
  /** @default / */
  readonly path?: string;
  readonly input?: MemberRef;
  readonly output?: MemberRef;
  readonly hostPrefix?: string;
  readonly needsMd5?: boolean;
  readonly takesChecksum?: boolean;
  readonly unsigned?: boolean;
  readonly eventStream?: boolean;
}

export type ScalarType = 'string' | 'integer' | 'long' | 'float' | 'double' | 'boolean' | 'timestamp' | 'blob';

/** A scalar with its type, or the name of a shape. */
export interface MemberRef {
  readonly type?: ScalarType;
  readonly shape?: string;
  readonly location?: 'uri' | 'querystring' | 'header' | 'headers' | 'statusCode';
  readonly locationName?: string;
  readonly queryName?: string;
  readonly resultWrapper?: string;
  readonly timestampFormat?: TimestampFormat;
  readonly flattened?: boolean;
  readonly jsonvalue?: boolean;
  readonly idempotencyToken?: boolean;
  readonly xmlAttribute?: boolean;
  readonly xmlNamespace?: XmlNamespace | string;
  readonly streaming?: boolean;
  readonly hostLabel?: boolean;
  /** Of what comes back: the least number, or length of a text. */
  readonly min?: number;
  readonly max?: number;
}

export interface XmlNamespace {
  readonly uri: string;
  readonly prefix?: string;
}

export type TimestampFormat = 'unixTimestamp' | 'iso8601' | 'rfc822';

export type Shape = StructureShape | ListShape | MapShape | { readonly type: 'document' };

export interface StructureShape {
  readonly type: 'structure';
  readonly members: Readonly<Record<string, MemberRef>>;
  readonly required?: readonly string[];
  /** The member that is the body. */
  readonly payload?: string;
  readonly xmlNamespace?: XmlNamespace;
}

export interface ListShape {
  readonly type: 'list';
  readonly member: MemberRef;
  readonly flattened?: boolean;
}

export interface MapShape {
  readonly type: 'map';
  readonly key: MemberRef;
  readonly value: MemberRef;
  readonly flattened?: boolean;
}

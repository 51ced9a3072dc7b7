import type { Stack } from './cloud-assembly.ts';
import type { JsonObject } from './template.ts';

/** A resource as its template declares it, every intrinsic function resolved. */
export interface DeclaredResource {
  readonly stack: Stack;
  readonly logicalId: string;
  readonly type: string;
  readonly properties: JsonObject;
}

/** What the rest of the template may say about a resource. */
export interface CreatedResource {
  /** What `Ref` gives. */
  readonly ref: string;
  /** What `Fn::GetAtt` gives, by attribute name. */
  readonly attributes: Readonly<Record<string, string>>;
}

export type CreateResource = (resource: DeclaredResource) => CreatedResource | Promise<CreatedResource>;

/**
 * Runs the resources of some CloudFormation types on this machine.
 *
 * Each resource is created after those it depends on, at every start: what is kept in the data folder must be found
 * again by its name, and only a difference be written.
 */
export interface Service {
  /** How each CloudFormation type of this service is created. */
  readonly types: Readonly<Record<string, CreateResource>>;
  /** Called once, when every resource of every stack exists. */
  start?(): void | Promise<void>;
  close?(): void | Promise<void>;
}

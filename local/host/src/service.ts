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

export type CreateResource<Context> = (
  context: Context,
  resource: DeclaredResource,
) => CreatedResource | Promise<CreatedResource>;

import type { Json, JsonObject } from '../../../../asl/src/index.ts';
import { capitalized, sdkParameterName } from './names.ts';
import { isoText } from './scalars.ts';
import type { MemberRef, ServiceModel, Shape, StructureShape } from './model.ts';

/** How Step Functions shows what a service knows under other names: two generations of the AWS SDK for Java did it differently. */
export interface Codec {
  readonly model: ServiceModel;
  /** What a definition calls a member of the model. */
  readonly shownName: (memberName: string) => string;
  readonly shownInstant: (instant: Date) => Json;
}

/** For `aws-sdk:…`, which Step Functions makes with the second. */
export function sdkCodec(model: ServiceModel): Codec {
  return { model, shownName: sdkParameterName, shownInstant: isoText };
}

/** For the optimised integrations, which it makes with the first. */
export function optimisedCodec(model: ServiceModel): Codec {
  return { model, shownName: capitalized, shownInstant: (instant) => instant.getTime() };
}

export function shapeOf({ model }: Codec, ref: MemberRef | undefined): Shape | undefined {
  return ref?.shape === undefined ? undefined : model.shapes[ref.shape];
}

export function structureOf(codec: Codec, ref: MemberRef | undefined): StructureShape | undefined {
  const shape = shapeOf(codec, ref);
  return shape?.type === 'structure' ? shape : undefined;
}

/** The members in the order of their shown names, which is the order of results. */
export function shownMembers(
  codec: Codec,
  { members }: StructureShape,
): { name: string; member: string; ref: MemberRef }[] {
  return Object.entries(members)
    .map(([member, ref]) => ({ name: codec.shownName(member), member, ref }))
    .sort((left, right) => (left.name < right.name ? -1 : 1));
}

/** A parameter by the name that Step Functions shows, or as the service itself writes it with a capital, such as `BOOL`. */
export function givenMember(given: JsonObject, member: string, codec: Codec): Json | undefined {
  return given[codec.shownName(member)] ?? given[capitalized(member)];
}

/** What a request may hold, in the words of the service's API model: its shapes are in `shapes.ts`. */
export type Member = StringMember | IntegerMember | FloatMember | BooleanMember | StructureMember | ListMember;
export type Members = Readonly<Record<string, Member>>;

interface AnyMember {
  readonly required?: true;
}
interface StringMember extends AnyMember {
  readonly type: 'string';
  readonly min?: number;
  readonly max?: number;
  readonly pattern?: RegExp;
  readonly enum?: readonly string[];
  /** Its value is not repeated in error messages. */
  readonly sensitive?: true;
  /** What the service itself asks of the value, once all members keep to the model. Throws what it has to say. */
  readonly check?: (value: string) => void;
}
interface IntegerMember extends AnyMember {
  readonly type: 'integer' | 'long';
  readonly min?: number;
  readonly max?: number;
}
interface FloatMember extends AnyMember {
  readonly type: 'float';
  readonly min?: number;
  readonly max?: number;
}
interface BooleanMember extends AnyMember {
  readonly type: 'boolean';
}
interface StructureMember extends AnyMember {
  readonly type: 'structure';
  readonly members: Members;
}
interface ListMember extends AnyMember {
  readonly type: 'list';
  readonly min?: number;
  readonly max?: number;
  readonly member: Member;
}

/** The type of a request that has passed `parseRequest`. */
export type RequestOf<M extends Members> = {
  [K in keyof M as M[K] extends { required: true } ? K : never]: ValueOf<M[K]>;
} & {
  [K in keyof M as M[K] extends { required: true } ? never : K]?: ValueOf<M[K]>;
};

type ValueOf<M extends Member> = M extends { enum: readonly (infer E)[] }
  ? E
  : M extends { type: 'string' }
    ? string
    : M extends { type: 'integer' | 'long' | 'float' }
      ? number
      : M extends { type: 'boolean' }
        ? boolean
        : M extends { type: 'structure'; members: infer N extends Members }
          ? RequestOf<N>
          : M extends { type: 'list'; member: infer N extends Member }
            ? ValueOf<N>[]
            : never;

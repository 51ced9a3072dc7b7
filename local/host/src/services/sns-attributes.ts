import type { Json } from '../template.ts';
import { formList } from './aws-actions.ts';
import { AwsError } from './aws-error.ts';

/** By name; a binary value is base64. @see SNS Developer Guide, "Message attributes" */
export type MessageAttributes = ReadonlyMap<string, { readonly type: string; readonly value: string }>;

/** @throws {AwsError} as Publish does. */
export function readAttributes(form: ReadonlyMap<string, string>): MessageAttributes {
  return new Map(
    formList(form, 'MessageAttributes.entry').map((entry) => {
      const name = entry.get('Name') ?? '';
      const type = entry.get('Value.DataType') ?? '';
      const value = entry.get(type.startsWith('Binary') ? 'Value.BinaryValue' : 'Value.StringValue');
      if (name === '' || value === undefined || !/^(?:String|Number|Binary)(?:\.|$)/v.test(type)) {
        throw new AwsError(
          'ParameterValueInvalid',
          `The message attribute ${JSON.stringify(name)} has no value of its type.`,
        );
      }
      return [name, { type, value }];
    }),
  );
}

/** What a filter policy compares: numbers as numbers, an array as its elements. */
export function attributeValues(attributes: MessageAttributes): Json {
  return Object.fromEntries([...attributes].map(([name, { type, value }]) => [name, attributeValue(type, value)]));
}

function attributeValue(type: string, value: string): Json {
  if (type === 'Number') return Number(value);
  if (type !== 'String.Array') return value;
  try {
    const elements: Json = JSON.parse(value);
    return elements;
  } catch {
    return value;
  }
}

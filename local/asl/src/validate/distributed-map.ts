import { isObject, type Json, type JsonObject } from '../json.ts';
import { quotable, type Problem } from '../problem.ts';
import { argumentsObject } from './arguments.ts';
import { allOf, integer, jsonata, jsonPath, listOf, objectOf, oneOfTexts, text, type Check } from './check.ts';
import { expressionOr } from './jsonata.ts';
import { referencePath } from './path.ts';
import { template } from './payload-template.ts';
import { fault, inside, type Place } from './place.ts';
import { requiredMembers } from './required-members.ts';

/** Where the items of a distributed Map come from. @see https://docs.aws.amazon.com/step-functions/latest/dg/input-output-itemreader.html */
export const itemReader: Check = allOf(
  objectOf({
    required: ['Resource'],
    fields: {
      Comment: text,
      Resource: oneOfResources('s3:getObject', 's3:listObjectsV2'),
      Parameters: jsonPath(template()),
      Arguments: jsonata(argumentsObject),
      ReaderConfig: allOf(
        objectOf({
          exclusive: [['MaxItems', 'MaxItemsPath']],
          fields: {
            InputType: oneOfTexts('CSV', 'JSON', 'JSONL', 'MANIFEST', 'PARQUET'),
            ManifestType: oneOfTexts('ATHENA_DATA', 'S3_INVENTORY'),
            Transformation: oneOfTexts('NONE', 'LOAD_AND_FLATTEN'),
            CSVDelimiter: oneOfTexts('COMMA', 'PIPE', 'SEMICOLON', 'SPACE', 'TAB'),
            CSVHeaderLocation: oneOfTexts('FIRST_ROW', 'GIVEN'),
            CSVHeaders: listOf(text, 1),
            ItemsPointer: text,
            MaxItems: expressionOr(integer(0, 100_000_000), 'Integer'),
            MaxItemsPath: jsonPath(referencePath),
          },
        }),
        headersWhereGiven,
      ),
    },
  }),
  sourceOfItems,
);

/** How many items a child workflow gets. @see https://docs.aws.amazon.com/step-functions/latest/dg/input-output-itembatcher.html */
export const itemBatcher: Check = allOf(
  objectOf({
    exclusive: [
      ['MaxItemsPerBatch', 'MaxItemsPerBatchPath'],
      ['MaxInputBytesPerBatch', 'MaxInputBytesPerBatchPath'],
    ],
    fields: {
      BatchInput: template(),
      MaxItemsPerBatch: expressionOr(integer(1, 100_000_000), 'Integer'),
      MaxItemsPerBatchPath: jsonPath(referencePath),
      MaxInputBytesPerBatch: expressionOr(integer(1, 262_144), 'Integer'),
      MaxInputBytesPerBatchPath: jsonPath(referencePath),
    },
  }),
  sizeOfBatch,
);

/** Where the results of the child workflows go. @see https://docs.aws.amazon.com/step-functions/latest/dg/input-output-resultwriter.html */
export const resultWriter: Check = allOf(
  objectOf({
    fields: {
      Resource: oneOfResources('s3:putObject'),
      Parameters: jsonPath(template()),
      Arguments: jsonata(argumentsObject),
      WriterConfig: objectOf({
        fields: { OutputType: oneOfTexts('JSON', 'JSONL'), Transformation: oneOfTexts('NONE', 'COMPACT', 'FLATTEN') },
      }),
    },
  }),
  destinationOfResults,
);

const LABEL_LENGTH_MAX = 40;
/** White space, wildcards, brackets, what an ARN or a URL gives a meaning to, and control characters. */
const NOT_IN_LABEL = /[\s?*<>{}[\]:;,\\|^~$#%&`"\p{Cc}]/u;

/** What the ARNs of the Map's runs are called by. @see https://docs.aws.amazon.com/step-functions/latest/dg/state-map-distributed.html */
export function* label(value: Json, place: Place): Iterable<Problem> {
  if (typeof value !== 'string') yield fault(place, 'Expected value of type String');
  else if (value === '') yield fault(place, 'Label cannot be empty');
  else if (value.length > LABEL_LENGTH_MAX) yield fault(place, `Label cannot exceed ${LABEL_LENGTH_MAX} characters`);
  else {
    const [character] = NOT_IN_LABEL.exec(value) ?? [];
    if (character !== undefined) yield fault(place, `Label contains invalid character: '${printable(character)}'`);
  }
}

function printable(character: string): string {
  return /[\s\p{Cc}]/u.test(character) ? `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}` : character;
}

function oneOfResources(...calls: readonly string[]): Check {
  return function* checkResource(value, place) {
    if (typeof value !== 'string') yield fault(place, 'Expected value of type String');
    else if (!/^arn:[a-z-]+:./.test(value)) yield fault(place, 'Value is not a valid resource ARN');
    else if (!calls.some((call) => new RegExp(`^arn:[a-z-]+:states:::${call}$`).test(value))) {
      yield fault(place, `The resource provided ${quotable(value)} is not supported here: [${calls.join(', ')}]`);
    }
  };
}

function* sourceOfItems(reader: Json, place: Place): Iterable<Problem> {
  if (!isObject(reader) || typeof reader['Resource'] !== 'string') return;
  const isObjectRead = reader['Resource'].endsWith(':getObject');
  yield* bucketIn(reader, isObjectRead ? ['Bucket', 'Key'] : ['Bucket'], place);
  const config = reader['ReaderConfig'];
  if (isObjectRead && !(isObject(config) && Object.hasOwn(config, 'InputType'))) {
    yield fault(inside(place, 'ReaderConfig'), 'These fields are required: [InputType]');
  }
}

function* headersWhereGiven(config: Json, place: Place): Iterable<Problem> {
  if (!isObject(config)) return;
  const areGiven = config['CSVHeaderLocation'] === 'GIVEN';
  const hasHeaders = Object.hasOwn(config, 'CSVHeaders');
  if (areGiven && !hasHeaders) yield fault(place, 'These fields are required: [CSVHeaders]');
  if (!areGiven && hasHeaders)
    yield fault(inside(place, 'CSVHeaders'), "Field is supported only when CSVHeaderLocation is 'GIVEN'");
}

function* sizeOfBatch(batcher: Json, place: Place): Iterable<Problem> {
  if (!isObject(batcher)) return;
  const sizes = ['MaxItemsPerBatch', 'MaxItemsPerBatchPath', 'MaxInputBytesPerBatch', 'MaxInputBytesPerBatchPath'];
  if (sizes.some((field) => Object.hasOwn(batcher, field))) return;
  const known = sizes.filter((field) => place.queryLanguage === 'JSONPath' || !field.endsWith('Path'));
  yield fault(place, `One of these fields is required: [${known.join(', ')}]`);
}

function* destinationOfResults(writer: Json, place: Place): Iterable<Problem> {
  if (!isObject(writer)) return;
  if (Object.hasOwn(writer, 'Resource')) yield* bucketIn(writer, ['Bucket'], place);
  else if (!Object.hasOwn(writer, 'WriterConfig'))
    yield fault(place, 'One of these fields is required: [Resource, WriterConfig]');
}

function* bucketIn(call: JsonObject, required: readonly string[], place: Place): Iterable<Problem> {
  const field = place.queryLanguage === 'JSONPath' ? 'Parameters' : 'Arguments';
  yield* requiredMembers(required, call[field], inside(place, field));
}

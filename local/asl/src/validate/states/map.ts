import { isObject, type Json, type JsonObject } from '../../json.ts';
import type { Problem } from '../../problem.ts';
import { allOf, anything, between, integer, jsonata, jsonPath, objectOf } from '../check.ts';
import { itemBatcher, itemReader, label, resultWriter } from '../distributed-map.ts';
import { catchers, retry } from '../error-handlers.ts';
import { assigningFields, nextOrEnd, resultFields, stateFields, transitionFields } from '../fields.ts';
import { expressionOr, jsonataTemplate } from '../jsonata.ts';
import { referencePath } from '../path.ts';
import { template } from '../payload-template.ts';
import { fault, inside, type Place } from '../place.ts';

const count = expressionOr(integer(0, Number.MAX_SAFE_INTEGER), 'Integer');

/**
 * What is in the ItemProcessor is looked at with all other graphs, see `graphs.ts`.
 *
 * @see https://docs.aws.amazon.com/step-functions/latest/dg/state-map.html
 */
export const mapState = allOf(
  objectOf({
    oneOf: [nextOrEnd, ['ItemProcessor', 'Iterator']],
    exclusive: [
      ['ItemSelector', 'Parameters'],
      ['MaxConcurrency', 'MaxConcurrencyPath'],
      ['ToleratedFailureCount', 'ToleratedFailureCountPath'],
      ['ToleratedFailurePercentage', 'ToleratedFailurePercentagePath'],
    ],
    fields: {
      ...stateFields,
      ...transitionFields,
      ...assigningFields('result'),
      ...resultFields,
      ItemProcessor: anything,
      Iterator: anything,
      Items: jsonata(expressionOr(items, 'Array')),
      ItemsPath: jsonPath(referencePath),
      ItemSelector: template(),
      Parameters: jsonPath(template()),
      ItemReader: itemReader,
      ItemBatcher: itemBatcher,
      ResultWriter: resultWriter,
      MaxConcurrency: count,
      MaxConcurrencyPath: jsonPath(referencePath),
      ToleratedFailureCount: count,
      ToleratedFailureCountPath: jsonPath(referencePath),
      ToleratedFailurePercentage: expressionOr(between(0, 100), 'Number'),
      ToleratedFailurePercentagePath: jsonPath(referencePath),
      Label: label,
      Retry: retry,
      Catch: catchers,
    },
  }),
  function* checkMode(state, place) {
    if (!isObject(state)) return;
    if (isDistributed(state)) yield* distributedOnlyInStandard(place);
    else yield* noDistributedFields(state, place);
  },
);

/** A distributed Map runs its items as child workflows; an inline one within its own execution. */
export function isDistributed(map: JsonObject): boolean {
  const processor = map['ItemProcessor'] ?? map['Iterator'];
  const config = isObject(processor) ? processor['ProcessorConfig'] : undefined;
  return isObject(config) && config['Mode'] === 'DISTRIBUTED';
}

function* items(value: Json, place: Place): Iterable<Problem> {
  if (typeof value === 'object' && value !== null) yield* jsonataTemplate()(value, place);
  else yield fault(place, 'Expected value of type Array');
}

function* distributedOnlyInStandard(place: Place): Iterable<Problem> {
  if (place.workflowType === 'EXPRESS')
    yield fault(place, "Express state machine does not support Map state with mode 'DISTRIBUTED'");
}

const DISTRIBUTED_FIELDS = ['ItemReader', 'ItemBatcher', 'ResultWriter', 'Label'];

function* noDistributedFields(map: JsonObject, place: Place): Iterable<Problem> {
  for (const field of DISTRIBUTED_FIELDS) {
    if (Object.hasOwn(map, field))
      yield fault(inside(place, field), "Field is supported only when Mode is 'DISTRIBUTED'");
  }
}

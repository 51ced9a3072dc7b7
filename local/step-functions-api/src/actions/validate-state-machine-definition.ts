import { validateStateMachineDefinition as validate, type DefinitionDiagnosis } from '../../../engine/src/index.ts';
import { action } from '../action.ts';
import { isTooDeep, TOO_DEEP } from '../json-depth.ts';
import { DefinitionText, StateMachineType } from '../shapes.ts';

export const validateStateMachineDefinition = action({
  members: {
    definition: { ...DefinitionText, required: true },
    type: StateMachineType,
    severity: { type: 'string', enum: ['ERROR', 'WARNING'] },
    maxResults: { type: 'integer', min: 0, max: 100 },
  },
  perform(_engine, { maxResults, ...request }): DefinitionDiagnosis {
    if (isTooDeep(request.definition)) return TOO_DEEPLY_NESTED;
    // None means the service's own number of results, as does 0.
    return validate({ ...request, ...(maxResults && { maxResults }) });
  },
});

const TOO_DEEPLY_NESTED: DefinitionDiagnosis = {
  result: 'FAIL',
  diagnostics: [{ severity: 'ERROR', code: 'INVALID_JSON_DESCRIPTION', message: TOO_DEEP }],
  truncated: false,
};

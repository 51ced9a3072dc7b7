import type { StateMachineDescription } from '../../engine/src/index.ts';

/** The definition and what is read from it, for those who ask for more than metadata. */
export function shownDefinition(
  { definition, variableReferences }: StateMachineDescription,
  includedData: 'ALL_DATA' | 'METADATA_ONLY' = 'ALL_DATA',
) {
  if (includedData === 'METADATA_ONLY') return { definition: '{}' };
  const hasReferences = Object.keys(variableReferences).length > 0;
  return { definition, ...(hasReferences && { variableReferences }) };
}

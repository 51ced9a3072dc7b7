import type { Construct } from 'constructs';
import { join } from 'node:path';
import { NodeFunction, type NodeFunctionProps } from '../../constructs/src/index.ts';

const HANDLERS = join(import.meta.dirname, '../../orders/src/handlers');

/** A function of the orders service, by the name of its handler's file. */
export function orderFunction(
  scope: Construct,
  handler: string,
  props: Omit<NodeFunctionProps, 'entry'>,
): NodeFunction {
  const id = handler.replaceAll(/(^|-)[a-z]/g, (start) => start.slice(-1).toUpperCase());
  return new NodeFunction(scope, `${id}Function`, { ...props, entry: join(HANDLERS, `${handler}.ts`) });
}

import { Aspects } from 'aws-cdk-lib';
import { CfnFunction } from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import type { NodeFunction } from './node-function.ts';

/**
 * Sets aside so many concurrent runs of the account for each function under `scope`, which is also the most that it gets. Those
 * that are `alone` get one: what does the same work as its neighbour needs no neighbour.
 *
 * Lambda refuses it where the account would be left with less than 100 for all others; a new account may have 10 in all.
 */
export function reserveConcurrency(scope: Construct, each: number, alone: readonly NodeFunction[]): void {
  const single = new Set(alone.map(({ node }) => node.defaultChild));
  Aspects.of(scope).add({
    visit(one) {
      if (one instanceof CfnFunction) one.reservedConcurrentExecutions = single.has(one) ? 1 : each;
    },
  });
}

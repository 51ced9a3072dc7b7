import { HostError } from '../errors.ts';
import type { Authorize } from './api-gateway-jwt.ts';

export interface Route {
  /** `METHOD /path`, `ANY /path/{proxy+}` or `$default`. */
  routeKey: string;
  /** The function that answers. */
  target: string;
  /** @default 30 seconds, the longest that HTTP APIs wait */
  timeoutMs?: number;
  /** Asks who calls. @default everybody may */
  authorize?: Authorize;
}

export interface SelectedRoute {
  route: Route;
  /** Decoded. */
  pathParameters: Record<string, string>;
}

export type SelectRoute = (method: string, rawPath: string) => SelectedRoute | undefined;

type Segment =
  { kind: 'literal'; text: string } | { kind: 'variable'; name: string } | { kind: 'greedy'; name: string };

interface CompiledRoute {
  route: Route;
  method: string;
  segments: Segment[];
}

/**
 * Selects a route as HTTP APIs do: a route that matches the path in full, then one with a greedy variable, then
 * `$default`. Of several, the one with a literal where another has a variable; of those, the one with the method before
 * ANY. Path segments are compared decoded; a trailing slash is a segment of its own, which no variable matches.
 *
 * @throws {HostError} for a route key that is none.
 * @see API Gateway Developer Guide, "Routes for HTTP APIs", Routing API requests
 */
export function createRouter(routes: readonly Route[]): SelectRoute {
  const fallback = routes.find(({ routeKey }) => routeKey === '$default');
  const compiled = routes
    .filter((route) => route !== fallback)
    .map(compileRoute)
    .sort(bySpecificity);
  return (method, rawPath) => {
    const given = rawPath.slice(1).split('/').map(decodeSegment);
    for (const candidate of compiled) {
      if (candidate.method !== method && candidate.method !== 'ANY') continue;
      const pathParameters = matchPath(candidate.segments, given);
      if (pathParameters !== undefined) return { route: candidate.route, pathParameters };
    }
    return fallback === undefined ? undefined : { route: fallback, pathParameters: {} };
  };
}

function compileRoute(route: Route): CompiledRoute {
  const [, method, path] = /^([A-Z]+) \/(.*)$/v.exec(route.routeKey) ?? [];
  if (method === undefined || path === undefined) throw notARouteKey(route.routeKey);
  const segments = path.split('/').map((text) => compileSegment(text, route.routeKey));
  if (segments.slice(0, -1).some(({ kind }) => kind === 'greedy')) throw notARouteKey(route.routeKey);
  return { route, method, segments };
}

function compileSegment(text: string, routeKey: string): Segment {
  const [, name, plus] = /^\{([^\{\}+]+)(\+?)\}$/v.exec(text) ?? [];
  if (name !== undefined) return { kind: plus === '+' ? 'greedy' : 'variable', name };
  if (/[\{\}]/v.test(text)) throw notARouteKey(routeKey);
  return { kind: 'literal', text };
}

function notARouteKey(routeKey: string): HostError {
  return new HostError(
    `The route key "${routeKey}" is none of an HTTP API.`,
    'Write it as "GET /orders/{orderId}", "ANY /orders/{proxy+}" or "$default".',
  );
}

const RANK = { literal: 0, variable: 1, greedy: 2 };

function bySpecificity(one: CompiledRoute, other: CompiledRoute): number {
  const isGreedy = ({ segments }: CompiledRoute) => Number(segments.at(-1)?.kind === 'greedy');
  const ranks = one.segments.map(({ kind }, index) => RANK[kind] - RANK[other.segments[index]?.kind ?? kind]);
  const firstDifference = ranks.find((difference) => difference !== 0) ?? 0;
  return (
    isGreedy(one) - isGreedy(other) ||
    firstDifference ||
    other.segments.length - one.segments.length ||
    Number(one.method === 'ANY') - Number(other.method === 'ANY')
  );
}

function matchPath(segments: Segment[], given: string[]): Record<string, string> | undefined {
  const last = segments.at(-1);
  const isGreedy = last?.kind === 'greedy';
  if (isGreedy ? given.length < segments.length : given.length !== segments.length) return undefined;
  const parameters: [string, string][] = [];
  for (const [index, segment] of segments.entries()) {
    const text = segment.kind === 'greedy' ? given.slice(index).join('/') : (given[index] ?? '');
    if (segment.kind === 'literal' ? segment.text !== text : text === '') return undefined;
    if (segment.kind !== 'literal') parameters.push([segment.name, text]);
  }
  return Object.fromEntries(parameters);
}

/** A segment that is no percent-encoding stays as it is: no literal matches it, and a function can see what was sent. */
function decodeSegment(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

import { readFileSync } from 'node:fs';

/** Room for the parts of Node itself, which a Lambda environment of the same size has to hold as well but Linux counts otherwise. */
const OWN_MEMORY_MB = 32;

/** V8 gets this much of the function's memory for its heap; the rest is for buffers, stacks and V8 itself. */
const HEAP_SHARE = 0.9;

export function heapLimitMb(memoryMb: number): number {
  return Math.floor(memoryMb * HEAP_SHARE);
}

/**
 * True if the process holds more memory than its function may. V8's own limit sees only the heap; buffers lie outside it.
 * Linux only: elsewhere nothing tells cheaply, and only the heap is limited.
 */
export function exceedsMemory(pid: number, memoryMb: number): boolean {
  if (process.platform !== 'linux') return false;
  try {
    const anonymousKb = /^RssAnon:\s+(\d+) kB$/mv.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1];
    return Number(anonymousKb ?? 0) / 1024 > memoryMb + OWN_MEMORY_MB;
  } catch {
    return false; // It has just ended.
  }
}

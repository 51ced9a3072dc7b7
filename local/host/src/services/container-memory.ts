import { readFileSync } from 'node:fs';

/** Room for the parts of Node itself, which a container of the same size has to hold as well but Linux counts otherwise. */
const OWN_MEMORY_MB = 32;

/** A program that forks without end must not keep the host busy with counting. */
const PROCESSES_MAX = 1000;

/**
 * True if a process, with all it has started, holds more memory than it may. Linux only: elsewhere nothing tells cheaply.
 */
export function exceedsTreeMemory(pid: number, memoryMb: number): boolean {
  if (process.platform !== 'linux') return false;
  const limitKb = (memoryMb + OWN_MEMORY_MB) * 1024;
  const family = [pid];
  let heldKb = 0;
  for (let index = 0; index < Math.min(family.length, PROCESSES_MAX); index++) {
    const member = family[index] ?? pid;
    heldKb += anonymousKbOf(member);
    if (heldKb > limitKb) return true;
    family.push(...childrenOf(member));
  }
  return false;
}

function anonymousKbOf(pid: number): number {
  try {
    return Number(/^RssAnon:\s+(\d+) kB$/mv.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1] ?? 0);
  } catch {
    return 0; // It has just ended.
  }
}

/** Only what its first thread has started, which for Node is all. */
function childrenOf(pid: number): number[] {
  try {
    const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').trim();
    return text === '' ? [] : text.split(' ').map(Number);
  } catch {
    return [];
  }
}

// What work costs, whatever else the machine does and however slow it is: by the CPU time of this thread, and by the time
// that it takes for a piece of work of a known kind.

/** What {@link knownWork} takes on the machine on which the bounds of the tests were measured. */
const KNOWN_WORK_MS = 4;

/**
 * The CPU time of this thread that the work takes, in milliseconds of the machine on which the bounds were measured.
 *
 * The work may wait: what other threads and processes do meanwhile does not count.
 */
export async function effortOf(work: () => unknown): Promise<number> {
  const inStandardMs = standard();
  const cpuMs = cpuMsSinceNow();
  await work();
  return inStandardMs(cpuMs());
}

/** Watches how long this thread computes at a time, in which nobody else is served, until it is told to end. */
export function watchTurns(): { readonly end: () => { longestMs: number; inStandardMs: (cpuMs: number) => number } } {
  const inStandardMs = standard();
  let cpuMs = cpuMsSinceNow();
  let longestMs = 0;
  const look = () => {
    longestMs = Math.max(longestMs, cpuMs());
    cpuMs = cpuMsSinceNow();
  };
  const turns = setInterval(look, 1).unref();
  return {
    end() {
      look();
      clearInterval(turns);
      return { longestMs: inStandardMs(longestMs), inStandardMs };
    },
  };
}

export function cpuMsSinceNow(): () => number {
  const before = process.threadCpuUsage();
  return () => {
    const { user, system } = process.threadCpuUsage(before);
    return (user + system) / 1000;
  };
}

/** Whoever shares the machine slows the known work down as well; if at one of two moments only, the work is let off. */
function standard(): (cpuMs: number) => number {
  const before = knownWorkMs();
  return (cpuMs) => (cpuMs * KNOWN_WORK_MS) / Math.max(before, knownWorkMs());
}

/** The fastest of a few times, of which the first compile it. */
function knownWorkMs(): number {
  const times = Array.from({ length: 8 }, () => {
    const cpuMs = cpuMsSinceNow();
    knownWork();
    return cpuMs();
  });
  return Math.min(...times);
}

/** Copies a text as JSON: it is what most of the work here comes to. */
function knownWork(): void {
  const text = JSON.stringify(Array.from({ length: 200 }, (_, index) => ({ index, name: `item-${index}` })));
  let length = 0;
  for (let copies = 0; copies < 100; copies++) length += JSON.stringify(JSON.parse(text)).length;
  if (length !== 100 * text.length) throw new Error('a copy differs from what was copied');
}

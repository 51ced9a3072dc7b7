/** The machine's, also when `Date` is another. */
export const machineNow = Date.now.bind(Date);

/**
 * Makes `Date` run ahead of the machine's: `Date.now()`, `new Date()` and `Date()`. Dates stay dates, whoever made them, and
 * timers, `performance` and `process.hrtime` measure what really passes.
 *
 * @param offsetMs is asked each time.
 */
export function installTravellingDate(offsetMs: () => number): void {
  const MachineDate = Date;
  const now = (): number => machineNow() + offsetMs();
  const TravellingDate: DateConstructor = new Proxy(MachineDate, {
    construct: (target, given, newTarget): Date =>
      // A class that extends Date stays the one that is made.
      Reflect.construct(
        target,
        given.length === 0 ? [now()] : given,
        newTarget === TravellingDate ? target : newTarget,
      ),
    apply: () => new MachineDate(now()).toString(),
    get: (target, name, receiver): unknown => (name === 'now' ? now : Reflect.get(target, name, receiver)),
  });
  MachineDate.prototype.constructor = TravellingDate;
  globalThis.Date = TravellingDate;
}

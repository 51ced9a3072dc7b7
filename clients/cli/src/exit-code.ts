/** What an exit code says. Scripts rely on these numbers, so a meaning is added at the end and never moved. */
export const exitCode = {
  ok: 0,
  failure: 1,
  usage: 2,
  notFound: 3,
  conflict: 4,
  expired: 5,
  executionFailed: 6,
  executionAborted: 7,
} as const;

export type ExitCode = (typeof exitCode)[keyof typeof exitCode];

/** For `--help`. */
export const exitCodesText = `Exit codes:
  0  done
  1  it failed, or one of many did
  2  wrong usage: an unknown command or option, or a value that cannot be
  3  not found
  4  conflict: it was decided or used otherwise before
  5  expired: the deadline has passed, or the watched execution timed out
  6  the watched execution failed
  7  the watched execution was aborted`;

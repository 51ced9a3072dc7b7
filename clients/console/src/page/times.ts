// Time on this machine's AWS, where it can be moved on: `local/host/src/time/time-requests.ts`. Instants are ISO 8601 in UTC.

/** Something that happens by itself at an instant. */
export interface Timer {
  readonly dueAt: string;
  readonly kind: string;
  readonly executionArn?: string;
  readonly state?: string;
}

export interface TimeShown {
  readonly now: string;
  readonly offsetSeconds: number;
  /** A journey that is under way, whoever has begun it. */
  readonly advancing?: { readonly to: string; readonly firedCount: number };
  readonly next: readonly Timer[];
}

export interface TimeAdvanced {
  readonly from: string;
  readonly to: string;
  readonly now: string;
  readonly isThere: boolean;
  readonly firedCount: number;
  /** The first of them. */
  readonly fired: readonly Timer[];
  /** So often something ran for so long that time moved on without it. */
  readonly leftRunning: number;
}

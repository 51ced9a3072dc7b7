import * as z from 'zod';

/** How far a long task has come, as its program said last. `at` is when it said so, ISO 8601. */
export const progressSchema = z.object({
  percent: z.number().min(0).max(100),
  at: z.iso.datetime(),
  message: z.string().exactOptional(),
});
export type Progress = z.infer<typeof progressSchema>;

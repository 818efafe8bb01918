/** The order of work: the soonest due first, what has no limit after it, the oldest of those first; pure. */
import type { Line } from '../api/types'

export function byDue<T extends Pick<Line, 'stage_due' | 'opened'>>(items: readonly T[]): T[] {
  const due = (one: T) => (one.stage_due == null ? Number.POSITIVE_INFINITY : Date.parse(one.stage_due))
  return [...items].sort((a, b) => {
    const [first, second] = [due(a), due(b)]
    return first === second ? Date.parse(a.opened) - Date.parse(b.opened) : first - second
  })
}

/** Where an incident stands among the steps of the town's own names for its life; pure. */
import type { State } from '../api/types'

/** States in the order of a life; an incident skips those of the other track. */
export const LIFE: readonly State[] = [
  'reported', 'received', 'verified', 'filed', 'dispatched', 'accepted', 'handling', 'handled', 'checked', 'closed',
  'evaluated',
]

export interface Step {
  state: State
  zh: string
  en: string
}

export type Standing = 'done' | 'now' | 'ahead'

/** Each step as done, now or ahead; nothing is "now" for one that was rejected or merged. */
export function standings(steps: readonly Step[], state: State): Standing[] {
  const at = LIFE.indexOf(state)
  if (at < 0) return steps.map(() => 'ahead')
  let now = -1
  steps.forEach((step, place) => {
    if (LIFE.indexOf(step.state) <= at) now = place
  })
  const over = state === 'evaluated' || (now === steps.length - 1 && state === 'closed')
  return steps.map((_, place) => (place < now || (over && place === now) ? 'done' : place === now ? 'now' : 'ahead'))
}

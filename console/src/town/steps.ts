/** Where an incident stands among the steps of the town's own names for its life; pure. */
import type { Line, State } from '../api/types'

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

export interface NamedStep {
  zh: string
  en: string
  /** The first state that it stands for; neighbours of one name are one step. */
  state: State
}

/** By minutes and clocks, or by working time and organisations. */
export type Track = 'urgent' | 'work'

/** States that only the other track passes through. */
const OTHERS: Record<Track, readonly State[]> = { urgent: ['filed', 'dispatched'], work: ['verified'] }

export function trackOf(line: Pick<Line, 'stage' | 'confirmed' | 'alarms'>): Track {
  return line.stage == null && (line.confirmed != null || line.alarms > 0) ? 'urgent' : 'work'
}

/** Steps of a profile as a bar shows them: of one track, without the ways out, neighbours of one name together. */
export function shownSteps(steps: readonly Step[], track: Track): NamedStep[] {
  const shown: NamedStep[] = []
  const ordered = steps.filter((one) => LIFE.includes(one.state) && !OTHERS[track].includes(one.state)).sort((a, b) => LIFE.indexOf(a.state) - LIFE.indexOf(b.state))
  for (const one of ordered) {
    const before = shown.at(-1)
    if (before?.zh !== one.zh) shown.push({ zh: one.zh, en: one.en, state: one.state })
  }
  return shown
}

/** Each step as done, now or ahead; nothing is "now" for one that was rejected or merged. */
export function standings(steps: readonly Pick<Step, 'state'>[], state: State): Standing[] {
  const at = LIFE.indexOf(state)
  if (at < 0) return steps.map(() => 'ahead')
  let now = -1
  steps.forEach((step, place) => {
    if (LIFE.indexOf(step.state) <= at) now = place
  })
  const over = state === 'evaluated' || (now === steps.length - 1 && state === 'closed')
  return steps.map((_, place) => (place < now || (over && place === now) ? 'done' : place === now ? 'now' : 'ahead'))
}

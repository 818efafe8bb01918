/** Instants and countdowns; pure: every function is given the present. */
import dayjs from 'dayjs'

export interface ClockLike {
  activated: string
  due: string
  verdict?: string | null | undefined
  at?: string | null | undefined
}

/** How one tier's clock looks at one instant. */
export type Face =
  | { phase: 'running' | 'urgent' | 'overdue'; leftMs: number }
  | { phase: 'arrived' | 'late' | 'missed' | 'stood_down'; tookMs: number | null }

/** The last quarter of a window, and at least its last 30 s, is urgent. */
const URGENT_SHARE = 0.25
const URGENT_MS = 30_000

export function faceOf(clock: ClockLike, confirmed: string | null | undefined, now: number): Face {
  const due = Date.parse(clock.due)
  switch (clock.verdict) {
    case 'arrived':
    case 'late':
    case 'missed':
    case 'stood_down': {
      const from = Date.parse(confirmed ?? clock.activated)
      const took = clock.at == null ? null : Math.max(0, Date.parse(clock.at) - from)
      return { phase: clock.verdict, tookMs: took }
    }
    default: {
      const leftMs = due - now
      const window = due - Date.parse(clock.activated)
      if (leftMs <= 0) return { phase: 'overdue', leftMs }
      const limit = Math.min(Math.max(window * URGENT_SHARE, URGENT_MS), window / 2)
      return { phase: leftMs <= limit ? 'urgent' : 'running', leftMs }
    }
  }
}

/** Minutes and seconds as on a stop-watch: `1:40`, `1:02:05`. What is left is rounded up, what has passed down. */
export function minutes(ms: number, rounding: 'up' | 'down' = 'down'): string {
  const seconds = rounding === 'up' ? Math.ceil(ms / 1000) : Math.floor(ms / 1000)
  const whole = Math.max(0, seconds)
  const hours = Math.floor(whole / 3600)
  const middle = Math.floor((whole % 3600) / 60)
  const rest = String(whole % 60).padStart(2, '0')
  return hours > 0 ? `${hours}:${String(middle).padStart(2, '0')}:${rest}` : `${middle}:${rest}`
}

/** Time of day to the second; with the date when it was not today. */
export function second(at: string | number, now: number): string {
  return dayjs(at).isSame(now, 'day') ? dayjs(at).format('HH:mm:ss') : dayjs(at).format('MM-DD HH:mm:ss')
}

/** Time of day to the minute; with the date when it was not today. */
export function minute(at: string | number, now: number): string {
  return dayjs(at).isSame(now, 'day') ? dayjs(at).format('HH:mm') : dayjs(at).format('MM-DD HH:mm')
}

/** Age in its two greatest units, as numbers for the reader's language. */
export function age(ms: number): { unit: 'seconds' | 'minutes' | 'hours' | 'days'; n: number } {
  const seconds = Math.max(0, Math.floor(ms / 1000))
  if (seconds < 90) return { unit: 'seconds', n: seconds }
  if (seconds < 5400) return { unit: 'minutes', n: Math.floor(seconds / 60) }
  if (seconds < 172_800) return { unit: 'hours', n: Math.floor(seconds / 3600) }
  return { unit: 'days', n: Math.floor(seconds / 86_400) }
}

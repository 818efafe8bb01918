/** A week of duty as a board: for each place and day who is on duty from when to when; pure. */
import { midnight, shifted } from './periods'

export interface OnDuty {
  person: string
  person_name: string
  grid: string
  grid_name: string
  since: string
  until?: string | null | undefined
}

export interface Stint<T extends OnDuty> {
  shift: T
  /** `08:00`; empty when it began before this day. */
  from: string
  /** `20:00`, empty when it goes on beyond this day. */
  to: string
}

export interface Place<T extends OnDuty> {
  grid: string
  name: string
  days: Stint<T>[][]
}

const DAY_MS = 86_400_000

/** `08:30` of an instant in Shanghai. */
export function clockTime(instant: number): string {
  return new Date(instant + 8 * 3_600_000).toISOString().slice(11, 16)
}

/** Seven days from a Monday. */
export function weekFrom(monday: string): string[] {
  return Array.from({ length: 7 }, (_, place) => shifted('day', monday, place))
}

export function board<T extends OnDuty>(shifts: readonly T[], monday: string): Place<T>[] {
  const days = weekFrom(monday).map(midnight)
  const places = new Map<string, Place<T>>()
  for (const shift of [...shifts].sort((a, b) => Date.parse(a.since) - Date.parse(b.since))) {
    const place = places.get(shift.grid) ?? { grid: shift.grid, name: shift.grid_name, days: days.map(() => []) }
    places.set(shift.grid, place)
    const since = Date.parse(shift.since)
    const until = shift.until == null ? Number.POSITIVE_INFINITY : Date.parse(shift.until)
    days.forEach((day, at) => {
      if (since >= day + DAY_MS || until <= day) return
      place.days[at]?.push({
        shift,
        from: since <= day ? '' : clockTime(since),
        to: until >= day + DAY_MS ? '' : clockTime(until),
      })
    })
  }
  return [...places.values()].sort((a, b) => a.grid.localeCompare(b.grid))
}

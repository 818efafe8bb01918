/** Days, weeks, months, quarters and years of Asia/Shanghai, wherever the browser stands; pure. */
export const PERIODS = ['day', 'week', 'month', 'quarter', 'year'] as const
export type Period = (typeof PERIODS)[number]

/** Shanghai has no summer time: eight hours ahead all year. */
const AHEAD_MS = 8 * 3_600_000
const DAY_MS = 86_400_000

/** The day of an instant in Shanghai, as midnight of that day in UTC, for arithmetic. */
function dayOf(instant: number): Date {
  const local = instant + AHEAD_MS
  return new Date(local - (((local % DAY_MS) + DAY_MS) % DAY_MS))
}

const two = (n: number) => String(n).padStart(2, '0')
const name = (day: Date) => `${day.getUTCFullYear()}-${two(day.getUTCMonth() + 1)}-${two(day.getUTCDate())}`

/** `2026-10-05`: the day of an instant in Shanghai. */
export function localDay(instant: number): string {
  return name(dayOf(instant))
}

/** The first day of the period that holds a day. */
export function firstDay(period: Period, day: string): string {
  const at = new Date(`${day}T00:00:00Z`)
  const [year, month] = [at.getUTCFullYear(), at.getUTCMonth()]
  switch (period) {
    case 'day':
      return day
    case 'week':
      return name(new Date(at.getTime() - ((at.getUTCDay() + 6) % 7) * DAY_MS))
    case 'month':
      return name(new Date(Date.UTC(year, month, 1)))
    case 'quarter':
      return name(new Date(Date.UTC(year, month - (month % 3), 1)))
    case 'year':
      return name(new Date(Date.UTC(year, 0, 1)))
  }
}

/** The first day of the period so many later, or earlier when negative. */
export function shifted(period: Period, day: string, by: number): string {
  const at = new Date(`${firstDay(period, day)}T00:00:00Z`)
  const [year, month] = [at.getUTCFullYear(), at.getUTCMonth()]
  switch (period) {
    case 'day':
      return name(new Date(at.getTime() + by * DAY_MS))
    case 'week':
      return name(new Date(at.getTime() + by * 7 * DAY_MS))
    case 'month':
      return name(new Date(Date.UTC(year, month + by, 1)))
    case 'quarter':
      return name(new Date(Date.UTC(year, month + by * 3, 1)))
    case 'year':
      return name(new Date(Date.UTC(year + by, 0, 1)))
  }
}

/** Midnight of a day in Shanghai, as an instant. */
export function midnight(day: string): number {
  return Date.parse(`${day}T00:00:00+08:00`)
}

/** The ISO week of a day: the one that holds its Thursday. */
export function isoWeek(day: string): { year: number; week: number } {
  const monday = new Date(`${firstDay('week', day)}T00:00:00Z`)
  const thursday = new Date(monday.getTime() + 3 * DAY_MS)
  const year = thursday.getUTCFullYear()
  const first = new Date(`${firstDay('week', `${year}-01-04`)}T00:00:00Z`)
  return { year, week: 1 + Math.round((monday.getTime() - first.getTime()) / (7 * DAY_MS)) }
}

/** As the API names a period: `2026-10-05`, `2026-W41`, `2026-10`, `2026-Q4`, `2026`. */
export function nameOf(period: Period, day: string): string {
  const first = firstDay(period, day)
  switch (period) {
    case 'day':
      return first
    case 'week': {
      const { year, week } = isoWeek(day)
      return `${year}-W${two(week)}`
    }
    case 'month':
      return first.slice(0, 7)
    case 'quarter':
      return `${first.slice(0, 4)}-Q${Math.floor((Number(first.slice(5, 7)) - 1) / 3) + 1}`
    case 'year':
      return first.slice(0, 4)
  }
}

/** `11-23 08:30` in Shanghai. */
export function localMinute(instant: number): string {
  return new Date(instant + AHEAD_MS).toISOString().slice(5, 16).replace('T', ' ')
}

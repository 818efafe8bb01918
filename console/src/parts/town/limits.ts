/** Limits of stages in words; pure. */
import type { Limit } from '../../api/town'
import type { Translate } from '../../i18n'

export function limitWords(limit: Limit | null | undefined, t: Translate): string {
  return limit == null ? '' : t(`limit.${limit.unit}`, { n: limit.amount })
}

/** `08:30–12:00` of minutes since midnight. */
export function clockSpan([from = 0, to = 0]: readonly number[]): string {
  const at = (minutes: number) => `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`
  return `${at(from)}–${at(to)}`
}

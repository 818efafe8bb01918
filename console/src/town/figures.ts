/** Figures in words: shares, times, changes against another period; pure. */
import type { Translate } from '../i18n'

export interface Valued {
  unit: string
  value: number | null
  p50?: number | null
  p90?: number | null
  p50_never?: boolean
  p90_never?: boolean
}

/** `82.4%`, `3:05`, `16` */
export function valueWords(one: Valued, t: Translate): string {
  if (one.unit === 'seconds' && one.p50_never === true) return t('figure.never')
  if (one.value === null) return '—'
  if (one.unit === 'share') return `${(one.value * 100).toFixed(1)}%`
  if (one.unit === 'seconds') return lengthWords(one.value, t)
  return String(one.value)
}

/** Seconds as people say them: `45 秒`, `3 分 5 秒`, `5.2 小时`, `2.5 天`. */
export function lengthWords(seconds: number, t: Translate): string {
  const whole = Math.round(seconds)
  if (whole < 60) return t('length.seconds', { n: whole })
  if (whole < 3600) {
    const rest = whole % 60
    return rest === 0 ? t('length.minutes', { n: whole / 60 }) : t('length.both', { minutes: Math.floor(whole / 60), seconds: rest })
  }
  if (whole < 172_800) return t('length.hours', { n: (whole / 3600).toFixed(1) })
  return t('length.days', { n: (whole / 86_400).toFixed(1) })
}

export interface Change {
  words: string
  /** Whether the figure went the way that is good; null where neither is, or nothing changed. */
  good: boolean | null
}

/** How a figure stands against that of another period: shares in points, times and counts in parts. */
export function change(one: Valued, before: Valued | undefined, better: string, t: Translate): Change | null {
  if (before === undefined || one.value === null || before.value === null) return null
  const by = one.value - before.value
  const up = by > 0
  const good = by === 0 || (better !== 'more' && better !== 'less') ? null : up === (better === 'more')
  if (one.unit === 'share') {
    const points = by * 100
    if (Math.abs(points) < 0.05) return { words: t('change.none'), good: null }
    return { words: t(up ? 'change.points.up' : 'change.points.down', { n: Math.abs(points).toFixed(1) }), good }
  }
  if (by === 0) return { words: t('change.none'), good: null }
  if (before.value === 0) return { words: t(up ? 'change.up.from0' : 'change.none', { n: one.value }), good }
  return { words: t(up ? 'change.up' : 'change.down', { n: Math.abs((100 * by) / before.value).toFixed(0) }), good }
}

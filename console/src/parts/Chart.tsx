/** A small curve: values over time, the limit as a line, gaps as gaps. */
import { useT } from '../i18n'
import { minute } from '../time'
import { useNow } from '../serverClock'
import { short } from './Words'

export interface Point {
  at: string
  value?: number | null
}

interface Props {
  points: readonly Point[]
  unit: string
  limit?: number | undefined
  height?: number
}

const WIDTH = 480
const LEFT = 48
const FOOT = 18

/** SenML units as people write them. */
const UNITS: Record<string, string> = { Cel: '℃', '%RH': '%', 'ug/m3': 'μg/m³', '/': '', 'mm/h': 'mm/h' }

export function unitOf(unit: string): string {
  return UNITS[unit] ?? unit
}

export function Chart({ points, unit, limit, height = 140 }: Props) {
  const { t } = useT()
  const now = useNow()
  const known = points.filter((one): one is { at: string; value: number } => typeof one.value === 'number')
  const first = known[0]
  const last = known.at(-1)
  if (first === undefined || last === undefined) return <p className="quiet">{t('device.empty')}</p>
  const values = known.map((one) => one.value)
  const low = Math.min(...values, limit ?? Number.POSITIVE_INFINITY)
  const high = Math.max(...values, limit ?? Number.NEGATIVE_INFINITY)
  const room = (high - low) * 0.08 || Math.abs(high) * 0.05 || 1
  const begin = Date.parse(first.at)
  const span = Math.max(1, Date.parse(last.at) - begin)
  const x = (at: string) => LEFT + ((Date.parse(at) - begin) / span) * (WIDTH - LEFT - 4)
  const y = (value: number) => 4 + ((high + room - value) / (high - low + 2 * room)) * (height - FOOT - 4)
  const line = thinned(known)
    .map((one, place) => `${place === 0 ? 'M' : 'L'}${x(one.at).toFixed(1)} ${y(one.value).toFixed(1)}`)
    .join('')
  const label = t('device.limits', { low: short(Math.min(...values)), high: short(Math.max(...values)) })
  return (
    <svg viewBox={`0 0 ${WIDTH} ${height}`} className="chart" role="img" aria-label={label}>
      <text x={LEFT - 6} y={y(high) + 4} textAnchor="end">{short(high)}</text>
      {high !== low && <text x={LEFT - 6} y={y(low) + 4} textAnchor="end">{short(low)}</text>}
      <text x={LEFT - 6} y={height - 4} textAnchor="end">{unitOf(unit)}</text>
      <text x={LEFT} y={height - 4}>{minute(first.at, now)}</text>
      <text x={WIDTH - 4} y={height - 4} textAnchor="end">{minute(last.at, now)}</text>
      {limit !== undefined && <line x1={LEFT} x2={WIDTH - 4} y1={y(limit)} y2={y(limit)} className="limit" />}
      <path d={line} className="curve" />
    </svg>
  )
}

/** At most two points for each unit of width: the lowest and the highest, in their order. */
function thinned(points: { at: string; value: number }[]): { at: string; value: number }[] {
  const most = WIDTH
  if (points.length <= most * 2) return points
  const each = Math.ceil(points.length / most)
  const kept: { at: string; value: number }[] = []
  for (let from = 0; from < points.length; from += each) {
    const part = points.slice(from, from + each)
    const low = part.reduce((a, b) => (b.value < a.value ? b : a))
    const high = part.reduce((a, b) => (b.value > a.value ? b : a))
    kept.push(...(low.at <= high.at ? [low, high] : [high, low]))
  }
  return kept
}

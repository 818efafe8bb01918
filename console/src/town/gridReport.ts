/** What an import of grids, or a check of them, says of itself; pure. The form is that of the job's kind. */
export interface GridsWritten {
  added: number
  changed: number
  closed: number
  same: number
}

export interface Finding {
  check: string
  code: string
  grid: string
  name: string
  other: string
  area_m2: number | null
  count: number | null
}

type Plain = Record<string, unknown>

const isPlain = (value: unknown): value is Plain => typeof value === 'object' && value !== null && !Array.isArray(value)
const count = (value: unknown) => (typeof value === 'number' ? value : Array.isArray(value) ? value.length : 0)

/** Null while faults forbid it, or when nothing was sent. */
export function writtenOf(report: unknown): GridsWritten | null {
  if (!isPlain(report) || !isPlain(report['written'])) return null
  const written = report['written']
  return { added: count(written['new']), changed: count(written['changed']), closed: count(written['closed']), same: count(written['same']) }
}

export function findingsOf(report: unknown): { findings: Finding[]; counts: Record<string, number> } {
  const check = isPlain(report) && isPlain(report['check']) ? report['check'] : null
  if (check === null) return { findings: [], counts: {} }
  const findings = (Array.isArray(check['findings']) ? check['findings'] : []).filter(isPlain).map(
    (one): Finding => ({
      check: text(one['check']),
      code: text(one['code']),
      grid: text(one['grid']),
      name: text(one['name']),
      other: text(one['other']),
      area_m2: typeof one['area_m2'] === 'number' ? one['area_m2'] : null,
      count: typeof one['count'] === 'number' ? one['count'] : null,
    }),
  )
  const counts = isPlain(check['counts']) ? Object.fromEntries(Object.entries(check['counts']).map(([name, n]) => [name, count(n)])) : {}
  return { findings, counts }
}

const text = (value: unknown) => (typeof value === 'string' ? value : '')

/** Square metres as people say them. */
export function area(m2: number): { unit: 'm2' | 'ha' | 'km2'; n: string } {
  if (m2 >= 1_000_000) return { unit: 'km2', n: (m2 / 1_000_000).toFixed(2) }
  if (m2 >= 10_000) return { unit: 'ha', n: (m2 / 10_000).toFixed(1) }
  return { unit: 'm2', n: m2.toFixed(0) }
}

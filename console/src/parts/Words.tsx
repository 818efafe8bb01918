/** Small pieces that several pages show the same way. */
import { useQuery } from '@tanstack/react-query'
import { useCallback, useMemo } from 'react'

import { devices, grids, people } from '../api/queries'
import { organisations } from '../api/town'
import type { Detail, Grade, Line } from '../api/types'
import type { Names } from '../events'
import { has, say, type Translate, useT } from '../i18n'
import { useNow } from '../serverClock'
import { useSession } from '../session'
import { age, minute } from '../time'

export function GradeTag({ grade, proposed = false }: { grade: Grade; proposed?: boolean }) {
  const { t } = useT()
  return (
    <span className={`grade grade-tag-${grade} ${proposed ? 'proposed' : ''}`}>
      {grade} {t(`grade.${grade}`)}
      {proposed ? t('grade.proposed') : ''}
    </span>
  )
}

/** "始于 14:03，上报 14:09" for what was heard of late, "始于 14:03:22" otherwise. */
export function Began({ line }: { line: Pick<Line, 'lateness' | 'began' | 'opened'> }) {
  const { t } = useT()
  const now = useNow()
  if (line.lateness === 'live') return <>{t('began.live', { time: minute(line.began, now) })}</>
  return (
    <span className="late-report">
      {t(line.lateness === 'late' ? 'began.late' : 'began.retrospective', {
        began: minute(line.began, now),
        reported: minute(line.opened, now),
      })}
    </span>
  )
}

export function ago(ms: number, t: Translate): string {
  const { unit, n } = age(ms)
  return t(`ago.${unit}`, { n })
}

/** Names of devices for those who may see them; the id for the others. */
export function useDeviceName(): (id: string | null | undefined) => string {
  const { session } = useSession()
  const { data } = useQuery({ ...devices, enabled: session.role !== 'responder' && session.role !== 'department', refetchInterval: 60_000 })
  return useCallback(
    (id) => (id == null ? '' : (data?.items.find((one) => one.id === id)?.name ?? id)),
    [data],
  )
}

/** The names that an incident's sentences need. */
export function useNames(detail: Detail): Names {
  const device = useDeviceName()
  const now = useNow()
  const { session } = useSession()
  const { data } = useQuery({ ...organisations, enabled: session.role !== 'responder' && session.role !== 'engineer' })
  const known = useMemo(() => new Map((data?.items ?? []).map((one) => [one.code, one.name])), [data])
  return useMemo(
    () => ({ people: detail.people, notes: detail.notes, device, place: detail.incident.grid_name, now, ...caseNames(detail, known) }),
    [detail, device, now, known],
  )
}

/** What the detail itself says of organisations, matters and steps; their codes where it does not. */
function caseNames(detail: Detail, known: ReadonlyMap<string, string>): Pick<Names, 'organisation' | 'matter' | 'step'> {
  const organisations = new Map(known)
  for (const one of detail.route) organisations.set(one.organisation, one.name)
  const work = detail.work
  for (const one of [...(work?.partners ?? []), ...(work?.lead == null ? [] : [work.lead])]) organisations.set(one.code, one.name)
  return {
    organisation: (code) => organisations.get(code) || code,
    matter: (code) => (code === detail.incident.matter && detail.incident.matter_name !== '' ? detail.incident.matter_name : code),
    step: (id) => detail.plan?.steps.find((one) => one.id === id)?.text ?? id,
  }
}

/** Where it stands, in words that fit its track: people who go to the scene, or an organisation at work. */
export function stateWords(line: Pick<Line, 'state'> & { stage?: string | null }, t: Translate): string {
  if (line.stage != null) {
    const key = `workstate.${line.state}`
    if (has(key)) return t(key)
  }
  return t(`state.${line.state}`)
}

/** Names of people for the desk; the id for those who may not see them. */
export function usePersonName(): (id: string) => string {
  const { session } = useSession()
  const { data } = useQuery({ ...people, enabled: ['operator', 'supervisor', 'administrator'].includes(session.role) })
  return useCallback((id) => data?.items.find((one) => one.id === id)?.name ?? id, [data])
}

export function useGridName(): (code: string) => string {
  const { data } = useQuery(grids)
  return useCallback((code) => data?.items.find((one) => one.code === code)?.name ?? code, [data])
}

/** A detector's sentence in the reader's language; the server's own where we know none. */
export function whyOf(
  t: Translate,
  reasonCode: string,
  figures: Record<string, number> | [string, number][] | undefined,
  fallback = '',
): string {
  const values: Record<string, string> = {}
  const pairs = Array.isArray(figures) ? figures : Object.entries(figures ?? {})
  for (const [name, value] of pairs) {
    const share = name === 'share' || name === 'hidden'
    const seconds = name === 'seconds' ? Number(value.toFixed(value < 10 ? 1 : 0)) : value
    values[name] = share ? `${(value * 100).toPrecision(2)}%` : short(seconds)
  }
  const sentence = say((key) => t(key, values), 'why', reasonCode)
  // A code without its figures would leave holes: then the server's own words.
  return sentence === reasonCode || sentence.includes('{{') ? fallback || reasonCode : sentence
}

export function short(value: number): string {
  return Number(value.toPrecision(4)).toLocaleString('en', { maximumFractionDigits: 3, useGrouping: false })
}

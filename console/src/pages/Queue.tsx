/** The operator's queue: what waits for confirmation on top, clocks of the rest counting down. */
import { useQuery } from '@tanstack/react-query'
import { Alert, Empty, Segmented, Spin } from 'antd'
import { useCallback, useEffect, useMemo, useState } from 'react'
import { useNavigate } from 'react-router'

import { commands } from '../api/commands'
import { counts, endedIncidents, incidentsLike, openIncidents } from '../api/queries'
import type { Line } from '../api/types'
import { useT } from '../i18n'
import { Problem } from '../parts/Problem'
import { QueueFilters, useWanted } from '../parts/QueueFilters'
import { QueueRow } from '../parts/QueueRow'
import { useCommand } from '../parts/useCommand'
import { useSession } from '../session'

type Tab = 'open' | 'ended'

/** Newest unconfirmed first, then the confirmed, newest first. */
export function inOrder(items: readonly Line[]): Line[] {
  const waits = (line: Line) => (line.state === 'received' || line.state === 'reported' ? 0 : 1)
  return [...items].sort((a, b) => waits(a) - waits(b) || Date.parse(b.opened) - Date.parse(a.opened))
}

export function Queue() {
  const { t } = useT()
  const [tab, setTab] = useState<Tab>('open')
  const open = useQuery(openIncidents)
  const ended = useQuery({ ...endedIncidents, enabled: tab === 'ended' })
  const [wanted, setWanted] = useWanted()
  const narrowed = Object.keys(wanted).length > 0
  const like = useQuery({ ...incidentsLike({ ...wanted, open: tab === 'open' }), enabled: narrowed })
  const shown = narrowed ? like : tab === 'open' ? open : ended
  const lines = useMemo(
    () => (tab === 'open' ? inOrder(shown.data?.items ?? []) : (shown.data?.items ?? [])),
    [tab, shown.data],
  )
  const [chosen, setChosen] = useState<string | null>(null)
  useKeys(lines, chosen, setChosen)
  return (
    <section aria-label={t('nav.queue')}>
      <div className="bar">
        <h1>{t('nav.queue')}</h1>
        <Segmented<Tab>
          value={tab}
          onChange={setTab}
          options={[
            { value: 'open', label: t('queue.open', { n: open.data?.items.length ?? 0 }) },
            { value: 'ended', label: t('queue.ended') },
          ]}
        />
        <span className="keys quiet">
          <kbd>j</kbd> <kbd>k</kbd> {t('queue.keys.move')} <kbd>Enter</kbd> {t('queue.keys.open')} <kbd>c</kbd>{' '}
          {t('queue.keys.confirm')}
        </span>
      </div>
      <QueueFilters wanted={wanted} onWanted={setWanted} />
      <CallsHeld />
      <Problem error={shown.error} onRetry={() => void shown.refetch()} />
      {shown.isPending && <Spin />}
      {shown.data !== undefined && lines.length === 0 && (
        <Empty image={Empty.PRESENTED_IMAGE_SIMPLE} description={t(narrowed ? 'queue.none.like' : tab === 'open' ? 'queue.quiet' : 'queue.none')} />
      )}
      <div role="list">
        {lines.map((line) => (
          <QueueRow key={line.id} line={line} chosen={line.id === chosen} onChoose={() => setChosen(line.id)} />
        ))}
      </div>
      {shown.data?.more && <p className="quiet">{t('queue.more')}</p>}
    </section>
  )
}

/** Alarms that a collector sent and nobody could read: each may be a call for help. */
function CallsHeld() {
  const { t } = useT()
  const { data } = useQuery(counts)
  if (data === undefined || data.calls_held === 0) return null
  return <Alert type="error" showIcon banner title={t('queue.callsHeld', { n: data.calls_held })} />
}

/** j and k move, Enter opens, c confirms: never while somebody writes. */
function useKeys(lines: readonly Line[], chosen: string | null, choose: (id: string) => void): void {
  const go = useNavigate()
  const { session } = useSession()
  const command = useCommand(chosen ?? '')
  const { mutate, isPending } = command
  const act = useCallback(
    (key: string) => {
      const place = lines.findIndex((line) => line.id === chosen)
      const line = lines[place]
      if (key === 'j' || key === 'k') {
        // What a click left focused would otherwise take the next Enter.
        if (document.activeElement instanceof HTMLElement) document.activeElement.blur()
        const next = lines[place < 0 ? 0 : Math.min(Math.max(place + (key === 'j' ? 1 : -1), 0), lines.length - 1)]
        if (next) choose(next.id)
      } else if (key === 'Enter' && line) void go(`/incidents/${line.id}`)
      else if (key === 'c' && line?.state === 'received' && session.role === 'operator' && !isPending) {
        mutate(() => commands.confirm(line.id))
      }
    },
    [lines, chosen, choose, go, mutate, isPending, session.role],
  )
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const at = event.target as HTMLElement
      const writes = at.closest('input:not([type="radio"]), textarea, select, [role="dialog"]') !== null
      // Enter on a link or a button means that link or button; the letters mean the queue.
      const own = event.key === 'Enter' && at.closest('a, button, [role="radiogroup"]') !== null
      if (writes || own || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return
      act(event.key)
    }
    addEventListener('keydown', onKey)
    return () => removeEventListener('keydown', onKey)
  }, [act])
}

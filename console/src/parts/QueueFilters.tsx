/** What narrows the queue: kept in the address, so that a link shows the same. */
import { Button, Select } from 'antd'
import { useMemo } from 'react'
import { useSearchParams } from 'react-router'

import type { IncidentWanted } from '../api/queries'
import { type Line, type State, TIERS, type Tier } from '../api/types'
import { useT } from '../i18n'
import { LIFE } from '../town/steps'
import { GridPicker, MatterPicker, OrganisationPicker } from './town/pickers'

type Source = Line['source']
const SOURCES: readonly Source[] = ['sensor', 'video', 'button', 'desk', 'member', 'citizen', 'hotline', 'superior', 'feed']
const STATES: readonly State[] = [...LIFE, 'rejected', 'merged']

export function useWanted(): [IncidentWanted, (wanted: IncidentWanted) => void] {
  const [at, setAt] = useSearchParams()
  const wanted = useMemo<IncidentWanted>(() => {
    const text = (name: string) => at.get(name) ?? undefined
    const states = at.getAll('state').filter((one): one is State => (STATES as readonly string[]).includes(one))
    const source = SOURCES.find((one) => one === at.get('source'))
    const level = TIERS.find((one) => one === at.get('level'))
    const [matter, grid, organisation] = [text('matter'), text('grid'), text('organisation')]
    return {
      ...(states.length > 0 && { state: states }),
      ...(source !== undefined && { source }),
      ...(level !== undefined && { level }),
      ...(matter !== undefined && { matter }),
      ...(grid !== undefined && { grid }),
      ...(organisation !== undefined && { organisation }),
      ...(at.get('overdue') === '1' && { overdue: true }),
    }
  }, [at])
  const set = (next: IncidentWanted) => {
    const query = new URLSearchParams()
    for (const one of next.state ?? []) query.append('state', one)
    for (const name of ['source', 'level', 'matter', 'grid', 'organisation'] as const) {
      const value = next[name]
      if (value != null) query.set(name, value)
    }
    if (next.overdue === true) query.set('overdue', '1')
    setAt(query, { replace: true })
  }
  return [wanted, set]
}

interface Props {
  wanted: IncidentWanted
  onWanted: (wanted: IncidentWanted) => void
}

export function QueueFilters({ wanted, onWanted }: Props) {
  const { t } = useT()
  const narrow = (change: Partial<Record<keyof IncidentWanted, unknown>>) => {
    const empty = (value: unknown) => value == null || value === '' || value === false || (Array.isArray(value) && value.length === 0)
    onWanted(Object.fromEntries(Object.entries({ ...wanted, ...change }).filter(([, value]) => !empty(value))))
  }
  const some = Object.keys(wanted).length > 0
  return (
    <details className="narrowing" open={some}>
      <summary>{t('queue.narrow')}</summary>
      <div className="bar filters figure-filters">
        <Select<State[]>
          mode="multiple"
          allowClear
          maxTagCount={2}
          aria-label={t('queue.narrow.state')}
          placeholder={t('queue.narrow.state')}
          value={wanted.state ?? []}
          onChange={(state) => narrow({ state })}
          options={STATES.map((value) => ({ value, label: t(`state.${value}`) }))}
        />
        <MatterPicker aria-label={t('case.matter')} placeholder={t('figures.matter.all')} {...(wanted.matter != null && { value: wanted.matter })} onChange={(matter?: string) => narrow({ matter: matter ?? '' })} />
        <Select<Source | null>
          allowClear
          aria-label={t('queue.narrow.source')}
          placeholder={t('queue.narrow.source')}
          value={wanted.source ?? null}
          onChange={(source) => narrow({ source: source ?? null })}
          options={SOURCES.map((value) => ({ value, label: t(`source.${value}`) }))}
        />
        <Select<Tier | null>
          allowClear
          aria-label={t('queue.narrow.level')}
          placeholder={t('queue.narrow.level')}
          value={wanted.level ?? null}
          onChange={(level) => narrow({ level: level ?? null })}
          options={TIERS.map((value) => ({ value, label: t(`tier.${value}`) }))}
        />
        <OrganisationPicker clearable aria-label={t('case.lead')} placeholder={t('case.lead')} {...(wanted.organisation != null && { value: wanted.organisation })} onChange={(value) => narrow({ organisation: value ?? null })} />
        <GridPicker clearable aria-label={t('report.grid')} placeholder={t('report.grid')} {...(wanted.grid != null && { value: wanted.grid })} onChange={(grid?: string) => narrow({ grid: grid ?? null })} />
        <label className="check">
          <input type="checkbox" checked={wanted.overdue === true} onChange={(event) => narrow({ overdue: event.target.checked })} /> {t('queue.narrow.overdue')}
        </label>
        {some && <Button size="small" onClick={() => onWanted({})}>{t('queue.narrow.none')}</Button>}
      </div>
    </details>
  )
}

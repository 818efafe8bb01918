/** Figures of a day, week, month, quarter or year: what each rests on, how it changed, and the incidents behind it. */
import { useQuery } from '@tanstack/react-query'
import { Button, Segmented, Select, Space, Spin, Switch, Table } from 'antd'
import { useState } from 'react'
import { useSearchParams } from 'react-router'

import { type Chosen, type Definition, definitions, exportAddress, type Figure, type FigureReport, figures, type FigureTable } from '../../api/figures'
import { TIERS, type Tier } from '../../api/types'
import { useT } from '../../i18n'
import { Panel } from '../../parts/Panel'
import { Problem } from '../../parts/Problem'
import { RateBar } from '../../parts/RateBar'
import { stacked } from '../../parts/stacked'
import { FigureMeaning } from '../../parts/town/FigureMeaning'
import { FigureRowsDialog } from '../../parts/town/FigureRowsDialog'
import { GridPicker, MatterPicker } from '../../parts/town/pickers'
import { serverNow } from '../../serverClock'
import { useSession } from '../../session'
import { change, lengthWords, valueWords } from '../../town/figures'
import { localDay, nameOf, type Period, PERIODS, shifted } from '../../town/periods'

/** Tables that the page offers; each asks the server for one more. */
const TABLES = ['grid', 'class', 'level', 'kind', 'grade', 'source', 'category', 'matter', 'organisation', 'detector'] as const
type By = (typeof TABLES)[number]

type Look = (one: Figure, narrowed?: Partial<Chosen>) => void

export function Figures() {
  const { t, language } = useT()
  const { session } = useSession()
  const [at, setAt] = useSearchParams()
  const period = (PERIODS as readonly string[]).includes(at.get('period') ?? '') ? (at.get('period') as Period) : 'month'
  const day = at.get('day') ?? localDay(serverNow())
  const [grid, setGrid] = useState<string>()
  const [matter, setMatter] = useState<string>()
  const [tier, setTier] = useState<Tier>()
  const [drill, setDrill] = useState(false)
  const [by, setBy] = useState<By>('grid')
  const chosen: Chosen = {
    period,
    of: nameOf(period, day),
    ...(grid !== undefined && { grid }),
    ...(matter !== undefined && { matter }),
    ...(tier !== undefined && { tier }),
    ...(drill && { drill }),
  }
  const asked = useQuery(figures(chosen, [by]))
  const meant = useQuery(definitions)
  const [shown, setShown] = useState<{ figure: Figure; chosen: Chosen } | null>(null)
  const [meaning, setMeaning] = useState(false)
  const go = (next: { period?: Period; day?: string }) =>
    setAt({ period: next.period ?? period, day: next.day ?? day }, { replace: true })
  const found = asked.data
  const look: Look = (figure, narrowed) => setShown({ figure, chosen: { ...chosen, ...narrowed } })
  const last = shifted(period, day, 1) > localDay(serverNow())
  return (
    <section aria-label={t('nav.figures')}>
      <div className="bar">
        <h1>{t('nav.figures')}</h1>
        <Segmented<Period> value={period} onChange={(value) => go({ period: value })} options={PERIODS.map((value) => ({ value, label: t(`period.${value}`) }))} />
        <Space.Compact>
          <Button aria-label={t('period.before')} onClick={() => go({ day: shifted(period, day, -1) })}>‹</Button>
          <Button className="mono" onClick={() => go({ day: localDay(serverNow()) })}>{nameOf(period, day)}</Button>
          <Button aria-label={t('period.after')} disabled={last} onClick={() => go({ day: shifted(period, day, 1) })}>›</Button>
        </Space.Compact>
      </div>
      <div className="bar filters figure-filters">
        {session.role !== 'department' && <GridPicker clearable placeholder={t('figures.everywhere')} {...(grid !== undefined && { value: grid })} onChange={(value?: string) => setGrid(value)} aria-label={t('report.grid')} />}
        <MatterPicker {...(matter !== undefined && { value: matter })} onChange={(value?: string) => setMatter(value)} aria-label={t('case.matter')} placeholder={t('figures.matter.all')} />
        <Select
          allowClear
          aria-label={t('org.tier')}
          placeholder={t('figures.tier.all')}
          value={tier ?? null}
          onChange={(value: Tier | null) => setTier(value ?? undefined)}
          options={TIERS.map((value) => ({ value, label: t(`tier.${value}`) }))}
        />
        <label>
          <Switch size="small" checked={drill} onChange={setDrill} /> {t('figures.drill')}
        </label>
      </div>
      <Problem error={asked.error} onRetry={() => void asked.refetch()} />
      {asked.isPending && <Spin />}
      {found !== undefined && meant.data !== undefined && (
        <>
          <Summary found={found} />
          <div className="bar filters">
            <a href={exportAddress('xlsx', chosen, [by], language)}>{t('figures.xlsx')}</a>
            <a href={exportAddress('csv', chosen, [by], language)}>{t('figures.csv')}</a>
            <Button size="small" onClick={() => setMeaning(true)}>{t('figures.meaning')}</Button>
          </div>
          {found.incidents === 0 && <p className="quiet">{t('figures.none')}</p>}
          {meant.data.groups.map((group) => {
            const inside = found.figures.filter((one) => meant.data.items.find((each) => each.name === one.name)?.group === group.code)
            if (inside.every(isEmpty)) return null
            return (
              <Panel key={group.code} title={language === 'zh' ? group.zh : group.en}>
                <Group figures={inside} found={found} meant={meant.data.items} look={look} />
              </Panel>
            )
          })}
          <Panel
            title={t('figures.table')}
            extra={
              <Select<By>
                size="small"
                aria-label={t('figures.table')}
                value={by}
                onChange={setBy}
                style={{ minWidth: 140 }}
                options={TABLES.map((value) => {
                  const named = meant.data.tables.find((each) => each.code === value)
                  return { value, label: (language === 'zh' ? named?.zh : named?.en) ?? value }
                })}
              />
            }
          >
            <Groups table={found.by[by]} by={by} meant={meant.data.items} look={look} />
          </Panel>
        </>
      )}
      {shown !== null && meant.data !== undefined && (
        <FigureRowsDialog figure={shown.figure} chosen={shown.chosen} meant={meant.data} onDone={() => setShown(null)} />
      )}
      {meaning && meant.data !== undefined && <FigureMeaning meant={meant.data} onDone={() => setMeaning(false)} />}
    </section>
  )
}

function Summary({ found }: { found: FigureReport }) {
  const { t } = useT()
  const left = Object.entries(found.left_out).filter(([, n]) => n > 0)
  return (
    <p>
      <strong>{t('figures.summary', { place: found.scope.name || t('figures.everywhere'), period: found.period.name, n: found.incidents })}</strong>{' '}
      <span className="quiet">
        {found.period.running && t('figures.running')}
        {left.map(([why, n]) => t(why === 'drill' ? 'figures.left.drill' : 'figures.left.test', { n })).join('')}
        {found.drill && t('figures.drills.only')}
      </span>
    </p>
  )
}

interface GroupProps {
  figures: readonly Figure[]
  found: FigureReport
  meant: readonly Definition[]
  look: Look
}

function Group({ figures: inside, found, meant, look }: GroupProps) {
  const { t, language } = useT()
  const title = (one: Figure) => {
    const words = meant.find((each) => each.name === one.name)
    return words === undefined ? one.name : words[language].title
  }
  const better = (one: Figure) => meant.find((each) => each.name === one.name)?.better ?? 'neither'
  const { previous, year_before: year } = found.compare
  const empty = inside.filter(isEmpty)
  return (
    <>
    <Table<Figure>
      size="small"
      rowKey="name"
      dataSource={inside.filter((one) => !isEmpty(one))}
      pagination={false}
      className="stack figures-table"
      scroll={{ x: 'max-content' }}
      columns={stacked([
        {
          title: t('figures.what'),
          width: 220,
          render: (_, one) => (
            <button type="button" className="number" onClick={() => look(one)} title={meant.find((each) => each.name === one.name)?.[language].numerator}>
              {title(one)}
            </button>
          ),
        },
        { title: t('figures.value'), width: 260, render: (_, one) => <Value one={one} /> },
        { title: t('figures.previous'), render: (_, one) => <Changed one={one} before={previous?.figures.find((each) => each.name === one.name)} better={better(one)} /> },
        { title: t('figures.year'), render: (_, one) => <Changed one={one} before={year?.figures.find((each) => each.name === one.name)} better={better(one)} /> },
        {
          title: t('figures.excluded'),
          render: (_, one) => {
            const n = Object.values(one.excluded).reduce((sum, each) => sum + each, 0)
            return n === 0 ? <span className="quiet">—</span> : <span className="quiet">{t('figures.excluded.n', { n })}</span>
          },
        },
      ])}
    />
    {empty.length > 0 && <p className="quiet">{t('figures.empty', { names: empty.map(title).join(t('list.comma')) })}</p>}
    </>
  )
}

/** Nothing was counted and nothing left out: there is nothing to say. */
const isEmpty = (one: Figure) => one.denominator === 0 && Object.values(one.excluded).every((n) => n === 0)

function Value({ one }: { one: Figure }) {
  const { t } = useT()
  if (one.denominator === 0) return <span className="quiet">{t('rate.none')}</span>
  if (one.unit === 'share' && one.value !== null && one.low !== null && one.high !== null) {
    return <RateBar rate={{ share: one.value, part: one.numerator, whole: one.denominator, low: one.low, high: one.high }} />
  }
  if (one.unit === 'seconds') {
    return (
      <span>
        <strong className="mono">{valueWords(one, t)}</strong>{' '}
        <span className="quiet">
          {t('figures.p90', { time: one.p90_never ? t('figure.never.p90') : one.p90 === null ? '—' : lengthWords(one.p90, t) })} · {one.numerator}/{one.denominator}
        </span>
      </span>
    )
  }
  return <strong className="mono">{valueWords(one, t)}</strong>
}

function Changed({ one, before, better }: { one: Figure; before: Figure | undefined; better: string }) {
  const { t } = useT()
  const found = change(one, before, better, t)
  if (found === null || before === undefined) return <span className="quiet">—</span>
  const tone = found.good === null ? 'quiet' : found.good ? 'tone-arrived' : 'tone-late'
  return (
    <span>
      <span className={tone}>{found.words}</span> {before.value !== 0 && <span className="quiet mono">{t('list.brackets', { inside: valueWords(before, t) })}</span>}
    </span>
  )
}

/** Narrowing a question to one row of a table, where the API can. */
const NARROWS: Partial<Record<By, (key: string) => Partial<Chosen>>> = {
  grid: (key) => ({ grid: key }),
  matter: (key) => ({ matter: key }),
  category: (key) => ({ matter: key }),
  class: (key) => ({ class: key }),
  organisation: (key) => ({ organisation: key }),
  kind: (key) => ({ kind: key as NonNullable<Chosen['kind']> }),
  grade: (key) => ({ grade: key as NonNullable<Chosen['grade']> }),
  source: (key) => ({ source: key as NonNullable<Chosen['source']> }),
}

function Groups({ table, by, meant, look }: { table: FigureTable | undefined; by: By; meant: readonly Definition[]; look: Look }) {
  const { t, language } = useT()
  if (table === undefined) return <Spin />
  const names = [...new Set(table.items.flatMap((one) => one.figures.filter((each) => each.unit !== 'count' && each.denominator > 0).map((each) => each.name)))]
  const columns = meant.filter((one) => names.includes(one.name)).slice(0, 6)
  return (
    <>
      <Table
        size="small"
        rowKey="key"
        dataSource={table.items}
        className="stack"
        scroll={{ x: 'max-content' }}
        pagination={{ pageSize: 20, hideOnSinglePage: true, showSizeChanger: false }}
        locale={{ emptyText: t('figures.none') }}
        columns={stacked<FigureTable['items'][number]>([
          { title: t('figures.of'), render: (_, one) => <strong>{groupName(by, one.key, one.name, t)}</strong> },
          { title: t('figures.incidents'), sorter: (a, b) => a.incidents - b.incidents, render: (_, one) => <span className="mono">{one.incidents}</span> },
          ...columns.map((definition) => ({
            title: definition[language].title,
            render: (_: unknown, row: FigureTable['items'][number]) => {
              const one = row.figures.find((each) => each.name === definition.name)
              const narrow = NARROWS[by]
              if (one === undefined || one.denominator === 0) return <span className="quiet">—</span>
              const words = (
                <>
                  {valueWords(one, t)} <span className="quiet">{one.numerator}/{one.denominator}</span>
                </>
              )
              return narrow === undefined || row.key === '' ? (
                <span className="mono">{words}</span>
              ) : (
                <button type="button" className="number mono" onClick={() => look(one, narrow(row.key))}>{words}</button>
              )
            },
          })),
        ])}
      />
      {table.left_out > 0 && <p className="quiet">{t('figures.left_out', { n: table.left_out })}</p>}
    </>
  )
}

function groupName(by: By, key: string, name: string, t: ReturnType<typeof useT>['t']): string {
  if (key === '') return t('figures.unsaid')
  if (by === 'kind') return t(`kind.${key as 'fire'}`)
  if (by === 'grade') return t(`grade.${key as 'I'}`)
  if (by === 'source') return t(`source.${key as 'desk'}`)
  if (by === 'level') return t(`tier.${key as 'village'}`)
  return name || key
}

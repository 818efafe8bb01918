/** How grid staff did: ranked within their class by five counted indicators, the quarter's contest, and points. */
import { useQuery } from '@tanstack/react-query'
import { Button, Modal, Popconfirm, Space, Spin, Table, Tabs } from 'antd'
import { useMemo, useState } from 'react'
import { Link } from 'react-router'

import { INDICATORS, oversightActs, type Score, scoreRows, type Scores as Found, scores } from '../../api/oversight'
import { useT } from '../../i18n'
import { Problem } from '../../parts/Problem'
import { stacked } from '../../parts/stacked'
import { Contests } from '../../parts/town/Contests'
import { GridPicker } from '../../parts/town/pickers'
import { Points } from '../../parts/town/Points'
import { WeightsDialog } from '../../parts/town/WeightsDialog'
import { useAct } from '../../parts/useCommand'
import { serverNow, useNow } from '../../serverClock'
import { useSession } from '../../session'
import { minute } from '../../time'
import { localDay, nameOf, shifted } from '../../town/periods'

export function Scores() {
  const { t } = useT()
  return (
    <section aria-label={t('nav.scores')}>
      <h1>{t('nav.scores')}</h1>
      <Tabs
        items={[
          { key: 'ranking', label: t('score.ranking'), children: <Ranking /> },
          { key: 'contest', label: t('contest.title'), children: <Contests /> },
          { key: 'points', label: t('points.title'), children: <Points /> },
        ]}
      />
    </section>
  )
}

function Ranking() {
  const { t } = useT()
  const { session } = useSession()
  const [day, setDay] = useState(shifted('month', localDay(serverNow()), -1))
  const [grid, setGrid] = useState<string>()
  const month = nameOf('month', day)
  const asked = useQuery(scores(month, grid))
  const [shown, setShown] = useState<Score | null>(null)
  const [weighing, setWeighing] = useState(false)
  const found = asked.data
  const running = month >= nameOf('month', localDay(serverNow()))
  return (
    <>
      <p className="quiet">{t('score.hint')}</p>
      <div className="bar filters">
        <Space.Compact>
          <Button aria-label={t('period.before')} onClick={() => setDay(shifted('month', day, -1))}>‹</Button>
          <Button className="mono">{month}</Button>
          <Button aria-label={t('period.after')} disabled={running} onClick={() => setDay(shifted('month', day, 1))}>›</Button>
        </Space.Compact>
        <span className="duty-grid">
          <GridPicker clearable aria-label={t('report.grid')} placeholder={t('duty.grid.all')} {...(grid !== undefined && { value: grid })} onChange={(value?: string) => setGrid(value)} />
        </span>
        {session.role === 'administrator' && <Button onClick={() => setWeighing(true)}>{t('score.weights')}</Button>}
        {session.role === 'administrator' && grid !== undefined && found?.published == null && !running && <Publish grid={grid} month={month} />}
      </div>
      <Problem error={asked.error} onRetry={() => void asked.refetch()} />
      {asked.isPending && <Spin />}
      {found !== undefined && (
        <>
          <Formula found={found} />
          <Classes found={found} onShow={setShown} />
        </>
      )}
      {shown !== null && <RowsDialog score={shown} month={month} onDone={() => setShown(null)} />}
      {weighing && <WeightsDialog grid={grid} onDone={() => setWeighing(false)} />}
    </>
  )
}

function Publish({ grid, month }: { grid: string; month: string }) {
  const { t } = useT()
  const { busy, act } = useAct(['scores'])
  return (
    <Popconfirm title={t('score.publish.sure', { month })} okText={t('score.publish')} cancelText={t('do.cancel')} onConfirm={() => act(() => oversightActs.publish(grid, month))}>
      <Button type="primary" loading={busy}>{t('score.publish')}</Button>
    </Popconfirm>
  )
}

function Formula({ found }: { found: Found }) {
  const { t } = useT()
  const now = useNow()
  return (
    <p>
      {found.published == null ? (
        <span className="tone-late">{t('score.unpublished')}</span>
      ) : (
        <span className="tone-arrived">{t('score.published', { at: minute(found.published.at, now) })}</span>
      )}{' '}
      <span className="quiet">
        {found.formula.map((one) => t('score.formula', { what: t(`indicator.${one.indicator}`), points: one.points, full: one.full })).join(t('list.comma'))}
      </span>
    </p>
  )
}

/** One table for each class: people are compared with their like alone. */
function Classes({ found, onShow }: { found: Found; onShow: (score: Score) => void }) {
  const { t } = useT()
  const classes = useMemo(() => [...new Set(found.items.map((one) => one.class))], [found])
  if (classes.length === 0) return <p className="quiet">{t('score.none')}</p>
  return (
    <>
      {classes.map((name) => (
        <section key={name} className="panel" aria-label={name || t('score.class.none')}>
          <h2>{name || t('score.class.none')}</h2>
          <Table<Score>
            size="small"
            rowKey="person"
            dataSource={found.items.filter((one) => one.class === name)}
            className="stack"
            scroll={{ x: 'max-content' }}
            pagination={{ pageSize: 20, hideOnSinglePage: true, showSizeChanger: false }}
            columns={stacked([
              { title: t('score.rank'), render: (_, one) => (one.rank == null ? '—' : <strong className="mono">{t('score.rank.of', { n: one.rank, all: one.among ?? 0 })}</strong>) },
              { title: t('people.name'), render: (_, one) => one.person_name || one.person },
              { title: t('nav.grids'), render: (_, one) => one.grid_name || one.grid },
              {
                title: t('score.total'),
                render: (_, one) => <button type="button" className="number mono" onClick={() => onShow(one)}>{one.total.toFixed(2)}</button>,
              },
              ...INDICATORS.map((indicator) => ({
                title: t(`indicator.${indicator}`),
                render: (_: unknown, one: Score) => {
                  const part = one.parts.find((each) => each.indicator === indicator)
                  return part === undefined ? '—' : <span className="mono">{part.points.toFixed(1)} <span className="quiet">· {t('score.count', { n: part.count })}</span></span>
                },
              })),
            ])}
          />
        </section>
      ))}
    </>
  )
}

function RowsDialog({ score, month, onDone }: { score: Score; month: string; onDone: () => void }) {
  const { t } = useT()
  const now = useNow()
  const asked = useQuery(scoreRows(score.person, month))
  const items = asked.data?.items ?? []
  return (
    <Modal open width={640} title={t('score.rows', { name: score.person_name, month })} footer={null} onCancel={onDone}>
      <Problem error={asked.error} onRetry={() => void asked.refetch()} />
      {asked.isPending && <Spin />}
      {asked.data !== undefined && items.length === 0 && <p className="quiet">{t('score.rows.none')}</p>}
      {INDICATORS.map((indicator) => {
        const own = items.filter((one) => one.indicator === indicator)
        const part = asked.data?.score.parts.find((one) => one.indicator === indicator)
        if (own.length === 0) return null
        return (
          <section key={indicator}>
            <h2>
              {t(`indicator.${indicator}`)}
              <span className="quiet">{t('score.part', { n: part?.count ?? own.length, points: (part?.points ?? 0).toFixed(2) })}</span>
            </h2>
            <ul className="plain behind">
              {own.slice(0, 60).map((one, place) => (
                <li key={place}>
                  <time className="mono">{minute(one.at, now)}</time>
                  <Subject subject={one.subject} />
                </li>
              ))}
            </ul>
          </section>
        )
      })}
    </Modal>
  )
}

/** `incident:<id>`, `tag:<id>`, `grid:<code>`, `person:<id>`, `key_place:<id>`, or a day. */
function Subject({ subject }: { subject: string }) {
  const { t } = useT()
  const [kind = '', id = ''] = subject.split(/:(.*)/, 2)
  if (kind === 'incident') return <Link to={`/incidents/${id}`}>{t('subject.incident')}</Link>
  if (kind === 'grid') return <Link to={`/grids?grid=${id}`}>{t('subject.grid', { id })}</Link>
  if (kind === 'tag' || kind === 'person' || kind === 'key_place') return <span>{t(`subject.${kind}`, { id })}</span>
  return <span className="mono">{subject}</span>
}

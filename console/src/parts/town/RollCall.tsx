/** The roll-call of a sweep: by part of the town, then grid by grid, with what each answered. */
import { useQuery } from '@tanstack/react-query'
import { Button, Popconfirm, Progress, Segmented, Spin, Table } from 'antd'
import { useState } from 'react'
import { Link } from 'react-router'

import { oversightActs, type Roll, ROLL_STATES, type RollState, sweep as asked, type SweepDetail } from '../../api/oversight'
import { useT } from '../../i18n'
import { useNow } from '../../serverClock'
import { useSession } from '../../session'
import { minute } from '../../time'
import { Panel } from '../Panel'
import { Problem } from '../Problem'
import { stacked } from '../stacked'
import { useAct } from '../useCommand'
import { SweepAnswerDialog } from './SweepAnswerDialog'

export function RollCall({ id }: { id: string }) {
  const { t } = useT()
  const [state, setState] = useState<RollState | 'all'>('all')
  const one = useQuery(asked(id, state === 'all' ? undefined : state))
  const found = one.data
  return (
    <section aria-label={t('sweep.roll')}>
      <Link to="/sweeps">← {t('nav.sweeps')}</Link>
      <Problem error={one.error} onRetry={() => void one.refetch()} />
      {one.isPending && <Spin />}
      {found !== undefined && (
        <>
          <Head found={found} />
          <Parts found={found} />
          <Panel
            title={t('sweep.roll')}
            extra={
              <Segmented<RollState | 'all'>
                size="small"
                value={state}
                onChange={setState}
                options={[{ value: 'all', label: t('alarms.all') }, ...ROLL_STATES.map((value) => ({ value, label: t(`rollstate.${value}`) }))]}
              />
            }
          >
            <Rolls found={found} />
          </Panel>
        </>
      )}
    </section>
  )
}

function Head({ found }: { found: SweepDetail }) {
  const { t } = useT()
  const { session } = useSession()
  const now = useNow()
  const { act, busy } = useAct(['sweeps'])
  const { sweep } = found
  const { counts } = sweep
  const share = counts.total === 0 ? 0 : Math.floor((100 * counts.answered) / counts.total)
  return (
    <>
      <div className="bar">
        <h1>{sweep.title}</h1>
        <strong className={sweep.state === 'overdue' ? 'tone-missed' : ''}>{t(`sweepstate.${sweep.state}`)}</strong>
        {(session.role === 'operator' || session.role === 'supervisor') && sweep.ended == null && (
          <Popconfirm title={t('sweep.end.sure')} okText={t('sweep.end')} cancelText={t('do.cancel')} onConfirm={() => act(() => oversightActs.endSweep(sweep.id))}>
            <Button loading={busy}>{t('sweep.end')}</Button>
          </Popconfirm>
        )}
      </div>
      <p className="quiet facts">
        <span>{t(`sweepkind.${sweep.kind}`)}</span>
        <span>{sweep.grid_name || sweep.grid}</span>
        <span>{t('sweep.span', { since: minute(sweep.started, now), until: minute(sweep.until, now) })}</span>
        <span>{t('sweep.by', { name: sweep.started_by_name || sweep.started_by })}</span>
      </p>
      {sweep.words !== '' && <p className="words">{sweep.words}</p>}
      <Progress percent={share} format={() => t('sweep.answered', { n: counts.answered, all: counts.total })} />
      <div className="figures">
        {(['clear', 'found', 'unable', 'looking', 'nobody', 'late'] as const).map((name) => (
          <div key={name} className="figure">
            <span className="value">{counts[name]}</span>
            <span className="quiet">{t(`sweepcount.${name}`)}</span>
          </div>
        ))}
        <div className="figure">
          <span className="value">{counts.items}</span>
          <span className="quiet">{t('sweepcount.items')}</span>
        </div>
      </div>
    </>
  )
}

function Parts({ found }: { found: SweepDetail }) {
  const { t } = useT()
  if (found.parts.length < 2) return null
  return (
    <Panel title={t('sweep.parts')}>
      <ul className="plain parts">
        {found.parts.map((one) => (
          <li key={one.grid}>
            <span>{one.name || one.grid}</span>
            <Progress
              percent={one.counts.total === 0 ? 0 : Math.floor((100 * one.counts.answered) / one.counts.total)}
              size="small"
              format={() => `${one.counts.answered}/${one.counts.total}`}
            />
          </li>
        ))}
      </ul>
    </Panel>
  )
}

function Rolls({ found }: { found: SweepDetail }) {
  const { t } = useT()
  const { session } = useSession()
  const now = useNow()
  const [answering, setAnswering] = useState<Roll | null>(null)
  const may = session.role === 'operator' && found.sweep.ended == null
  return (
    <>
      <Table<Roll>
        size="small"
        rowKey="grid"
        dataSource={found.roll}
        className="stack"
        scroll={{ x: 'max-content' }}
        pagination={{ pageSize: 50, hideOnSinglePage: true, showSizeChanger: false }}
        locale={{ emptyText: t('sweep.roll.none') }}
        columns={stacked([
          { title: t('nav.grids'), render: (_, one) => <strong>{one.name || one.grid}</strong> },
          { title: t('sweep.state'), render: (_, one) => <span className={TONES[one.state] ?? ''}>{t(`rollstate.${one.state}`)}</span> },
          { title: t('sweep.person'), render: (_, one) => one.person_name || one.person || '—' },
          {
            title: t('sweep.answer'),
            render: (_, one) =>
              one.answer == null ? (
                one.reminded ? t('sweep.reminded') : '—'
              ) : (
                <span className="wrap">
                  {t(`sweepanswer.${one.answer}`)}
                  {one.found != null && one.found > 0 && ` ${t('sweep.n', { n: one.found })}`} {one.words}
                </span>
              ),
          },
          { title: t('sweep.when'), render: (_, one) => (one.answered == null ? '—' : <time className="mono">{minute(one.answered, now)}</time>) },
          ...(may
            ? [{ title: '', render: (_: unknown, one: Roll) => (one.answered == null ? <Button size="small" onClick={() => setAnswering(one)}>{t('sweep.answer.for')}</Button> : null) }]
            : []),
        ])}
      />
      {found.more && <p className="quiet">{t('list.cut')}</p>}
      {answering !== null && <SweepAnswerDialog sweep={found.sweep.id} roll={answering} onDone={() => setAnswering(null)} />}
    </>
  )
}

const TONES: Partial<Record<RollState, string>> = { answered: 'tone-arrived', late: 'tone-missed', nobody: 'tone-missed', looking: 'tone-late' }

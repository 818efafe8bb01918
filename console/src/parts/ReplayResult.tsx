/** What another configuration would have changed: real ones lost first, then the rest, then how far one may believe it. */
import { Table } from 'antd'
import { Link } from 'react-router'

import type { ReplayResult as Result } from '../api/types'
import { say, useT } from '../i18n'
import { useNow } from '../serverClock'
import { useSession } from '../session'
import { minute } from '../time'
import { TruthTag } from './Behind'
import { Panel } from './Panel'
import { stacked } from './stacked'
import { useDeviceName, useGridName } from './Words'

type Row = Result['rows'][number]
type StreamRow = Result['streams'][number]

const WHYS = ['report', 'picture', 'reading', 'other'] as const
const ORDER = { real: 0, unjudged: 1, false: 2 }

export function ReplayResult({ found }: { found: Result }) {
  const { t } = useT()
  const { lost, gained } = found
  const changes = lost.real + lost.false + lost.unjudged + gained.real + gained.false + gained.unjudged + found.moved
  return (
    <section aria-label={t('replay.result')}>
      {lost.real > 0 && (
        <p className="judgement tone-missed" role="alert">
          {t('replay.alarm', { n: lost.real })}
        </p>
      )}
      {changes === 0 && <p className="judgement tone-arrived">{t('replay.nothing')}</p>}
      <div className="figures">
        <Figure words={t('replay.lostReal')} n={lost.real} tone={lost.real > 0 ? 'tone-missed' : ''} />
        <Figure words={t('replay.lostFalse')} n={lost.false} tone={lost.false > 0 ? 'tone-arrived' : ''} />
        <Figure words={t('replay.lostUnjudged')} n={lost.unjudged} />
        <Figure words={t('replay.gained')} n={gained.real + gained.false + gained.unjudged} more={t('replay.gainedReal', { n: gained.real })} />
        <Figure words={t('replay.moved')} n={found.moved} />
        <Figure words={t('replay.same')} n={found.same} />
      </div>
      {found.rows.length > 0 && <Rows rows={found.rows} />}
      {changes > 0 && <Streams streams={found.streams} />}
      <Reach found={found} />
    </section>
  )
}

function Figure({ words, n, tone = '', more }: { words: string; n: number; tone?: string; more?: string }) {
  return (
    <div className="figure">
      <span className={`value ${tone}`}>{n}</span>
      <span className="quiet">
        {words}
        {more !== undefined && n > 0 && (
          <>
            <br />
            {more}
          </>
        )}
      </span>
    </div>
  )
}

function Rows({ rows }: { rows: Row[] }) {
  const { t } = useT()
  const { session } = useSession()
  const now = useNow()
  const nameOf = useDeviceName()
  const gridName = useGridName()
  // A real one that is lost is what a person must see, wherever it lies in time.
  const sorted = [...rows].sort(
    (one, other) => Number(one.change !== 'lost') - Number(other.change !== 'lost') || ORDER[one.judgement] - ORDER[other.judgement],
  )
  return (
    <Panel title={t('replay.rows')}>
      <Table<Row>
        size="small"
        rowKey={(one) => `${one.change} ${one.before ?? ''} ${one.after ?? ''} ${one.devices.join()} ${one.kind}`}
        dataSource={sorted}
        pagination={{ pageSize: 20, hideOnSinglePage: true }}
        scroll={{ x: 'max-content' }}
        className="stack"
        columns={stacked([
          {
            title: t('replay.change'),
            render: (_, one) => (
              <strong className={`change-${one.change}`}>
                {say(t, 'replaychange', one.change)}
                {one.change === 'moved' && one.seconds != null && (
                  <> {t(one.seconds > 0 ? 'replay.later' : 'replay.earlier', { n: Math.round(Math.abs(one.seconds)) })}</>
                )}
              </strong>
            ),
          },
          { title: t('replay.judged'), render: (_, one) => <TruthTag truth={one.judgement} /> },
          { title: t('replay.when'), render: (_, one) => <time className="mono">{minute(one.before ?? one.after ?? 0, now)}</time> },
          { title: t('alarms.kind'), render: (_, one) => t(`kind.${one.kind}`) },
          { title: t('alarms.device'), render: (_, one) => `${one.devices.map(nameOf).join(t('list.comma'))} · ${gridName(one.grid)}` },
          { title: t('quality.detector'), render: (_, one) => one.detectors.join(t('list.comma')) },
          {
            title: t('replay.record'),
            render: (_, one) =>
              one.incident == null ? (
                <span className="quiet">{t('replay.record.none')}</span>
              ) : session.role === 'engineer' ? (
                <span className="mono quiet">{one.incident.slice(0, 8)}</span>
              ) : (
                <Link to={`/incidents/${one.incident}`}>{one.incident.slice(0, 8)}</Link>
              ),
          },
        ])}
      />
    </Panel>
  )
}

function Streams({ streams }: { streams: StreamRow[] }) {
  const { t } = useT()
  const changed = streams.filter((one) => total(one.gained) + total(one.lost) + one.moved > 0)
  return (
    <Panel title={t('replay.streams')}>
      <Table<StreamRow>
        size="small"
        rowKey="stream"
        dataSource={changed}
        pagination={{ pageSize: 10, hideOnSinglePage: true }}
        scroll={{ x: 'max-content' }}
        className="stack"
        columns={stacked([
          { title: t('replay.stream'), render: (_, one) => <strong>{one.stream}</strong> },
          { title: t('replay.lostReal'), align: 'right', render: (_, one) => <N n={one.lost.real} tone="tone-missed" /> },
          { title: t('replay.lostFalse'), align: 'right', render: (_, one) => <N n={one.lost.false} tone="tone-arrived" /> },
          { title: t('replay.lostUnjudged'), align: 'right', render: (_, one) => <N n={one.lost.unjudged} /> },
          { title: t('replay.gained'), align: 'right', render: (_, one) => <N n={total(one.gained)} /> },
          { title: t('replay.moved'), align: 'right', render: (_, one) => <N n={one.moved} /> },
          { title: t('replay.same'), align: 'right', render: (_, one) => <N n={one.same} /> },
        ])}
      />
    </Panel>
  )
}

const total = (counts: Result['lost']) => counts.real + counts.false + counts.unjudged

function N({ n, tone = '' }: { n: number; tone?: string }) {
  return <span className={`mono ${n === 0 ? 'quiet' : tone}`}>{n}</span>
}

function Reach({ found }: { found: Result }) {
  const { t } = useT()
  const now = useNow()
  const { material } = found
  return (
    <Panel title={t('replay.reach')}>
      <p>
        {t('replay.reproduced', { all: found.recorded, n: found.reproduced })}
        {found.reproduced < found.recorded && t('replay.rest')}
      </p>
      <ul className="plain">
        {WHYS.map((why) => ({ why, n: found.unreplayed.filter((one) => one.why === why).length }))
          .filter((one) => one.n > 0)
          .map((one) => (
            <li key={one.why}>{t(`replaywhy.${one.why}`, { n: one.n })}</li>
          ))}
      </ul>
      <p className="quiet">
        {t('replay.material', {
          readings: material.readings,
          streams: material.streams,
          pictures: material.pictures,
          cameras: material.cameras,
          missing: material.pictures_missing,
        })}{' '}
        {material.from_kept != null && t('replay.kept', { time: minute(material.from_kept, now) })}
      </p>
    </Panel>
  )
}

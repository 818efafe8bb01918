/** How good detectors are by what people said: shares with their bounds, and the incidents behind each number. */
import { useQuery } from '@tanstack/react-query'
import { Segmented, Spin, Table } from 'antd'
import { useState } from 'react'
import { Link } from 'react-router'

import { type Behind as Wanted, quality } from '../api/quality'
import type { Quality as Figures, Truth, Verdicts } from '../api/types'
import { useT } from '../i18n'
import { Behind } from '../parts/Behind'
import { Drills } from '../parts/Drills'
import { HourStrip } from '../parts/HourStrip'
import { Panel } from '../parts/Panel'
import { Problem } from '../parts/Problem'
import { QualityTabs } from '../parts/QualityTabs'
import { percent, RateBar } from '../parts/RateBar'
import { stacked } from '../parts/stacked'
import { useDeviceName, useGridName } from '../parts/Words'
import { serverNow } from '../serverClock'

type Look = (title: string, wanted: Wanted) => void

export function Quality() {
  const { t } = useT()
  const [days, setDays] = useState(30)
  const asked = useQuery(quality(days, serverNow))
  const [shown, setShown] = useState<{ title: string; wanted: Wanted } | null>(null)
  const look: Look = (title, wanted) => setShown({ title, wanted })
  const found = asked.data
  return (
    <section aria-label={t('quality.title')}>
      <div className="bar">
        <h1>{t('quality.title')}</h1>
        <QualityTabs />
        <Segmented<number>
          value={days}
          onChange={setDays}
          options={[7, 30, 90].map((value) => ({ value, label: t('quality.days', { n: value }) }))}
        />
      </div>
      <p className="quiet">{t('quality.hint')}</p>
      <Problem error={asked.error} onRetry={() => void asked.refetch()} />
      {asked.isPending && <Spin />}
      {found !== undefined && (
        <>
          <Summary found={found} look={look} />
          {found.truncated && <p className="tone-late">{t('quality.truncated')}</p>}
          <Sums found={found} look={look} />
          <Panel title={t('quality.hours')}>
            <HourStrip hours={found.hours} onHour={(hour) => look(t('quality.hour', { hour }), { hour })} />
          </Panel>
          <Devices found={found} look={look} />
          <div className="halves">
            <Days found={found} look={look} />
            <Missed found={found} look={look} />
          </div>
        </>
      )}
      <Drills />
      {shown !== null && found !== undefined && (
        <Behind title={shown.title} wanted={shown.wanted} span={{ since: found.since, until: found.until }} onDone={() => setShown(null)} />
      )}
    </section>
  )
}

function Summary({ found, look }: { found: Figures; look: Look }) {
  const { t } = useT()
  const { total } = found
  return (
    <div className="figures">
      <div className="figure figure-wide">
        <RateBar rate={total.precision} />
        <span className="quiet">{t('quality.precision')}</span>
      </div>
      <div className="figure">
        <Number n={total.unjudged} onLook={() => look(t('truth.unjudged'), { judgement: 'unjudged' })} />
        <span className="quiet">{t('truth.unjudged')}</span>
      </div>
      {found.fleets
        .filter((one) => one.days > 0)
        .map((one) => (
          <div key={one.device_kind} className="figure">
            <span className="value">{(one.per_day ?? 0).toFixed(2)}</span>
            <span className="quiet">
              {t('quality.perDay', { device: deviceKind(t, one.device_kind) })}
              <br />
              {t('quality.perDay.rests', { false: one.false, days: one.days })}
            </span>
          </div>
        ))}
    </div>
  )
}

const deviceKind = (t: ReturnType<typeof useT>['t'], kind: string) =>
  kind === 'camera' || kind === 'sensor' || kind === 'button' ? t(`devicekind.${kind}`) : t('devicekind.other')

function Number({ n, onLook }: { n: number; onLook: () => void }) {
  if (n === 0) return <span className="quiet mono">0</span>
  return (
    <button type="button" className="number" onClick={onLook}>
      {n}
    </button>
  )
}

function Counts({ verdicts, onLook }: { verdicts: Verdicts; onLook: (truth: Truth) => void }) {
  const { t } = useT()
  return (
    <span className="counts">
      {(['real', 'false', 'unjudged'] as const).map((truth) => (
        <span key={truth} className={verdicts[truth] > 0 ? `truth-words-${truth}` : 'quiet'}>
          {t(`truth.short.${truth}`)} <Number n={verdicts[truth]} onLook={() => onLook(truth)} />
        </span>
      ))}
    </span>
  )
}

function Sums({ found, look }: { found: Figures; look: Look }) {
  const { t } = useT()
  return (
    <Panel title={t('quality.sums')}>
      <Table<Figures['sums'][number]>
        size="small"
        rowKey={(one) => `${one.detector} ${one.kind}`}
        dataSource={found.sums.filter((one) => one.detector !== '')}
        pagination={{ pageSize: 20, hideOnSinglePage: true }}
        scroll={{ x: 'max-content' }}
        className="stack"
        locale={{ emptyText: t('quality.none') }}
        columns={stacked([
          { title: t('quality.detector'), render: (_, one) => <strong>{one.detector}</strong> },
          { title: t('alarms.kind'), render: (_, one) => t(`kind.${one.kind}`) },
          { title: t('quality.devices'), align: 'right', render: (_, one) => <span className="mono">{one.devices}</span> },
          {
            title: t('quality.verdicts'),
            render: (_, one) => (
              <Counts
                verdicts={one.verdicts}
                onLook={(judgement) => look(`${one.detector} · ${t(`truth.${judgement}`)}`, { detector: one.detector, kind: one.kind, judgement })}
              />
            ),
          },
          { title: t('quality.precision'), render: (_, one) => <RateBar rate={one.verdicts.precision} /> },
          {
            title: t('quality.recall'),
            render: (_, one) =>
              one.recall.length === 0 ? (
                <span className="quiet">{t('quality.recall.none')}</span>
              ) : (
                one.recall.map((row) => (
                  <div key={row.witness} className="recall">
                    <span className="quiet">{t(`witness.${row.witness}`)}</span> <RateBar rate={row.recall} />
                  </div>
                ))
              ),
          },
        ])}
      />
    </Panel>
  )
}

function Devices({ found, look }: { found: Figures; look: Look }) {
  const { t } = useT()
  const nameOf = useDeviceName()
  const gridName = useGridName()
  return (
    <Panel title={t('quality.byDevice')}>
      <Table<Figures['detectors'][number]>
        size="small"
        rowKey={(one) => `${one.device} ${one.detector} ${one.kind} ${one.version}`}
        dataSource={found.detectors}
        pagination={{ pageSize: 20, hideOnSinglePage: true }}
        scroll={{ x: 'max-content' }}
        className="stack"
        locale={{ emptyText: t('quality.none') }}
        columns={stacked([
          {
            title: t('alarms.device'),
            render: (_, one) => (
              <>
                <Link to={`/devices/${encodeURIComponent(one.device)}`}>{nameOf(one.device)}</Link>{' '}
                <span className="quiet">{gridName(one.grid)}</span>
              </>
            ),
          },
          { title: t('quality.detector'), render: (_, one) => <strong>{one.detector}</strong> },
          {
            title: t('quality.version'),
            render: (_, one) => <span className="mono quiet">{one.version || t('quality.version.gone')}</span>,
          },
          {
            title: t('quality.verdicts'),
            render: (_, one) => (
              <Counts
                verdicts={one.verdicts}
                onLook={(judgement) =>
                  look(`${nameOf(one.device)} · ${one.detector} · ${t(`truth.${judgement}`)}`, {
                    detector: one.detector,
                    device: one.device,
                    kind: one.kind,
                    judgement,
                  })
                }
              />
            ),
          },
          { title: t('quality.precision'), render: (_, one) => <RateBar rate={one.verdicts.precision} /> },
        ])}
      />
    </Panel>
  )
}

function Days({ found, look }: { found: Figures; look: Look }) {
  const { t } = useT()
  const nameOf = useDeviceName()
  return (
    <Panel title={t('quality.worst')}>
      <Table<Figures['days'][number]>
        size="small"
        rowKey="device"
        dataSource={found.days.filter((one) => one.false > 0)}
        pagination={{ pageSize: 10, hideOnSinglePage: true }}
        scroll={{ x: 'max-content' }}
        className="stack"
        locale={{ emptyText: t('quality.worst.none') }}
        columns={stacked([
          { title: t('alarms.device'), render: (_, one) => nameOf(one.device) },
          {
            title: t('truth.false'),
            align: 'right',
            render: (_, one) => (
              <Number n={one.false} onLook={() => look(`${nameOf(one.device)} · ${t('truth.false')}`, { device: one.device, judgement: 'false' })} />
            ),
          },
          { title: t('quality.aDay'), align: 'right', render: (_, one) => <span className="mono">{(one.per_day ?? 0).toFixed(2)}</span> },
          { title: t('quality.falseDays'), render: (_, one) => <RateBar rate={one.false_days} bad /> },
        ])}
      />
    </Panel>
  )
}

function Missed({ found, look }: { found: Figures; look: Look }) {
  const { t } = useT()
  const nameOf = useDeviceName()
  const missed = found.recall.filter((one) => one.recall.part < one.recall.whole)
  const silent = found.recall.filter((one) => one.witness === 'report' && one.detector === '').reduce((all, one) => all + one.recall.whole, 0)
  return (
    <Panel title={t('quality.missed')}>
      {silent > 0 && <p className="tone-late">{t('quality.missed.nobody', { n: silent })}</p>}
      <p>
        <button type="button" className="number" onClick={() => look(t('quality.missed.reports'), { missed: true })}>
          {t('quality.missed.reports')}
        </button>
      </p>
      <ul className="plain">
        {missed
          .filter((one) => one.detector !== '')
          .slice(0, 20)
          .map((one) => (
            <li key={`${one.witness} ${one.device} ${one.detector} ${one.kind}`}>
              {t('quality.missed.line', {
                device: nameOf(one.device),
                detector: one.detector,
                witness: t(`witness.${one.witness}`),
                seen: one.recall.part,
                known: one.recall.whole,
                share: percent(one.recall.share ?? 0),
              })}
            </li>
          ))}
      </ul>
      {missed.length === 0 && <p className="quiet">{t('quality.missed.none')}</p>}
    </Panel>
  )
}

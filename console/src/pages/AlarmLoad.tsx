/** What the alarms cost an operator's attention, against the limits of EEMUA 191, in plain words. */
import { useQuery } from '@tanstack/react-query'
import { Segmented, Spin, Table } from 'antd'
import { useState } from 'react'
import { Link } from 'react-router'

import { alarmLoad } from '../api/alarms'
import type { AlarmLoad as Load } from '../api/types'
import { useT } from '../i18n'
import { AlarmTabs } from '../parts/AlarmTabs'
import { HoursChart } from '../parts/HoursChart'
import { Panel } from '../parts/Panel'
import { Problem } from '../parts/Problem'
import { useNow } from '../serverClock'
import { minute } from '../time'

const TONES = { acceptable: 'tone-arrived', manageable: 'tone-late', overloaded: 'tone-missed' } as const
/** Share of the ten most frequent from which a few devices make most of the noise. */
const TOP_GOOD = 0.05
/** Of fewer alarms than this the ten most frequent are necessarily a large share, and say nothing. */
const TOP_TELLS_FROM = 200

const fewMakeMost = (load: Load) => load.annunciated >= TOP_TELLS_FROM && load.top_share > TOP_GOOD

export function AlarmLoad() {
  const { t } = useT()
  const [hours, setHours] = useState(24)
  const asked = useQuery(alarmLoad(hours))
  return (
    <section aria-label={t('load.title')}>
      <div className="bar">
        <h1>{t('load.title')}</h1>
        <AlarmTabs />
        <Segmented<number>
          value={hours}
          onChange={setHours}
          options={[
            { value: 24, label: t('load.day') },
            { value: 168, label: t('load.week') },
          ]}
        />
      </div>
      <Problem error={asked.error} onRetry={() => void asked.refetch()} />
      {asked.isPending && <Spin />}
      {asked.data !== undefined && <Shown load={asked.data} />}
    </section>
  )
}

const percent = (share: number) => `${(share * 100).toFixed(share > 0 && share < 0.1 ? 1 : 0)}%`

function Shown({ load }: { load: Load }) {
  const { t } = useT()
  return (
    <>
      <p className={`judgement ${TONES[load.judgement]}`} role="status">
        {t(`judgement.${load.judgement}`, { n: load.per_hour.toFixed(1) })}
      </p>
      <div className="figures">
        <Figure words={t('load.annunciated')} value={String(load.annunciated)} />
        <Figure words={t('load.perHour')} value={load.per_hour.toFixed(1)} tone={TONES[load.judgement]} />
        <Figure words={t('load.floods')} value={String(load.floods.length)} tone={load.floods.length > 0 ? 'tone-late' : ''} />
        <Figure words={t('load.floodShare')} value={percent(load.flood_share)} />
        <Figure words={t('load.stale')} value={String(load.stale)} tone={load.stale > 0 ? 'tone-late' : ''} />
        <Figure words={t('load.chattering')} value={String(load.chattering)} tone={load.chattering > 0 ? 'tone-late' : ''} />
        <Figure words={t('load.shelved')} value={String(load.shelved)} />
        <Figure words={t('load.topShare')} value={percent(load.top_share)} tone={fewMakeMost(load) ? 'tone-late' : ''} />
      </div>
      <Panel title={t('load.hours')}>
        <HoursChart hours={load.hours} />
      </Panel>
      <div className="halves">
        <Top load={load} />
        <Floods load={load} />
      </div>
      <p className="quiet">{t('load.standard')}</p>
    </>
  )
}

function Figure({ words, value, tone = '' }: { words: string; value: string; tone?: string }) {
  return (
    <div className="figure">
      <span className={`value ${tone}`}>{value}</span>
      <span className="quiet">{words}</span>
    </div>
  )
}

function Top({ load }: { load: Load }) {
  const { t } = useT()
  return (
    <Panel title={t('load.top')}>
      <Table<Load['top'][number]>
        size="small"
        rowKey="alarm"
        dataSource={load.top}
        pagination={false}
        scroll={{ x: 'max-content' }}
        locale={{ emptyText: t('alarms.none') }}
        columns={[
          {
            title: t('alarms.device'),
            render: (_, one) => <Link to={`/devices/${encodeURIComponent(one.device)}`}>{one.device_name || one.device}</Link>,
          },
          { title: t('alarms.kind'), render: (_, one) => t(`kind.${one.kind}`) },
          { title: t('load.times'), align: 'right', render: (_, one) => <span className="mono">{one.alarms}</span> },
          {
            title: t('load.share'),
            align: 'right',
            render: (_, one) => (load.annunciated === 0 ? '' : percent(one.alarms / load.annunciated)),
          },
        ]}
      />
      {fewMakeMost(load) && <p className="quiet">{t('load.top.hint')}</p>}
    </Panel>
  )
}

function Floods({ load }: { load: Load }) {
  const { t } = useT()
  const now = useNow()
  return (
    <Panel title={t('load.floods')}>
      {load.floods.length === 0 && <p className="quiet">{t('load.floods.none')}</p>}
      <ul className="plain">
        {load.floods.map((one) => (
          <li key={one.from}>
            <time className="mono">
              {minute(one.from, now)} – {minute(one.to, now)}
            </time>{' '}
            {t('load.flood', { n: one.alarms })}
          </li>
        ))}
      </ul>
    </Panel>
  )
}

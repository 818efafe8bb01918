/** Conditions of devices by their ISA-18.2 state, and what an operator does about them. */
import { useQuery } from '@tanstack/react-query'
import { Button, Dropdown, Segmented, Select, Space, Table } from 'antd'
import { useState } from 'react'
import { Link } from 'react-router'

import { alarmActs, type AlarmFilter, alarms } from '../api/alarms'
import { type Alarm, ALARM_STATES } from '../api/types'
import { useT } from '../i18n'
import { FalseSpotDialog, JournalDialog, ShelveDialog } from '../parts/alarmDialogs'
import { AlarmMarks, AlarmStateTag } from '../parts/AlarmState'
import { AlarmTabs } from '../parts/AlarmTabs'
import { Problem } from '../parts/Problem'
import { useAct } from '../parts/useCommand'
import { useDeviceName, whyOf } from '../parts/Words'
import { useNow } from '../serverClock'
import { useSession } from '../session'
import { second } from '../time'
import { stacked } from '../parts/stacked'

type Dialog = { kind: 'shelve' | 'false-spot' | 'journal'; alarm: Alarm } | null

export function Alarms() {
  const { t } = useT()
  const [filter, setFilter] = useState<AlarmFilter>('standing')
  const [dialog, setDialog] = useState<Dialog>(null)
  const asked = useQuery(alarms(filter))
  const close = () => setDialog(null)
  return (
    <section aria-label={t('alarms.title')}>
      <div className="bar">
        <h1>{t('alarms.title')}</h1>
        <AlarmTabs />
      </div>
      <div className="bar filters">
        <Segmented<AlarmFilter>
          value={filter === 'standing' || filter === 'all' ? filter : 'standing'}
          onChange={setFilter}
          options={[
            { value: 'standing', label: t('alarms.standing') },
            { value: 'all', label: t('alarms.all') },
          ]}
        />
        <Select<AlarmFilter>
          aria-label={t('alarms.filter')}
          value={filter === 'standing' || filter === 'all' ? null : filter}
          placeholder={t('alarms.filter')}
          allowClear
          onChange={(chosen) => setFilter(chosen ?? 'standing')}
          style={{ minWidth: 160 }}
          options={ALARM_STATES.map((one) => ({ value: one, label: t(`alarmstate.${one}`) }))}
        />
      </div>
      <Problem error={asked.error} onRetry={() => void asked.refetch()} />
      <AlarmTable items={asked.data ?? []} loading={asked.isPending} onDialog={setDialog} />
      {dialog?.kind === 'shelve' && <ShelveDialog alarm={dialog.alarm} onDone={close} />}
      {dialog?.kind === 'false-spot' && <FalseSpotDialog alarm={dialog.alarm} onDone={close} />}
      {dialog?.kind === 'journal' && <JournalDialog alarm={dialog.alarm} onDone={close} />}
    </section>
  )
}

interface TableProps {
  items: Alarm[]
  loading: boolean
  onDialog: (dialog: Dialog) => void
}

function AlarmTable({ items, loading, onDialog }: TableProps) {
  const { t } = useT()
  const now = useNow()
  const nameOf = useDeviceName()
  const { session } = useSession()
  const { data: all } = useQuery(alarms('all'))
  // "由采集器失联解释": what is wrong is said, not the number of a record.
  const rootOf = (id: string) => {
    const root = all?.find((one) => one.id === id)
    return root === undefined ? t('alarms.another') : `${nameOf(root.device)} ${t(`kind.${root.kind}`)}`
  }
  return (
    <Table<Alarm>
      size="middle"
      rowKey="id"
      loading={loading}
      dataSource={items}
      rowClassName={(one) => `alarm-${one.state}`}
      pagination={{ pageSize: 50, hideOnSinglePage: true }}
      scroll={{ x: 'max-content' }}
      className="stack"
      locale={{ emptyText: t('alarms.none') }}
      columns={stacked([
        { title: t('alarms.state'), render: (_, one) => <AlarmStateTag alarm={one} /> },
        { title: t('alarms.since'), render: (_, one) => <time className="mono">{second(one.raised_at, now)}</time> },
        {
          title: t('alarms.kind'),
          render: (_, one) => (
            <>
              <strong>{t(`kind.${one.kind}`)}</strong>
              {one.count > 1 && <div className="quiet">{t('alarms.count', { n: one.count })}</div>}
            </>
          ),
        },
        {
          title: t('alarms.device'),
          render: (_, one) => (
            <>
              <Link to={`/devices/${encodeURIComponent(one.device)}`}>{nameOf(one.device)}</Link>
              <div className="quiet">{one.grid_name}</div>
            </>
          ),
        },
        {
          title: t('alarms.why'),
          render: (_, one) => (
            <div className="alarm-why">
              {whyOf(t, one.reason_code, one.figures, one.reason)}
              <AlarmMarks alarm={one} rootOf={rootOf} />
            </div>
          ),
        },
        {
          title: t('alarms.incident'),
          render: (_, one) =>
            one.incident != null && session.role !== 'engineer' ? (
              <Link to={`/incidents/${one.incident}`}>{t('do.open')}</Link>
            ) : null,
        },
        { title: '', render: (_, one) => <Acts alarm={one} onDialog={onDialog} /> },
      ])}
    />
  )
}

function Acts({ alarm, onDialog }: { alarm: Alarm; onDialog: (dialog: Dialog) => void }) {
  const { t } = useT()
  const { session } = useSession()
  const { busy, act } = useAct(['alarms'])
  const items = [
    { key: 'journal', label: t('alarms.journal') },
    ...(session.role === 'operator' && alarm.state !== 'shelved' ? [{ key: 'shelve', label: t('alarms.shelve') }] : []),
    ...(session.role === 'operator' ? [{ key: 'false-spot', label: t('alarms.falseSpot') }] : []),
  ]
  return (
    <Space size="small">
      {session.role === 'operator' && !alarm.acknowledged && (
        <Button size="small" type="primary" loading={busy} onClick={() => act(() => alarmActs.acknowledge(alarm.id))}>
          {t('alarms.acknowledge')}
        </Button>
      )}
      {session.role === 'operator' && alarm.state === 'shelved' && (
        <Button size="small" loading={busy} onClick={() => act(() => alarmActs.unshelve(alarm.id))}>
          {t('alarms.unshelve')}
        </Button>
      )}
      <Dropdown
        trigger={['click']}
        menu={{ items, onClick: ({ key }) => onDialog({ kind: key as 'shelve' | 'false-spot' | 'journal', alarm }) }}
      >
        <Button size="small">{t('alarms.more')}</Button>
      </Dropdown>
    </Space>
  )
}

/** 平时/战时: a banner while any place is on alert, and the switch with its reason. */
import { useQuery } from '@tanstack/react-query'
import { Button, Input, Modal, Table, TreeSelect } from 'antd'
import { useState } from 'react'

import { grids } from '../api/queries'
import { readiness, responseActs } from '../api/response'
import type { ReadinessLine } from '../api/types'
import { useT } from '../i18n'
import { treeOf } from '../pages/tree'
import { useNow } from '../serverClock'
import { useSession } from '../session'
import { minute } from '../time'
import { Panel } from './Panel'
import { Problem } from './Problem'
import { useAct } from './useCommand'
import { useGridName } from './Words'
import { stacked } from './stacked'

export function ReadinessBanner() {
  const { t } = useT()
  const now = useNow()
  const { session } = useSession()
  const { data } = useQuery({ ...readiness, enabled: session.role !== 'engineer' })
  const alert = (data?.items ?? []).filter((one) => one.readiness === 'alert')
  if (alert.length === 0) return null
  return (
    <div className="alert-banner" role="status">
      <strong>{t('readiness.banner')}</strong>{' '}
      {alert
        .map((one) => t('readiness.banner.place', { place: one.grid_name, since: minute(one.since, now), reason: one.reason }))
        .join(t('list.comma'))}
    </div>
  )
}

export function ReadinessPanel() {
  const { t } = useT()
  const now = useNow()
  const { session } = useSession()
  const asked = useQuery(readiness)
  const [chosen, setChosen] = useState<Chosen | null>(null)
  const may = session.role === 'operator' || session.role === 'administrator'
  return (
    <Panel
      title={t('readiness.title')}
      extra={may && <Button danger onClick={() => setChosen({ to: 'alert' })}>{t('readiness.toAlert.new')}</Button>}
    >
      <p className="quiet">{t('readiness.hint')}</p>
      <Problem error={asked.error} onRetry={() => void asked.refetch()} />
      <Table<ReadinessLine>
        size="small"
        rowKey="grid"
        loading={asked.isPending}
        dataSource={asked.data?.items ?? []}
        pagination={false}
        locale={{ emptyText: t('readiness.all') }}
        scroll={{ x: 'max-content' }}
      className="stack"
        columns={stacked([
          { title: t('devices.place'), render: (_, one) => <strong>{one.grid_name}</strong> },
          {
            title: t('readiness.now'),
            render: (_, one) => <span className={one.readiness === 'alert' ? 'tone-missed' : ''}>{t(`readiness.${one.readiness}`)}</span>,
          },
          { title: t('readiness.since'), render: (_, one) => <time className="mono">{one.reason === '' ? '' : minute(one.since, now)}</time> },
          { title: t('do.reason'), render: (_, one) => <span className="wrap">{one.reason}</span> },
          {
            title: '',
            render: (_, one) =>
              may ? (
                <Button
                  size="small"
                  danger={one.readiness === 'peace'}
                  onClick={() => setChosen({ to: one.readiness === 'peace' ? 'alert' : 'peace', grid: one.grid })}
                >
                  {t(one.readiness === 'peace' ? 'readiness.toAlert' : 'readiness.toPeace')}
                </Button>
              ) : null,
          },
        ])}
      />
      {chosen !== null && <SwitchDialog chosen={chosen} onDone={() => setChosen(null)} />}
    </Panel>
  )
}

interface Chosen {
  to: 'peace' | 'alert'
  /** Absent: to be chosen in the dialog. */
  grid?: string
}

function SwitchDialog({ chosen, onDone }: { chosen: Chosen; onDone: () => void }) {
  const { t } = useT()
  const gridName = useGridName()
  const places = useQuery(grids)
  const { busy, act } = useAct(['readiness', 'policies'], onDone)
  const [grid, setGrid] = useState(chosen.grid ?? '')
  const [reason, setReason] = useState('')
  const { to } = chosen
  const place = grid === '' ? t('readiness.which') : gridName(grid)
  return (
    <Modal
      open
      title={t(to === 'alert' ? 'readiness.sure.alert' : 'readiness.sure.peace', { place })}
      okText={t(to === 'alert' ? 'readiness.toAlert' : 'readiness.toPeace')}
      cancelText={t('do.cancel')}
      okButtonProps={{ danger: to === 'alert', disabled: reason.trim() === '' || grid === '', loading: busy }}
      onOk={() => act(() => responseActs.setReadiness(grid, to, reason.trim()))}
      onCancel={onDone}
    >
      <p>{t(to === 'alert' ? 'readiness.effect.alert' : 'readiness.effect.peace')}</p>
      {chosen.grid === undefined && (
        <p>
          <label htmlFor="readiness-grid">{t('devices.place')}</label>
          <TreeSelect
            id="readiness-grid"
            disabled={places.data === undefined}
            className="choices"
            showSearch={{ treeNodeFilterProp: 'title' }}
            key={places.data === undefined ? 'awaited' : 'there'} // the tree opens wholly only when it is made
            treeDefaultExpandAll
            {...(grid !== '' && { value: grid })}
            onChange={(code: string) => setGrid(code)}
            treeData={treeOf(places.data?.items ?? [])}
          />
        </p>
      )}
      <label htmlFor="readiness-reason">{t('do.reason')}</label>
      <Input.TextArea
        id="readiness-reason"
        rows={2}
        maxLength={300}
        placeholder={t(to === 'alert' ? 'readiness.example.alert' : 'readiness.example.peace')}
        value={reason}
        onChange={(event) => setReason(event.target.value)}
      />
    </Modal>
  )
}

/** 平时/战时: a banner while any place is on alert, and the switch with its reason. */
import { useQuery } from '@tanstack/react-query'
import { Button, Input, Modal, Table } from 'antd'
import { useState } from 'react'

import { readiness, responseActs } from '../api/response'
import type { ReadinessLine } from '../api/types'
import { useT } from '../i18n'
import { useNow } from '../serverClock'
import { useSession } from '../session'
import { minute } from '../time'
import { Panel } from './Panel'
import { Problem } from './Problem'
import { useAct } from './useCommand'

export function ReadinessBanner() {
  const { t } = useT()
  const now = useNow()
  const { data } = useQuery(readiness)
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
  const [chosen, setChosen] = useState<ReadinessLine | null>(null)
  return (
    <Panel title={t('readiness.title')}>
      <p className="quiet">{t('readiness.hint')}</p>
      <Problem error={asked.error} onRetry={() => void asked.refetch()} />
      <Table<ReadinessLine>
        size="small"
        rowKey="grid"
        loading={asked.isPending}
        dataSource={asked.data?.items ?? []}
        pagination={false}
        scroll={{ x: 'max-content' }}
        columns={[
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
              session.role === 'operator' || session.role === 'administrator' ? (
                <Button size="small" danger={one.readiness === 'peace'} onClick={() => setChosen(one)}>
                  {t(one.readiness === 'peace' ? 'readiness.toAlert' : 'readiness.toPeace')}
                </Button>
              ) : null,
          },
        ]}
      />
      {chosen !== null && <SwitchDialog line={chosen} onDone={() => setChosen(null)} />}
    </Panel>
  )
}

function SwitchDialog({ line, onDone }: { line: ReadinessLine; onDone: () => void }) {
  const { t } = useT()
  const { busy, act } = useAct(['readiness', 'policies'], onDone)
  const [reason, setReason] = useState('')
  const to = line.readiness === 'peace' ? 'alert' : 'peace'
  return (
    <Modal
      open
      title={t(to === 'alert' ? 'readiness.sure.alert' : 'readiness.sure.peace', { place: line.grid_name })}
      okText={t(to === 'alert' ? 'readiness.toAlert' : 'readiness.toPeace')}
      cancelText={t('do.cancel')}
      okButtonProps={{ danger: to === 'alert', disabled: reason.trim() === '', loading: busy }}
      onOk={() => act(() => responseActs.setReadiness(line.grid, to, reason.trim()))}
      onCancel={onDone}
    >
      <p>{t(to === 'alert' ? 'readiness.effect.alert' : 'readiness.effect.peace')}</p>
      <label htmlFor="readiness-reason">{t('do.reason')}</label>
      <Input.TextArea
        id="readiness-reason"
        autoFocus
        rows={2}
        maxLength={300}
        placeholder={t(to === 'alert' ? 'readiness.example.alert' : 'readiness.example.peace')}
        value={reason}
        onChange={(event) => setReason(event.target.value)}
      />
    </Modal>
  )
}

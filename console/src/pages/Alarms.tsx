/** Conditions of devices, and "seen". */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { App, Button, Segmented, Table, Tag } from 'antd'
import { useState } from 'react'
import { Link } from 'react-router'

import { api, take } from '../api/client'
import { errorSentence } from '../api/errors'
import { alarms } from '../api/queries'
import type { Alarm } from '../api/types'
import { useT } from '../i18n'
import { Problem } from '../parts/Problem'
import { useDeviceName, whyOf } from '../parts/Words'
import { useNow } from '../serverClock'
import { useSession } from '../session'
import { second } from '../time'

export function Alarms() {
  const { t } = useT()
  const now = useNow()
  const nameOf = useDeviceName()
  const { session } = useSession()
  const [only, setOnly] = useState<'raised' | 'all'>('raised')
  const asked = useQuery(alarms(only === 'raised' ? true : undefined))
  return (
    <section aria-label={t('alarms.title')}>
      <div className="bar">
        <h1>{t('alarms.title')}</h1>
        <Segmented
          value={only}
          onChange={setOnly}
          options={[
            { value: 'raised' as const, label: t('alarms.raised') },
            { value: 'all' as const, label: t('alarms.all') },
          ]}
        />
      </div>
      <Problem error={asked.error} onRetry={() => void asked.refetch()} />
      <Table<Alarm>
        size="middle"
        rowKey="id"
        loading={asked.isPending}
        dataSource={asked.data?.items ?? []}
        pagination={{ pageSize: 50, hideOnSinglePage: true }}
        scroll={{ x: 'max-content' }}
        locale={{ emptyText: t('alarms.none') }}
        columns={[
          { title: t('alarms.since'), render: (_, one) => <time className="mono">{second(one.raised_at, now)}</time> },
          { title: t('alarms.kind'), render: (_, one) => <strong>{t(`kind.${one.kind}`)}</strong> },
          {
            title: t('alarms.device'),
            render: (_, one) => (
              <>
                <Link to={`/devices/${encodeURIComponent(one.device)}`}>{nameOf(one.device)}</Link>{' '}
                <span className="quiet">{one.grid_name}</span>
              </>
            ),
          },
          { title: t('alarms.why'), render: (_, one) => whyOf(t, one.reason_code, one.figures, one.reason) },
          {
            title: t('alarms.state'),
            render: (_, one) => (
              <>
                {one.raised ? (
                  <Tag color="red">{t('alarms.standing')}</Tag>
                ) : (
                  <Tag>{t('alarms.cleared', { time: one.cleared_at == null ? '' : second(one.cleared_at, now) })}</Tag>
                )}
                {one.count > 1 && <span className="quiet">{t('alarms.count', { n: one.count })}</span>}
              </>
            ),
          },
          {
            title: t('alarms.incident'),
            render: (_, one) =>
              one.incident != null && session.role !== 'engineer' ? (
                <Link to={`/incidents/${one.incident}`}>{t('do.open')}</Link>
              ) : null,
          },
          { title: '', render: (_, one) => <Acknowledge alarm={one} /> },
        ]}
      />
    </section>
  )
}

function Acknowledge({ alarm }: { alarm: Alarm }) {
  const { t } = useT()
  const { session } = useSession()
  const { message } = App.useApp()
  const client = useQueryClient()
  const seen = useMutation({
    mutationFn: () =>
      take(api.POST('/api/alarms/{alarm}/acknowledge', { params: { path: { alarm: alarm.id } } })),
    onSuccess: () => client.invalidateQueries({ queryKey: ['alarms'] }),
    onError: (error) => void message.error(errorSentence(error, t)),
  })
  if (alarm.acknowledged) return <span className="quiet">{t('alarms.acknowledged')}</span>
  if (session.role !== 'operator') return null
  return (
    <Button size="small" loading={seen.isPending} onClick={() => seen.mutate()}>
      {t('alarms.acknowledge')}
    </Button>
  )
}

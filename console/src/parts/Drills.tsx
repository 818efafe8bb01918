/** What is arranged so that a detector must see it: listed with what became of it, added, taken back. */
import { useQuery } from '@tanstack/react-query'
import { Button, DatePicker, Form, Input, Modal, Popconfirm, Select, Table } from 'antd'
import dayjs, { type Dayjs } from 'dayjs'
import { useState } from 'react'

import { newAct } from '../api/client'
import { drills, qualityActs } from '../api/quality'
import { devices } from '../api/queries'
import type { Drill, Kind } from '../api/types'
import { useT } from '../i18n'
import { serverNow, useNow } from '../serverClock'
import { minute } from '../time'
import { Panel } from './Panel'
import { Problem } from './Problem'
import { stacked } from './stacked'
import { useAct } from './useCommand'
import { useDeviceName } from './Words'

const KINDS: readonly Kind[] = [
  'smoke', 'fire', 'flood', 'gas', 'temperature', 'level', 'intrusion', 'loitering', 'tripwire', 'crowding',
  'abandoned', 'fall', 'motion', 'tamper', 'video_loss', 'silence', 'call',
]

export function Drills() {
  const { t } = useT()
  const now = useNow()
  const nameOf = useDeviceName()
  const asked = useQuery(drills)
  const [adding, setAdding] = useState(false)
  const add = <Button size="small" type="primary" onClick={() => setAdding(true)}>{t('drill.add')}</Button>
  return (
    <Panel title={t('drill.title')} extra={add}>
      <p className="quiet">{t('drill.hint')}</p>
      <Problem error={asked.error} onRetry={() => void asked.refetch()} />
      <Table<Drill>
        size="small"
        rowKey="id"
        loading={asked.isPending}
        dataSource={asked.data?.items ?? []}
        pagination={{ pageSize: 10, hideOnSinglePage: true }}
        scroll={{ x: 'max-content' }}
        className="stack"
        locale={{ emptyText: t('drill.none') }}
        columns={stacked([
          { title: t('alarms.device'), render: (_, one) => <strong>{nameOf(one.device)}</strong> },
          { title: t('alarms.kind'), render: (_, one) => t(`kind.${one.kind}`) },
          { title: t('maintenance.since'), render: (_, one) => <time className="mono">{minute(one.since, now)}</time> },
          { title: t('maintenance.until'), render: (_, one) => <time className="mono">{minute(one.until, now)}</time> },
          { title: t('drill.what'), render: (_, one) => <span className="wrap">{one.reason}</span> },
          { title: t('drill.outcome'), render: (_, one) => <Outcome one={one} now={now} /> },
          { title: '', render: (_, one) => (one.withdrawn == null ? <Withdraw id={one.id} /> : null) },
        ])}
      />
      {adding && <AddDialog onDone={() => setAdding(false)} />}
    </Panel>
  )
}

function Outcome({ one, now }: { one: Drill; now: number }) {
  const { t } = useT()
  if (one.withdrawn != null) return <span className="quiet">{t('drill.withdrawn')}</span>
  if (one.seen_at != null) {
    const seconds = Math.max(0, Math.round((Date.parse(one.seen_at) - Date.parse(one.since)) / 1000))
    return <span className="tone-arrived">{t('drill.seen', { detector: one.detector, seconds })}</span>
  }
  return Date.parse(one.until) <= now ? <span className="tone-late">{t('drill.missed')}</span> : <span>{t('drill.waiting')}</span>
}

function Withdraw({ id }: { id: string }) {
  const { t } = useT()
  const { busy, act } = useAct(['quality'])
  return (
    <Popconfirm title={t('drill.withdraw.sure')} okText={t('drill.withdraw')} cancelText={t('do.cancel')} onConfirm={() => act(() => qualityActs.withdrawDrill(id))}>
      <Button size="small" loading={busy}>{t('drill.withdraw')}</Button>
    </Popconfirm>
  )
}

interface Values {
  device: string
  kind: Kind
  span: [Dayjs, Dayjs]
  reason: string
}

function AddDialog({ onDone }: { onDone: () => void }) {
  const { t } = useT()
  const [form] = Form.useForm<Values>()
  const things = useQuery(devices)
  const { busy, act } = useAct(['quality'], onDone)
  const [id] = useState(newAct)
  const from = dayjs(serverNow()).startOf('minute')
  const add = (values: Values) =>
    act(() =>
      qualityActs.addDrill({
        act: id,
        device: values.device,
        kind: values.kind,
        since: values.span[0].toISOString(),
        until: values.span[1].toISOString(),
        reason: values.reason.trim(),
      }),
    )
  return (
    <Modal open title={t('drill.add')} okText={t('drill.add.do')} cancelText={t('do.cancel')} okButtonProps={{ loading: busy }} onOk={() => form.submit()} onCancel={onDone}>
      <p className="quiet">{t('drill.rings')}</p>
      <Form<Values> form={form} layout="vertical" requiredMark={false} initialValues={{ kind: 'smoke', span: [from, from.add(1, 'hour')] }} onFinish={add}>
        <Form.Item name="device" label={t('maintenance.device')} rules={[{ required: true, message: t('maintenance.device.missing') }]}>
          <Select showSearch={{ optionFilterProp: 'label' }} options={(things.data?.items ?? []).map((one) => ({ value: one.id, label: one.name }))} />
        </Form.Item>
        <Form.Item name="kind" label={t('drill.kind')}>
          <Select options={KINDS.map((kind) => ({ value: kind, label: t(`kind.${kind}`) }))} />
        </Form.Item>
        <Form.Item name="span" label={t('maintenance.span')} rules={[{ required: true, message: t('maintenance.span') }]}>
          <DatePicker.RangePicker showTime={{ format: 'HH:mm' }} format="MM-DD HH:mm" allowClear={false} />
        </Form.Item>
        <Form.Item name="reason" label={t('drill.what')} rules={[{ required: true, whitespace: true, message: t('do.reason.missing') }]}>
          <Input.TextArea rows={2} maxLength={300} placeholder={t('drill.example')} />
        </Form.Item>
      </Form>
    </Modal>
  )
}

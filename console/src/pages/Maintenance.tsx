/** Places that are being worked on and spots that are known to be false: listed, added, ended. */
import { useQuery } from '@tanstack/react-query'
import { Button, DatePicker, Form, Input, Modal, Popconfirm, Radio, Select, Table, TreeSelect } from 'antd'
import dayjs, { type Dayjs } from 'dayjs'
import { useState } from 'react'

import { alarmActs, falseSpots, maintenance } from '../api/alarms'
import { devices, grids } from '../api/queries'
import type { FalseSpot, Maintenance as Window } from '../api/types'
import { useT } from '../i18n'
import { AlarmTabs } from '../parts/AlarmTabs'
import { Problem } from '../parts/Problem'
import { useAct } from '../parts/useCommand'
import { useDeviceName, useGridName } from '../parts/Words'
import { serverNow, useNow } from '../serverClock'
import { useSession } from '../session'
import { minute } from '../time'
import { treeOf } from './tree'
import { stacked } from '../parts/stacked'

export function Maintenance() {
  const { t } = useT()
  const { session } = useSession()
  const [adding, setAdding] = useState(false)
  const windows = useQuery(maintenance)
  const spots = useQuery(falseSpots)
  return (
    <section aria-label={t('maintenance.title')}>
      <div className="bar">
        <h1>{t('maintenance.title')}</h1>
        <AlarmTabs />
        {session.role !== 'responder' && (
          <Button type="primary" onClick={() => setAdding(true)}>{t('maintenance.add')}</Button>
        )}
      </div>
      <p className="quiet">{t('maintenance.hint')}</p>
      <Problem error={windows.error} onRetry={() => void windows.refetch()} />
      <Windows items={windows.data?.items ?? []} loading={windows.isPending} />
      <h1>{t('falseSpot.list')}</h1>
      <Problem error={spots.error} onRetry={() => void spots.refetch()} />
      <Spots items={spots.data?.items ?? []} loading={spots.isPending} />
      {adding && <AddDialog onDone={() => setAdding(false)} />}
    </section>
  )
}

const over = (one: { until: string; ended?: string | null }, now: number) => one.ended != null || Date.parse(one.until) <= now

function Windows({ items, loading }: { items: Window[]; loading: boolean }) {
  const { t } = useT()
  const now = useNow()
  const nameOf = useDeviceName()
  const gridName = useGridName()
  return (
    <Table<Window>
      size="middle"
      rowKey="id"
      loading={loading}
      dataSource={items}
      pagination={{ pageSize: 20, hideOnSinglePage: true }}
      scroll={{ x: 'max-content' }}
      className="stack"
      locale={{ emptyText: t('maintenance.none') }}
      columns={stacked([
        {
          title: t('maintenance.what'),
          render: (_, one) => <strong>{one.device != null ? nameOf(one.device) : gridName(one.grid ?? '')}</strong>,
        },
        { title: t('maintenance.since'), render: (_, one) => <time className="mono">{minute(one.since, now)}</time> },
        { title: t('maintenance.until'), render: (_, one) => <time className="mono">{minute(one.until, now)}</time> },
        { title: t('do.reason'), render: (_, one) => <span className="wrap">{one.reason}</span> },
        {
          title: t('alarms.state'),
          render: (_, one) =>
            over(one, now) ? (
              <span className="quiet">{t('maintenance.over')}</span>
            ) : Date.parse(one.since) > now ? (
              t('maintenance.soon')
            ) : (
              <span className="tone-late">{t('maintenance.now')}</span>
            ),
        },
        {
          title: '',
          render: (_, one) => (over(one, now) ? null : <End words={t('maintenance.end')} end={() => alarmActs.endMaintenance(one.id)} />),
        },
      ])}
    />
  )
}

function Spots({ items, loading }: { items: FalseSpot[]; loading: boolean }) {
  const { t } = useT()
  const now = useNow()
  const nameOf = useDeviceName()
  return (
    <Table<FalseSpot>
      size="middle"
      rowKey="id"
      loading={loading}
      dataSource={items}
      pagination={{ pageSize: 20, hideOnSinglePage: true }}
      scroll={{ x: 'max-content' }}
      className="stack"
      locale={{ emptyText: t('falseSpot.none') }}
      columns={stacked([
        { title: t('alarms.device'), render: (_, one) => <strong>{nameOf(one.device)}</strong> },
        { title: t('alarms.kind'), render: (_, one) => t(`kind.${one.kind}`) },
        { title: t('falseSpot.where'), render: (_, one) => t(one.box == null ? 'falseSpot.whole' : 'falseSpot.box') },
        { title: t('maintenance.until'), render: (_, one) => <time className="mono">{minute(one.until, now)}</time> },
        { title: t('do.reason'), render: (_, one) => <span className="wrap">{one.reason}</span> },
        {
          title: '',
          render: (_, one) =>
            over(one, now) ? (
              <span className="quiet">{t('maintenance.over')}</span>
            ) : (
              <End words={t('falseSpot.end')} end={() => alarmActs.endFalseSpot(one.id)} />
            ),
        },
      ])}
    />
  )
}

function End({ words, end }: { words: string; end: () => Promise<unknown> }) {
  const { t } = useT()
  const { busy, act } = useAct(['alarms'])
  return (
    <Popconfirm title={t('maintenance.end.sure')} okText={words} cancelText={t('do.cancel')} onConfirm={() => act(end)}>
      <Button size="small" loading={busy}>{words}</Button>
    </Popconfirm>
  )
}

interface Values {
  what: 'grid' | 'device'
  grid?: string
  device?: string
  span: [Dayjs, Dayjs]
  reason: string
}

function AddDialog({ onDone }: { onDone: () => void }) {
  const { t } = useT()
  const [form] = Form.useForm<Values>()
  const what = Form.useWatch('what', form)
  const places = useQuery(grids)
  const things = useQuery(devices)
  const { busy, act } = useAct(['alarms'], onDone)
  const add = (values: Values) =>
    act(() =>
      alarmActs.addMaintenance({
        ...(values.what === 'grid' ? { grid: values.grid ?? '' } : { device: values.device ?? '' }),
        since: values.span[0].toISOString(),
        until: values.span[1].toISOString(),
        reason: values.reason.trim(),
      }),
    )
  const from = dayjs(serverNow()).startOf('minute')
  return (
    <Modal
      open
      title={t('maintenance.add')}
      okText={t('maintenance.add.do')}
      cancelText={t('do.cancel')}
      okButtonProps={{ loading: busy }}
      onOk={() => form.submit()}
      onCancel={onDone}
    >
      <Form<Values>
        form={form}
        layout="vertical"
        requiredMark={false}
        initialValues={{ what: 'device', span: [from, from.add(2, 'hour')] }}
        onFinish={add}
      >
        <Form.Item name="what" label={t('maintenance.what')}>
          <Radio.Group
            optionType="button"
            options={[
              { value: 'device', label: t('maintenance.device') },
              { value: 'grid', label: t('maintenance.grid') },
            ]}
          />
        </Form.Item>
        {what === 'grid' ? (
          <Form.Item name="grid" label={t('maintenance.grid')} rules={[{ required: true, message: t('report.grid.missing') }]}>
            <TreeSelect showSearch={{ treeNodeFilterProp: 'title' }} treeDefaultExpandAll treeData={treeOf(places.data?.items ?? [])} />
          </Form.Item>
        ) : (
          <Form.Item name="device" label={t('maintenance.device')} rules={[{ required: true, message: t('maintenance.device.missing') }]}>
            <Select
              showSearch={{ optionFilterProp: 'label' }}
              options={(things.data?.items ?? []).map((one) => ({ value: one.id, label: one.name }))}
            />
          </Form.Item>
        )}
        <Form.Item name="span" label={t('maintenance.span')} rules={[{ required: true, message: t('maintenance.span') }]}>
          <DatePicker.RangePicker showTime={{ format: 'HH:mm' }} format="MM-DD HH:mm" allowClear={false} />
        </Form.Item>
        <Form.Item name="reason" label={t('do.reason')} rules={[{ required: true, whitespace: true, message: t('do.reason.missing') }]}>
          <Input.TextArea rows={2} maxLength={300} placeholder={t('maintenance.example')} />
        </Form.Item>
      </Form>
    </Modal>
  )
}

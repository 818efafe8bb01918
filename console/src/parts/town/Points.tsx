/** The ledger of points (积分): given for a reason, approved by another person, redeemed; nothing is ever rubbed out. */
import { useQuery } from '@tanstack/react-query'
import { Button, Form, Input, InputNumber, Modal, Segmented, Select, Space, Spin, Table } from 'antd'
import { useState } from 'react'

import { balance, type Entries, type Entry, oversightActs, points } from '../../api/oversight'
import { useT } from '../../i18n'
import { useNow } from '../../serverClock'
import { useSession } from '../../session'
import { minute } from '../../time'
import { Problem } from '../Problem'
import { stacked } from '../stacked'
import { useAct } from '../useCommand'
import { usePersonName } from '../Words'
import { PersonPicker } from './pickers'

export function Points() {
  const { t, language } = useT()
  const { session } = useSession()
  const now = useNow()
  const nameOf = usePersonName()
  const [waiting, setWaiting] = useState(false)
  const asked = useQuery(points(waiting))
  const { act, busy } = useAct(['points'])
  const [dialog, setDialog] = useState<'award' | 'redeem' | null>(null)
  const found = asked.data
  const category = (code: string | null) => {
    const named = found?.categories.find((one) => one.code === code)
    return named === undefined ? (code ?? '') : named[language]
  }
  const approves = session.role === 'administrator' || session.role === 'supervisor'
  return (
    <>
      <p className="quiet">{t('points.hint')}</p>
      <div className="bar filters">
        <Segmented<boolean> value={waiting} onChange={setWaiting} options={[{ value: false, label: t('points.all') }, { value: true, label: t('points.waiting') }]} />
        <Button type="primary" onClick={() => setDialog('award')}>{t('points.award')}</Button>
        <Button onClick={() => setDialog('redeem')}>{t('points.redeem')}</Button>
      </div>
      <Problem error={asked.error} onRetry={() => void asked.refetch()} />
      {asked.isPending && <Spin />}
      {found !== undefined && (
        <Table<Entry>
          size="small"
          rowKey="id"
          dataSource={found.items}
          className="stack"
          scroll={{ x: 'max-content' }}
          pagination={{ pageSize: 30, hideOnSinglePage: true, showSizeChanger: false }}
          locale={{ emptyText: t(waiting ? 'points.none.waiting' : 'points.none') }}
          columns={stacked([
            { title: t('points.when'), render: (_, one) => <time className="mono">{minute(one.made, now)}</time> },
            { title: t('points.holder'), render: (_, one) => <strong>{nameOf(one.holder)}</strong> },
            { title: t('points.points'), render: (_, one) => <strong className={`mono ${one.points < 0 ? 'tone-late' : 'tone-arrived'}`}>{one.points > 0 ? `+${one.points}` : one.points}</strong> },
            { title: t('points.kind'), render: (_, one) => [t(`entry.${one.kind}`), category(one.category)].filter((each) => each !== '').join(' · ') },
            { title: t('do.reason'), render: (_, one) => <span className="wrap">{one.reason}</span> },
            { title: t('points.by'), render: (_, one) => nameOf(one.made_by) },
            {
              title: t('points.state'),
              render: (_, one) => {
                if (one.kind === 'redemption') return t('points.done')
                if (one.granted != null) return t(one.granted ? 'points.granted' : 'points.refused', { by: nameOf(one.answered_by ?? '') })
                if (!approves || one.made_by === session.person) return <span className="tone-late">{t('points.other')}</span>
                return (
                  <Space size="small">
                    <Button size="small" type="primary" loading={busy} onClick={() => act(() => oversightActs.approve(one.id, true))}>{t('points.approve')}</Button>
                    <Button size="small" loading={busy} onClick={() => act(() => oversightActs.approve(one.id, false))}>{t('points.refuse')}</Button>
                  </Space>
                )
              },
            },
          ])}
        />
      )}
      {dialog === 'award' && found !== undefined && <AwardDialog categories={found.categories} onDone={() => setDialog(null)} />}
      {dialog === 'redeem' && <RedeemDialog onDone={() => setDialog(null)} />}
    </>
  )
}

interface Award {
  holder: string
  category: string
  points: number
  reason: string
}

function AwardDialog({ categories, onDone }: { categories: Entries['categories']; onDone: () => void }) {
  const { t, language } = useT()
  const [form] = Form.useForm<Award>()
  const { busy, act } = useAct(['points'], onDone)
  return (
    <Modal open title={t('points.award')} okText={t('points.award.do')} cancelText={t('do.cancel')} okButtonProps={{ loading: busy }} onOk={() => form.submit()} onCancel={onDone}>
      <Form<Award> form={form} layout="vertical" requiredMark={false} initialValues={{ points: 5 }} onFinish={(values) => act(() => oversightActs.award({ ...values, reason: values.reason.trim() }))}>
        <Form.Item name="holder" label={t('points.holder')} rules={[{ required: true, message: t('duty.person.missing') }]}>
          <PersonPicker />
        </Form.Item>
        <Form.Item name="category" label={t('points.category')} rules={[{ required: true, message: t('points.category.missing') }]}>
          <Select options={categories.map((one) => ({ value: one.code, label: one[language] }))} />
        </Form.Item>
        <Form.Item name="points" label={t('points.points')} rules={[{ required: true, message: t('points.points') }]}>
          <InputNumber min={1} max={10_000} />
        </Form.Item>
        <Form.Item name="reason" label={t('do.reason')} rules={[{ required: true, whitespace: true, message: t('do.reason.missing') }]}>
          <Input.TextArea rows={2} maxLength={500} placeholder={t('points.example')} />
        </Form.Item>
      </Form>
    </Modal>
  )
}

interface Redemption {
  holder: string
  points: number
  reason: string
}

function RedeemDialog({ onDone }: { onDone: () => void }) {
  const { t } = useT()
  const [form] = Form.useForm<Redemption>()
  const holder = Form.useWatch('holder', form)
  const { busy, act } = useAct(['points'], onDone)
  const has = useQuery({ ...balance(holder ?? ''), enabled: holder !== undefined })
  return (
    <Modal open title={t('points.redeem')} okText={t('points.redeem.do')} cancelText={t('do.cancel')} okButtonProps={{ loading: busy }} onOk={() => form.submit()} onCancel={onDone}>
      <Form<Redemption> form={form} layout="vertical" requiredMark={false} onFinish={(values) => act(() => oversightActs.redeem({ ...values, reason: values.reason.trim() }))}>
        <Form.Item name="holder" label={t('points.holder')} extra={has.data === undefined ? null : t('points.left', { n: has.data.points })} rules={[{ required: true, message: t('duty.person.missing') }]}>
          <PersonPicker />
        </Form.Item>
        <Form.Item name="points" label={t('points.points')} rules={[{ required: true, message: t('points.points') }]}>
          <InputNumber min={1} max={Math.max(1, has.data?.points ?? 1)} />
        </Form.Item>
        <Form.Item name="reason" label={t('points.for')} rules={[{ required: true, whitespace: true, message: t('points.for') }]}>
          <Input maxLength={500} placeholder={t('points.for.example')} />
        </Form.Item>
      </Form>
    </Modal>
  )
}

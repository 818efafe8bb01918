/** One call to all grids, and who has answered: created, followed grid by grid, ended. */
import { useQuery } from '@tanstack/react-query'
import { Button, Checkbox, Empty, Form, Input, InputNumber, Modal, Progress, Select, Spin } from 'antd'
import { useState } from 'react'
import { Link, useParams } from 'react-router'

import { oversightActs, type Sweep, SWEEP_KINDS, sweeps } from '../../api/oversight'
import { useT } from '../../i18n'
import { Problem } from '../../parts/Problem'
import { RollCall } from '../../parts/town/RollCall'
import { GridPicker } from '../../parts/town/pickers'
import { useAct } from '../../parts/useCommand'
import { useNow } from '../../serverClock'
import { useSession } from '../../session'
import { minute } from '../../time'

export function Sweeps() {
  const { t } = useT()
  const { session } = useSession()
  const { id } = useParams()
  const asked = useQuery(sweeps)
  const [adding, setAdding] = useState(false)
  if (id !== undefined) return <RollCall id={id} />
  const items = asked.data?.items ?? []
  return (
    <section aria-label={t('nav.sweeps')}>
      <div className="bar">
        <h1>{t('nav.sweeps')}</h1>
        {(session.role === 'operator' || session.role === 'supervisor') && <Button type="primary" onClick={() => setAdding(true)}>{t('sweep.add')}</Button>}
      </div>
      <p className="quiet">{t('sweep.hint')}</p>
      <Problem error={asked.error} onRetry={() => void asked.refetch()} />
      {asked.isPending && <Spin />}
      {asked.data !== undefined && items.length === 0 && <Empty image={Empty.PRESENTED_IMAGE_SIMPLE} description={t('sweep.none')} />}
      <ul className="plain todo">
        {items.map((one) => <Row key={one.id} one={one} />)}
      </ul>
      {adding && <AddDialog onDone={() => setAdding(false)} />}
    </section>
  )
}

function Row({ one }: { one: Sweep }) {
  const { t } = useT()
  const now = useNow()
  const { counts } = one
  const share = counts.total === 0 ? 0 : Math.floor((100 * counts.answered) / counts.total)
  return (
    <li>
      <Link to={`/sweeps/${one.id}`} className="card">
        <span className="card-title">{one.title}</span>
        <span>
          <strong className={one.state === 'overdue' ? 'tone-missed' : ''}>{t(`sweepstate.${one.state}`)}</strong>{' '}
          <span className="quiet">
            {t(`sweepkind.${one.kind}`)} · {one.grid_name || one.grid} · {t('sweep.span', { since: minute(one.started, now), until: minute(one.until, now) })}
          </span>
          {one.drill && <span className="mark">{t('queue.drill')}</span>}
        </span>
        <Progress percent={share} size="small" format={() => `${counts.answered}/${counts.total}`} />
        {counts.found > 0 && <span className="tone-late">{t('sweep.found', { grids: counts.found, n: counts.items })}</span>}
      </Link>
    </li>
  )
}

interface Values {
  title: string
  kind: Sweep['kind']
  words?: string
  grid: string
  minutes: number
  remind: boolean
  drill: boolean
}

function AddDialog({ onDone }: { onDone: () => void }) {
  const { t } = useT()
  const [form] = Form.useForm<Values>()
  const { busy, act } = useAct(['sweeps'], onDone)
  const start = ({ words, ...values }: Values) => act(() => oversightActs.sweep({ ...values, title: values.title.trim(), words: words?.trim() ?? '' }))
  return (
    <Modal open title={t('sweep.add')} okText={t('sweep.add.do')} cancelText={t('do.cancel')} okButtonProps={{ loading: busy }} onOk={() => form.submit()} onCancel={onDone}>
      <p className="quiet">{t('sweep.rings')}</p>
      <Form<Values> form={form} layout="vertical" requiredMark={false} initialValues={{ kind: 'hazard', minutes: 60, remind: true, drill: false }} onFinish={start}>
        <Form.Item name="title" label={t('sweep.title')} rules={[{ required: true, whitespace: true, message: t('sweep.title.missing') }]}>
          <Input maxLength={80} placeholder={t('sweep.example')} />
        </Form.Item>
        <Form.Item name="words" label={t('sweep.words')}>
          <Input.TextArea rows={3} maxLength={500} placeholder={t('sweep.words.example')} />
        </Form.Item>
        <Form.Item name="grid" label={t('sweep.grid')} rules={[{ required: true, message: t('report.grid.missing') }]}>
          <GridPicker />
        </Form.Item>
        <div className="pair-fields">
          <Form.Item name="kind" label={t('sweep.kind')}>
            <Select options={SWEEP_KINDS.map((value) => ({ value, label: t(`sweepkind.${value}`) }))} />
          </Form.Item>
          <Form.Item name="minutes" label={t('sweep.minutes')} rules={[{ required: true, message: t('sweep.minutes') }]}>
            <InputNumber min={5} max={10_080} />
          </Form.Item>
        </div>
        <Form.Item name="remind" valuePropName="checked" noStyle>
          <Checkbox>{t('sweep.remind')}</Checkbox>
        </Form.Item>{' '}
        <Form.Item name="drill" valuePropName="checked" noStyle>
          <Checkbox>{t('sweep.drill')}</Checkbox>
        </Form.Item>
      </Form>
    </Modal>
  )
}

/** Exercises: prepared with the people marked for them, started, and what came of them. They count in no figure. */
import { useQuery } from '@tanstack/react-query'
import { Button, DatePicker, Empty, Form, Input, Modal, Popconfirm, Select, Spin, Table } from 'antd'
import type { Dayjs } from 'dayjs'
import { useState } from 'react'
import { Link, useParams } from 'react-router'

import { type Exercise, exercise as asked, exerciseActs, type ExerciseDetail, exercises, type Participant } from '../../api/exercises'
import { type Grade, GRADES, isOpen, type Kind, KINDS, TIERS } from '../../api/types'
import { useT } from '../../i18n'
import { ClockChip } from '../../parts/ClockChip'
import { Panel } from '../../parts/Panel'
import { Problem } from '../../parts/Problem'
import { stacked } from '../../parts/stacked'
import { GridPicker, PersonPicker } from '../../parts/town/pickers'
import { useAct } from '../../parts/useCommand'
import { GradeTag, stateWords } from '../../parts/Words'
import { useNow } from '../../serverClock'
import { useSession } from '../../session'
import { minute, second } from '../../time'

export function Exercises() {
  const { t } = useT()
  const { session } = useSession()
  const { id } = useParams()
  const list = useQuery(exercises)
  const [adding, setAdding] = useState(false)
  if (id !== undefined) return <One id={id} />
  const items = list.data?.items ?? []
  const may = session.role === 'operator' || session.role === 'supervisor'
  return (
    <section aria-label={t('nav.exercises')}>
      <div className="bar">
        <h1>{t('nav.exercises')}</h1>
        {may && <Button type="primary" onClick={() => setAdding(true)}>{t('exercise.add')}</Button>}
      </div>
      <p className="quiet">{t('exercise.hint')}</p>
      <Problem error={list.error} onRetry={() => void list.refetch()} />
      {list.isPending && <Spin />}
      {list.data !== undefined && items.length === 0 && <Empty image={Empty.PRESENTED_IMAGE_SIMPLE} description={t('exercise.none')} />}
      <ul className="plain todo">
        {items.map((one) => <Row key={one.id} one={one} />)}
      </ul>
      {adding && <AddDialog onDone={() => setAdding(false)} />}
    </section>
  )
}

function Row({ one }: { one: Exercise }) {
  const { t } = useT()
  const now = useNow()
  return (
    <li>
      <Link to={`/exercises/${one.id}`} className={`card grade-${one.grade}`}>
        <span className="card-title">{one.title}</span>
        <span>
          <GradeTag grade={one.grade} /> <strong>{t(`exercisestate.${one.state}`)}</strong>{' '}
          <span className="quiet">
            {t(`kind.${one.kind}`)} · {one.grid_name || one.grid} · {t('exercise.people', { n: one.participants })}
            {one.planned != null && one.started == null && ` · ${t('exercise.planned.at', { at: minute(one.planned, now) })}`}
            {one.started != null && ` · ${t('exercise.started.at', { at: minute(one.started, now) })}`}
          </span>
        </span>
      </Link>
    </li>
  )
}

function One({ id }: { id: string }) {
  const { t } = useT()
  const one = useQuery(asked(id))
  const found = one.data
  return (
    <section aria-label={t('nav.exercises')}>
      <Link to="/exercises">← {t('nav.exercises')}</Link>
      <Problem error={one.error} onRetry={() => void one.refetch()} />
      {one.isPending && <Spin />}
      {found !== undefined && <Shown found={found} />}
    </section>
  )
}

function Shown({ found }: { found: ExerciseDetail }) {
  const { t, language } = useT()
  const { session } = useSession()
  const { exercise: one } = found
  const { busy, act } = useAct(['exercises', 'incidents'])
  const may = (session.role === 'operator' || session.role === 'supervisor') && (one.state === 'ready' || one.state === 'planned')
  return (
    <>
      <div className="bar">
        <h1>{one.title}</h1>
        <GradeTag grade={one.grade} />
        <strong>{t(`exercisestate.${one.state}`)}</strong>
        {may && (
          <>
            <Popconfirm title={t('exercise.start.sure', { n: one.participants })} okText={t('exercise.start')} cancelText={t('do.cancel')} onConfirm={() => act(() => exerciseActs.start(one.id))}>
              <Button type="primary" loading={busy}>{t('exercise.start')}</Button>
            </Popconfirm>
            <Popconfirm title={t('exercise.cancel.sure')} okText={t('exercise.cancel')} cancelText={t('do.back')} onConfirm={() => act(() => exerciseActs.cancel(one.id))}>
              <Button loading={busy}>{t('exercise.cancel')}</Button>
            </Popconfirm>
          </>
        )}
      </div>
      <p className="quiet facts">
        <span>{t(`kind.${one.kind}`)}</span>
        <span>{one.grid_name || one.grid}</span>
        {one.plan !== '' && <span>{t('plan.title', { title: one.plan })}</span>}
      </p>
      {one.words !== '' && <p className="words">{one.words}</p>}
      {found.incidents.map((line) => (
        <Panel key={line.id} title={t('exercise.incident')} extra={<Link to={`/incidents/${line.id}`}>{t('do.open')}</Link>}>
          <p>{stateWords(line, t)}</p>
          <div className="clocks">
            {TIERS.map((tier) => (
              <ClockChip key={tier} tier={tier} clock={line.clocks.find((each) => each.tier === tier)} confirmed={line.confirmed} open={isOpen(line)} />
            ))}
          </div>
        </Panel>
      ))}
      <People people={found.people} />
      {found.plan != null && (
        <Panel title={t('plan.title', { title: language === 'en' && found.plan.title_en !== '' ? found.plan.title_en : found.plan.title })}>
          <ul className="plain">
            {found.plan.steps.map((step) => (
              <li key={step.id}>
                {step.done ? '✓' : '○'} {language === 'en' && step.text_en !== '' ? step.text_en : step.text}
              </li>
            ))}
          </ul>
        </Panel>
      )}
    </>
  )
}

function People({ people }: { people: readonly Participant[] }) {
  const { t } = useT()
  const now = useNow()
  const at = (value: string | null | undefined) => (value == null ? '—' : <time className="mono">{second(value, now)}</time>)
  return (
    <Panel title={t('exercise.participants')}>
      <Table<Participant>
        size="small"
        rowKey="person"
        dataSource={[...people]}
        className="stack"
        pagination={{ pageSize: 30, hideOnSinglePage: true }}
        columns={stacked([
          { title: t('people.name'), render: (_, one) => <strong>{one.name || one.person}</strong> },
          { title: t('step.called'), render: (_, one) => at(one.called) },
          { title: t('step.seen'), render: (_, one) => at(one.seen) },
          { title: t('step.accepted'), render: (_, one) => (one.refused == null ? at(one.accepted) : <span className="tone-late">{t('step.refused')}</span>) },
          { title: t('step.arrived'), render: (_, one) => at(one.arrived) },
        ])}
      />
    </Panel>
  )
}

interface Values {
  title: string
  words?: string
  kind: Kind
  grade: Grade
  grid: string
  participants: string[]
  plan?: string
  planned?: Dayjs | null
}

function AddDialog({ onDone }: { onDone: () => void }) {
  const { t } = useT()
  const [form] = Form.useForm<Values>()
  const { busy, act } = useAct(['exercises'], onDone)
  const save = ({ title, words, plan, planned, ...rest }: Values) =>
    act(() => exerciseActs.add({ ...rest, title: title.trim(), words: words?.trim() ?? '', plan: plan?.trim() ?? '', planned: planned?.toISOString() ?? null }))
  return (
    <Modal open title={t('exercise.add')} okText={t('do.save')} cancelText={t('do.cancel')} okButtonProps={{ loading: busy }} onOk={() => form.submit()} onCancel={onDone}>
      <Form<Values> form={form} layout="vertical" requiredMark={false} initialValues={{ kind: 'fire', grade: 'III', participants: [] }} onFinish={save}>
        <Form.Item name="title" label={t('exercise.title')} rules={[{ required: true, whitespace: true, message: t('exercise.title.missing') }]}>
          <Input maxLength={80} placeholder={t('exercise.example')} />
        </Form.Item>
        <div className="pair-fields">
          <Form.Item name="kind" label={t('exercise.kind')}>
            <Select options={KINDS.map((value) => ({ value, label: t(`kind.${value}`) }))} />
          </Form.Item>
          <Form.Item name="grade" label={t('act.confirm.grade')}>
            <Select options={GRADES.map((value) => ({ value, label: `${value} ${t(`grade.${value}`)}` }))} />
          </Form.Item>
        </div>
        <Form.Item name="grid" label={t('report.grid')} rules={[{ required: true, message: t('report.grid.missing') }]}>
          <GridPicker />
        </Form.Item>
        <Form.Item name="participants" label={t('exercise.participants')} extra={t('exercise.participants.hint')} rules={[{ required: true, message: t('duty.person.missing') }]}>
          <PersonPicker several />
        </Form.Item>
        <div className="pair-fields">
          <Form.Item name="plan" label={t('exercise.plan')}>
            <Input maxLength={100} />
          </Form.Item>
          <Form.Item name="planned" label={t('exercise.planned')} extra={t('exercise.planned.hint')}>
            <DatePicker showTime={{ format: 'HH:mm' }} format="MM-DD HH:mm" />
          </Form.Item>
        </div>
        <Form.Item name="words" label={t('exercise.words')}>
          <Input.TextArea rows={3} maxLength={2000} />
        </Form.Item>
      </Form>
    </Modal>
  )
}

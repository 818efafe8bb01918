/** The questions of one move: a reason to choose, what must be filled in, words for the log. */
import { useQuery } from '@tanstack/react-query'
import { DatePicker, Form, Input, InputNumber, Modal, Radio, Rate, Select } from 'antd'
import type { Dayjs } from 'dayjs'
import { useState } from 'react'

import { caseActs, type MoveBody, profiles, type Service, type UpStage } from '../../api/case'
import { type Detail, type Grade, GRADES } from '../../api/types'
import { say, type Translate, useT } from '../../i18n'
import { useSession } from '../../session'
import { MatterPicker, OrganisationPicker } from '../town/pickers'
import { useCommand } from '../useCommand'
import { type Choice, type Field, labelKey } from './moves'

const SERVICES: readonly Service[] = ['110', '119', '120', '122', '12345', 'other']
const UPSTAGES: readonly UpStage[] = ['initial', 'follow_up', 'final']

export interface Values {
  reason?: string
  note?: string
  speaker?: string
  matter?: string
  grade?: Grade
  lead?: string
  partners?: string[]
  organisation?: string
  until?: Dayjs
  service?: Service
  reached?: boolean
  satisfaction?: number
  score?: number
  upstage?: UpStage
}

interface Props {
  choice: Choice
  detail: Detail
  label: string
  onDone: () => void
}

export function MoveDialog({ choice, detail, label, onDone }: Props) {
  const { t } = useT()
  const { session } = useSession()
  const [form] = Form.useForm<Values>()
  const id = detail.incident.id
  const command = useCommand(id)
  const forOther = choice.own === true && session.role !== 'department'
  const reasons = choice.reasons
  // What was on the page when this was opened: who is overtaken by another is told so.
  const [seen] = useState(detail.incident.version)
  const give = (values: Values) => command.mutate(() => made(choice, id, seen, values), { onSuccess: onDone })
  return (
    <Modal
      open
      title={label}
      okText={label}
      cancelText={t('do.cancel')}
      okButtonProps={{ loading: command.isPending, danger: choice.danger ?? false }}
      onOk={() => form.submit()}
      onCancel={onDone}
    >
      <Form<Values> form={form} layout="vertical" requiredMark={false} initialValues={initial(choice, detail)} onFinish={give}>
        {forOther && (
          <Form.Item name="speaker" label={t('move.for')} rules={[{ required: true, message: t('move.for.missing') }]}>
            <OrganisationPicker />
          </Form.Item>
        )}
        {choice.fields.map((field) => (
          <FieldItem key={field} field={field} t={t} />
        ))}
        {reasons !== undefined && (
          <Form.Item name="reason" label={t('move.reason')} rules={[{ required: true, message: t('move.reason.missing') }]}>
            <Radio.Group className="stacked-choices" options={reasons.codes.map((code) => ({ value: code, label: say(t, reasons.family, code) }))} />
          </Form.Item>
        )}
        {(choice.words !== 'none' || forOther) && (
          <Form.Item
            name="note"
            label={t(choice.id === 'report_up' ? 'move.words.up' : forOther ? 'move.words.heard' : 'move.words')}
            rules={choice.words === 'needed' || forOther ? [{ required: true, whitespace: true, message: t('move.words.missing') }] : []}
          >
            <Input.TextArea rows={3} maxLength={2000} />
          </Form.Item>
        )}
      </Form>
    </Modal>
  )
}

function initial(choice: Choice, detail: Detail): Values {
  const lead = detail.work?.lead?.code ?? detail.route[0]?.organisation
  return {
    ...(choice.fields.includes('grade') && { grade: detail.incident.grade }),
    ...(choice.fields.includes('matter') && detail.incident.matter !== '' && { matter: detail.incident.matter }),
    ...(choice.fields.includes('lead') && lead !== undefined && { lead }),
    ...(choice.fields.includes('reached') && { reached: true }),
    ...(choice.fields.includes('upstage') && { upstage: detail.reported_up.length === 0 ? 'initial' : 'follow_up' }),
    ...(choice.own === true && lead !== undefined && { speaker: lead }),
  }
}

function FieldItem({ field, t }: { field: Field; t: Translate }) {
  switch (field) {
    case 'matter':
      return (
        <Form.Item name="matter" label={t('case.matter')} rules={[{ required: true, message: t('move.matter.missing') }]}>
          <MatterPicker />
        </Form.Item>
      )
    case 'grade':
      return (
        <Form.Item name="grade" label={t('act.confirm.grade')}>
          <Select options={GRADES.map((one) => ({ value: one, label: `${one} ${t(`grade.${one}`)}` }))} />
        </Form.Item>
      )
    case 'lead':
      return (
        <Form.Item name="lead" label={t('case.lead')} extra={t('move.lead.hint')}>
          <OrganisationPicker clearable />
        </Form.Item>
      )
    case 'partners':
      return (
        <Form.Item name="partners" label={t('case.partners')}>
          <OrganisationPicker several />
        </Form.Item>
      )
    case 'organisation':
      return (
        <Form.Item name="organisation" label={t('move.organisation')} rules={[{ required: true, message: t('move.for.missing') }]}>
          <OrganisationPicker />
        </Form.Item>
      )
    case 'until':
      return (
        <Form.Item name="until" label={t('move.until')} rules={[{ required: true, message: t('move.until.missing') }]}>
          <DatePicker showTime={{ format: 'HH:mm' }} format="YYYY-MM-DD HH:mm" style={{ width: '100%' }} />
        </Form.Item>
      )
    case 'service':
      return (
        <Form.Item name="service" label={t('move.service')} rules={[{ required: true, message: t('move.service.missing') }]}>
          <Radio.Group className="stacked-choices" options={SERVICES.map((one) => ({ value: one, label: t(`service.${one}`) }))} />
        </Form.Item>
      )
    case 'reached':
      return (
        <Form.Item name="reached" label={t('move.reached')}>
          <Radio.Group
            optionType="button"
            options={[
              { value: true, label: t('move.reached.yes') },
              { value: false, label: t('move.reached.no') },
            ]}
          />
        </Form.Item>
      )
    case 'satisfaction':
      return <Satisfaction t={t} />
    case 'score':
      return (
        <Form.Item name="score" label={t('move.score')} extra={t('move.score.hint')}>
          <InputNumber min={0} max={100} style={{ width: 160 }} />
        </Form.Item>
      )
    case 'upstage':
      return (
        <Form.Item name="upstage" label={t('move.upstage')}>
          <Radio.Group optionType="button" options={UPSTAGES.map((one) => ({ value: one, label: t(`upstage.${one}`) }))} />
        </Form.Item>
      )
  }
}

function Satisfaction({ t }: { t: Translate }) {
  const form = Form.useFormInstance<Values>()
  const reached = Form.useWatch('reached', form)
  const said = Form.useWatch('satisfaction', form)
  if (reached === false) return null
  return (
    <Form.Item name="satisfaction" label={t('move.satisfaction')} extra={said === undefined ? t('move.satisfaction.hint') : say(t, 'satisfaction', String(said))}>
      <Rate />
    </Form.Item>
  )
}

/** The call that makes a move. */
function made(choice: Choice, id: string, seen: number, values: Values): Promise<unknown> {
  const text = values.note?.trim() ?? ''
  const note = text === '' ? { seen } : { seen, note: text }
  const own = { ...note, ...(values.speaker !== undefined && { organisation: values.speaker }) }
  const reason = <T extends string>() => values.reason as T
  switch (choice.id) {
    case 'receive':
      return caseActs.receive(id, note)
    case 'file':
      return caseActs.file(id, { ...note, matter: values.matter ?? '', ...(values.grade && { grade: values.grade }) })
    case 'dispatch':
      return caseActs.dispatch(id, { ...note, partners: values.partners ?? [], ...(values.lead && { lead: values.lead }) })
    case 'take_on':
    case 'begin_work':
    case 'finish_work':
      return caseActs[choice.id](id, own)
    case 'return':
      return caseActs.return(id, { ...own, reason: reason() })
    case 'join':
      return caseActs.join(id, { ...note, organisation: values.organisation ?? '' })
    case 'hand_up':
      return caseActs.hand_up(id, { ...note, reason: reason() })
    case 'ask_extension':
      return caseActs.ask_extension(id, { ...own, until: values.until?.toISOString() ?? '', reason: reason() })
    case 'grant':
    case 'deny':
      return caseActs.answer_extension(id, { ...note, granted: choice.id === 'grant', reason: (values.reason ?? null) as NonNullable<MoveBody<'answer-extension'>['reason']> | null })
    case 'urge':
      return caseActs.urge(id, note)
    case 'supervise':
      return caseActs.supervise(id, { ...note, reason: reason() })
    case 'check_pass':
      return caseActs.check(id, { ...note, passed: true })
    case 'check_fail':
      return caseActs.check(id, { ...note, passed: false, reason: values.reason as NonNullable<MoveBody<'check'>['reason']> })
    case 'reopen':
      return caseActs.reopen(id, { ...note, reason: reason() })
    case 'transfer':
      return caseActs.transfer(id, { ...note, service: values.service ?? 'other', reason: reason() })
    case 'call_back':
      return caseActs.call_back(id, {
        ...note,
        reached: values.reached ?? false,
        ...(values.reached === true && values.satisfaction !== undefined && { satisfaction: values.satisfaction }),
      })
    case 'evaluate':
      return caseActs.evaluate(id, { ...note, ...(values.score != null && { score: values.score }) })
    case 'report_up':
      return caseActs.report_up(id, { seen, stage: values.upstage ?? 'initial', words: text })
    case 'confirm_grade':
      return caseActs.confirm_grade(id, { seen, grade: values.grade ?? 'IV' })
  }
}

/** What a choice is called here: the town's own word where its profile has one. */
export function useMoveLabel(): (choice: Choice) => string {
  const { t, language } = useT()
  const { data } = useQuery(profiles)
  const own = data?.items.find((one) => one.id === data.current)?.moves ?? []
  return (choice) => {
    const found = own.find((one) => one.move === choice.move)
    const two = choice.id === 'grant' || choice.id === 'deny' || choice.id === 'check_pass' || choice.id === 'check_fail'
    return found === undefined || two ? t(labelKey(choice.id)) : language === 'zh' ? found.zh : found.en
  }
}

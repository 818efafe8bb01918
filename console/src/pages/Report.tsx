/** A report by hand: what a caller says, written down while they speak. */
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Alert, Button, Form, Input, Radio, Select } from 'antd'
import { useRef } from 'react'
import { Link } from 'react-router'

import { api, newAct, take } from '../api/client'
import { type Kind, KINDS } from '../api/types'
import { useT } from '../i18n'
import { Problem } from '../parts/Problem'
import { GridPicker, MatterPicker } from '../parts/town/pickers'
import { useSession } from '../session'

interface Values {
  kind: Kind
  grid: string
  words: string
  caller?: string
  severity: number
  source?: Source
  matter?: string
}

type Source = 'desk' | 'citizen' | 'hotline' | 'superior'
const SOURCES: readonly Source[] = ['desk', 'citizen', 'hotline', 'superior']

const BY_PEOPLE = KINDS.filter((kind) => !['tamper', 'video_loss', 'silence', 'sensor_fault', 'link_loss', 'level', 'motion', 'tripwire'].includes(kind))

export function Report() {
  const { t } = useT()
  const { session } = useSession()
  const desk = session.role === 'operator'
  const [form] = Form.useForm<Values>()
  const client = useQueryClient()
  const act = useRef(newAct())
  const send = useMutation({
    mutationFn: (values: Values) =>
      take(
        api.POST('/api/reports', {
          body: { act: act.current, ...values, caller: values.caller ?? '', source: values.source ?? null, matter: values.matter ?? '' },
        }),
      ),
    onSuccess: () => {
      act.current = newAct()
      form.resetFields()
      void client.invalidateQueries({ queryKey: ['incidents'] })
    },
  })
  return (
    <section className="narrow" aria-label={t(desk ? 'report.title' : 'report.title.up')}>
      <h1>{t(desk ? 'report.title' : 'report.title.up')}</h1>
      <p className="quiet">{t(desk ? 'report.hint' : 'report.hint.up')}</p>
      <Problem error={send.error} />
      {send.data && (
        <Alert
          type="success"
          showIcon
          className="problem"
          title={t('report.done')}
          action={<Link to={`/incidents/${send.data.incident}`}>{t('report.open')}</Link>}
        />
      )}
      <Form<Values> form={form} layout="vertical" requiredMark={false} initialValues={{ kind: desk ? 'fire' : 'other', severity: 0.5, ...(desk && { source: 'desk' }) }} onFinish={(values) => send.mutate(values)}>
        <Form.Item name="kind" label={t('report.kind')}>
          <Radio.Group
            optionType="button"
            buttonStyle="solid"
            className="kinds"
            options={BY_PEOPLE.map((kind) => ({ value: kind, label: t(`kind.${kind}`) }))}
          />
        </Form.Item>
        <Form.Item name="grid" label={t('report.grid')} rules={[{ required: true, message: t('report.grid.missing') }]}>
          <GridPicker />
        </Form.Item>
        <Form.Item name="words" label={t(desk ? 'report.words' : 'report.words.own')} rules={[{ required: true, whitespace: true, message: t('report.words.missing') }]}>
          <Input.TextArea rows={3} maxLength={2000} placeholder={t('report.words.example')} />
        </Form.Item>
        {desk && (
          <div className="pair-fields">
            <Form.Item name="source" label={t('report.source')}>
              <Select options={SOURCES.map((one) => ({ value: one, label: t(`source.${one}`) }))} />
            </Form.Item>
            <Form.Item name="matter" label={t('report.matter')}>
              <MatterPicker />
            </Form.Item>
          </div>
        )}
        <div className="pair-fields">
        <Form.Item name="caller" label={t('report.caller')} rules={[{ pattern: /^[0-9+() /-]*$/, message: t('report.caller.form') }]}>
          <Input inputMode="tel" maxLength={32} autoComplete="off" />
        </Form.Item>
        <Form.Item name="severity" label={t('report.severity')}>
          <Radio.Group
            optionType="button"
            options={[
              { value: 0.2, label: t('report.severity.low') },
              { value: 0.5, label: t('report.severity.middle') },
              { value: 0.9, label: t('report.severity.high') },
            ]}
          />
        </Form.Item>
        </div>
        <Button type="primary" htmlType="submit" loading={send.isPending}>
          {t('report.do')}
        </Button>
      </Form>
    </section>
  )
}

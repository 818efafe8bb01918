/** What a grid answered, written down by the desk for somebody who telephoned. */
import { Form, Input, InputNumber, Modal, Radio } from 'antd'

import { oversightActs, type Roll, type SweepAnswer, SWEEP_ANSWERS } from '../../api/oversight'
import { useT } from '../../i18n'
import { useAct } from '../useCommand'

interface Values {
  answer: SweepAnswer
  found?: number
  words?: string
}

export function SweepAnswerDialog({ sweep, roll, onDone }: { sweep: string; roll: Roll; onDone: () => void }) {
  const { t } = useT()
  const [form] = Form.useForm<Values>()
  const answer = Form.useWatch('answer', form)
  const { busy, act } = useAct(['sweeps'], onDone)
  const give = (values: Values) =>
    act(() =>
      oversightActs.answerSweep(sweep, {
        grid: roll.grid,
        answer: values.answer,
        found: values.answer === 'found' ? (values.found ?? 1) : null,
        words: values.words?.trim() ?? '',
      }),
    )
  return (
    <Modal open title={t('sweep.answer.title', { grid: roll.name || roll.grid })} okText={t('do.save')} cancelText={t('do.cancel')} okButtonProps={{ loading: busy }} onOk={() => form.submit()} onCancel={onDone}>
      <Form<Values> form={form} layout="vertical" requiredMark={false} initialValues={{ answer: 'clear' }} onFinish={give}>
        <Form.Item name="answer">
          <Radio.Group optionType="button" options={SWEEP_ANSWERS.map((value) => ({ value, label: t(`sweepanswer.${value}`) }))} />
        </Form.Item>
        {answer === 'found' && (
          <Form.Item name="found" label={t('sweep.count')} rules={[{ required: true, message: t('sweep.count.missing') }]}>
            <InputNumber min={1} max={100_000} />
          </Form.Item>
        )}
        <Form.Item name="words" label={t('move.words')}>
          <Input.TextArea rows={2} maxLength={500} />
        </Form.Item>
      </Form>
    </Modal>
  )
}

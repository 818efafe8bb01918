/** What each of the five indicators is worth; together they are 100. */
import { useQuery } from '@tanstack/react-query'
import { Form, InputNumber, Modal, Space } from 'antd'
import { useState } from 'react'

import { type Indicator, INDICATORS, oversightActs, scores } from '../../api/oversight'
import { useT } from '../../i18n'
import { serverNow } from '../../serverClock'
import { localDay, nameOf } from '../../town/periods'
import { useAct } from '../useCommand'
import { GridPicker } from './pickers'

type Values = { grid: string } & Record<`${Indicator}.points` | `${Indicator}.full`, number>

export function WeightsDialog({ grid, onDone }: { grid: string | undefined; onDone: () => void }) {
  const { t } = useT()
  const [form] = Form.useForm<Values>()
  const { busy, act } = useAct(['scores'], onDone)
  const formula = useQuery(scores(nameOf('month', localDay(serverNow())), grid)).data?.formula
  const [sum, setSum] = useState(100)
  if (formula === undefined) return null
  const begin = Object.fromEntries(formula.flatMap((one) => [[`${one.indicator}.points`, one.points], [`${one.indicator}.full`, one.full]]))
  const count = (values: Partial<Values>) => setSum(INDICATORS.reduce((all, one) => all + (values[`${one}.points`] ?? 0), 0))
  const save = (values: Values) =>
    act(() =>
      oversightActs.setWeights(
        values.grid,
        INDICATORS.map((indicator) => ({ indicator, points: values[`${indicator}.points`], full: values[`${indicator}.full`] })),
      ),
    )
  return (
    <Modal open title={t('score.weights')} okText={t('do.save')} cancelText={t('do.cancel')} okButtonProps={{ loading: busy, disabled: sum !== 100 }} onOk={() => form.submit()} onCancel={onDone}>
      <p className="quiet">{t('score.weights.hint')}</p>
      <Form<Values> form={form} layout="vertical" requiredMark={false} initialValues={{ ...begin, ...(grid !== undefined && { grid }) }} onValuesChange={(_, all) => count(all)} onFinish={save}>
        <Form.Item name="grid" label={t('score.weights.grid')} rules={[{ required: true, message: t('report.grid.missing') }]}>
          <GridPicker />
        </Form.Item>
        {INDICATORS.map((indicator) => (
          <Form.Item key={indicator} label={t(`indicator.${indicator}`)}>
            <Space wrap>
              <Form.Item name={`${indicator}.points`} noStyle>
                <InputNumber min={0} max={100} suffix={t('score.points')} aria-label={t(`indicator.${indicator}`)} style={{ width: 120 }} />
              </Form.Item>
              <span className="quiet">{t('score.full')}</span>
              <Form.Item name={`${indicator}.full`} noStyle>
                <InputNumber min={1} max={10_000} suffix={t('score.times')} aria-label={t('score.full')} style={{ width: 130 }} />
              </Form.Item>
            </Space>
          </Form.Item>
        ))}
        <p className={sum === 100 ? 'tone-arrived' : 'tone-missed'}>{t('score.sum', { n: sum })}</p>
      </Form>
    </Modal>
  )
}

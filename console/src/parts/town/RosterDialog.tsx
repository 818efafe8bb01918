/** A new roster: groups of people, and duties of the day that the groups take in turn. */
import { Button, Checkbox, Form, Input, Modal, Radio, Space, TimePicker } from 'antd'
import type { Dayjs } from 'dayjs'

import { peopleActs } from '../../api/people'
import { useT } from '../../i18n'
import { useAct } from '../useCommand'
import { GridPicker, PersonPicker } from './pickers'

interface Values {
  name: string
  grid: string
  groups: { people?: string[] }[]
  nights: boolean
  begins: Dayjs
  step: 'day' | 'week'
}

const NAMES = ['甲', '乙', '丙', '丁', '戊', '己', '庚', '辛', '壬', '癸']

/** Groups take a day and a night in turn: the night goes to the group after the day's. */
export function RosterDialog({ grid, onDone }: { grid: string | undefined; onDone: () => void }) {
  const { t } = useT()
  const [form] = Form.useForm<Values>()
  const { busy, act } = useAct(['rosters', 'duty'], onDone)
  const save = (values: Values) => {
    const groups = values.groups.map((one, place) => ({ name: NAMES[place] ?? String(place + 1), people: one.people ?? [] }))
    const order = groups.map((one) => one.name)
    const begins = values.begins.format('HH:mm')
    const ends = values.begins.add(12, 'hour').format('HH:mm')
    const slots = values.nights
      ? [
          { begins, ends, order, step: values.step },
          { begins: ends, ends: begins, order: [...order.slice(1), ...order.slice(0, 1)], step: values.step },
        ]
      : [{ begins, ends: begins, order, step: values.step }]
    act(() => peopleActs.saveRoster({ name: values.name.trim(), grid: values.grid, groups, slots }))
  }
  return (
    <Modal open width={600} title={t('roster.add')} okText={t('do.save')} cancelText={t('do.cancel')} okButtonProps={{ loading: busy }} onOk={() => form.submit()} onCancel={onDone}>
      <p className="quiet">{t('roster.hint')}</p>
      <Form<Values> form={form} layout="vertical" requiredMark={false} initialValues={{ groups: [{}, {}], nights: false, step: 'day', ...(grid !== undefined && { grid }) }} onFinish={save}>
        <Form.Item name="name" label={t('org.name')} rules={[{ required: true, whitespace: true, message: t('org.name.missing') }]}>
          <Input maxLength={100} placeholder={t('roster.example')} />
        </Form.Item>
        <Form.Item name="grid" label={t('duty.grid')} rules={[{ required: true, message: t('report.grid.missing') }]}>
          <GridPicker />
        </Form.Item>
        <Form.List name="groups">
          {(fields, { add, remove }) => (
            <>
              {fields.map((field, place) => (
                <Form.Item key={field.key} label={t('roster.group', { name: NAMES[place] ?? place + 1 })}>
                  <Space.Compact block>
                    <Form.Item name={[field.name, 'people']} noStyle rules={[{ required: true, message: t('roster.group.missing') }]}>
                      <PersonPicker several />
                    </Form.Item>
                    {fields.length > 1 && <Button aria-label={t('do.remove')} onClick={() => remove(field.name)}>✕</Button>}
                  </Space.Compact>
                </Form.Item>
              ))}
              {fields.length < NAMES.length && <Button size="small" onClick={() => add({})}>{t('roster.group.add')}</Button>}
            </>
          )}
        </Form.List>
        <div className="pair-fields">
          <Form.Item name="begins" label={t('roster.begins')} rules={[{ required: true, message: t('move.until.missing') }]}>
            <TimePicker format="HH:mm" minuteStep={30} />
          </Form.Item>
          <Form.Item name="step" label={t('roster.step')}>
            <Radio.Group optionType="button" options={(['day', 'week'] as const).map((value) => ({ value, label: t(`step.turn.${value}`) }))} />
          </Form.Item>
        </div>
        <Form.Item name="nights" valuePropName="checked" noStyle>
          <Checkbox>{t('roster.nights')}</Checkbox>
        </Form.Item>
      </Form>
    </Modal>
  )
}
